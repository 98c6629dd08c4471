/** What an HTTP answer says. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** Whether the connection may be used again. */
  readonly keepAlive: boolean;
}

interface Head {
  readonly text: string;
  readonly status: number;
  /** Of the body. */
  readonly bytes: number;
  readonly keepAlive: boolean;
}

const HEAD_BYTES_MAX = 16 * 1_024;
/** A hundred spelled-out rejections of a batch are 20 KB. */
const BODY_BYTES_MAX = 4 * 1_024 * 1_024;
const HEAD_END = '\r\n\r\n';
const NO_HEAD: Head = { text: '', status: 0, bytes: 0, keepAlive: false };

/**
 * Puts together the answers that come over one connection, one at a time, framed by Content-Length: all that the collector
 * sends. Anything else (no such header, more bytes than it says, a head or body above its limit) is `bad`.
 *
 * An answer mostly comes in one piece, and its head is mostly that of the last one: then nothing is parsed but the end of
 * the head.
 */
export class HttpAnswerReader {
  #pending: Buffer | null = null;
  #head = NO_HEAD;

  /** Takes the next bytes, which it does not keep. */
  push(piece: Buffer): HttpAnswer | 'more' | 'bad' {
    const bytes = this.#pending === null ? piece : Buffer.concat([this.#pending, piece]);
    const headBytes = bytes.indexOf(HEAD_END, 0, 'latin1');
    if (headBytes > HEAD_BYTES_MAX || (headBytes === -1 && bytes.length > HEAD_BYTES_MAX)) return 'bad';
    if (headBytes === -1) return this.#keep(bytes, piece);
    const text = bytes.toString('latin1', 0, headBytes);
    if (text !== this.#head.text) {
      const head = headOf(text);
      if (head === undefined) return 'bad';
      this.#head = head;
    }
    const { status, keepAlive, bytes: bodyBytes } = this.#head;
    const end = headBytes + HEAD_END.length + bodyBytes;
    if (bytes.length < end) return this.#keep(bytes, piece);
    if (bytes.length > end) return 'bad';
    this.#pending = null;
    return { status, keepAlive, body: bytes.toString('utf8', headBytes + HEAD_END.length, end) };
  }

  #keep(bytes: Buffer, piece: Buffer): 'more' {
    this.#pending = bytes === piece ? Buffer.from(bytes) : bytes;
    return 'more';
  }
}

/** Undefined when it is no head of an HTTP/1.1 answer with a Content-Length within the limit. */
function headOf(text: string): Head | undefined {
  const [line, ...fields] = text.split('\r\n');
  const status = /^HTTP\/1\.1 ([2-5]\d\d)(?: |$)/.exec(line!)?.[1];
  if (status === undefined) return undefined;
  let bytes = status === '204' ? 0 : -1;
  let keepAlive = true;
  for (const field of fields) {
    const colon = field.indexOf(':');
    const value = field.slice(colon + 1).trim();
    switch (field.slice(0, colon).toLowerCase()) {
      case 'content-length':
        bytes = /^\d{1,9}$/.test(value) ? Number(value) : -1;
        break;
      case 'connection':
        keepAlive = value.toLowerCase() !== 'close';
        break;
      case 'transfer-encoding':
        return undefined;
    }
  }
  return bytes === -1 || bytes > BODY_BYTES_MAX ? undefined : { text, status: Number(status), bytes, keepAlive };
}
