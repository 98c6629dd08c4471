/**
 * Whether the beginning of a connection is a TLS ClientHello that offers `acme-tls/1` (RFC 8446, 4.1.2; RFC 7301; RFC
 * 8737). Anything else, and one that does not come in one piece, is not: an ACME server sends a small one.
 */
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const RECORD_HEAD = 5;
const MESSAGE_HEAD = 4;
const VERSION_AND_RANDOM = 34;
const ALPN_EXTENSION = 16;
const ACME_PROTOCOL = 'acme-tls/1';

export function offersAcme(bytes: Buffer): boolean {
  try {
    return protocolsOf(bytes).includes(ACME_PROTOCOL);
  } catch {
    // It ended where it should have gone on.
    return false;
  }
}

function protocolsOf(bytes: Buffer): string[] {
  if (bytes[0] !== HANDSHAKE || bytes[RECORD_HEAD] !== CLIENT_HELLO) return [];
  let at = RECORD_HEAD + MESSAGE_HEAD + VERSION_AND_RANDOM;
  at += 1 + bytes.readUInt8(at); // session id
  at += 2 + bytes.readUInt16BE(at); // cipher suites
  at += 1 + bytes.readUInt8(at); // compression methods
  const end = at + 2 + bytes.readUInt16BE(at);
  at += 2;
  while (at + 4 <= end) {
    const type = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 2);
    if (type === ALPN_EXTENSION) return namesOf(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return [];
}

function namesOf(list: Buffer): string[] {
  const names: string[] = [];
  for (let at = 2; at < list.length; ) {
    const length = list.readUInt8(at);
    names.push(list.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return names;
}
