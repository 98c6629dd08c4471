import { X509Certificate } from 'node:crypto';

/** When a certificate is to be replaced, and when to ask again. Times are milliseconds since the epoch. */
export interface RenewalWindow {
  readonly start: number;
  readonly end: number;
}

const RENEW_AT_SHARE = 2 / 3;
/** Part of its life over which renewals are spread, so that not all that were made at once come back at once. */
const JITTER_SHARE = 1 / 48;

/** The moment to renew by the certificate's own life: at two thirds of it, with jitter. `random` is from 0 to 1. */
export function renewAt(notBefore: number, notAfter: number, random: () => number): number {
  const life = notAfter - notBefore;
  return notBefore + life * RENEW_AT_SHARE + life * JITTER_SHARE * random();
}

/** A moment of the window that the authority suggests (RFC 9773, 4.2). */
export function momentIn({ start, end }: RenewalWindow, random: () => number): number {
  return start + (end - start) * random();
}

/** `authorityKeyIdentifier` as DER: its OID 2.5.29.35, the octet string, the sequence, and tag 0 for the key. */
const KEY_IDENTIFIER = Buffer.from('0603551d23', 'hex');
const OCTET_STRING = 0x04;
const KEY_TAG = 0x80;

/**
 * The name of a certificate in renewal information (RFC 9773, 4.1): key identifier of its issuer and its serial number,
 * each as the bytes of its DER value. Undefined where it does not name its issuer's key.
 */
export function renewalId(cert: string): string | undefined {
  const { raw, serialNumber } = new X509Certificate(cert);
  const at = raw.indexOf(KEY_IDENTIFIER);
  if (at === -1) return undefined;
  const value = at + KEY_IDENTIFIER.length;
  // Octet string, length, sequence, length, key tag, length: all short forms, as key identifiers are 20 bytes.
  if (raw[value] !== OCTET_STRING || raw[value + 4] !== KEY_TAG) return undefined;
  const length = raw[value + 5]!;
  const key = raw.subarray(value + 6, value + 6 + length);
  const serial = Buffer.from(serialNumber.padStart(serialNumber.length + (serialNumber.length % 2), '0'), 'hex');
  const der = serial[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), serial]) : serial;
  return `${key.toString('base64url')}.${der.toString('base64url')}`;
}
