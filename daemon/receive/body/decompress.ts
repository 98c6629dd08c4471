import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib';
import type { Failure } from '../failure.ts';
import { RECEIVE_LIMITS } from '../limits.ts';

/** Undoes one content coding, or throws. */
export type Decompress = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Buffer;

const ZSTD_WINDOW = { [constants.ZSTD_d_windowLogMax]: RECEIVE_LIMITS.zstdWindowLogMax };

const DECOMPRESSORS: ReadonlyMap<string, Decompress> = new Map<string, Decompress>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['br', (bytes, options) => brotliDecompressSync(bytes, options)],
  ['zstd', (bytes, options) => zstdDecompressSync(bytes, { ...options, params: ZSTD_WINDOW })],
  ['deflate', (bytes, options) => (hasZlibHeader(bytes) ? inflateSync : inflateRawSync)(bytes, options)],
]);

/** Finds what undoes a Content-Encoding; `undefined` when there is nothing to undo. */
export function decompressorOf(contentEncoding: string): Decompress | undefined | Failure {
  const coding = contentEncoding.toLowerCase();
  if (coding === 'identity') return undefined;
  return (
    DECOMPRESSORS.get(coding) ?? {
      code: 'unsupported_encoding',
      message: 'Content-Encoding must be one of gzip, br, zstd, deflate.',
      headers: ['Accept-Encoding', 'gzip, br, zstd, deflate'],
    }
  );
}

/**
 * Undoes a Content-Encoding, giving up at the first byte over `bytesMax`.
 *
 * On purpose synchronous: one body at a time is in the decoder, which bounds its memory whatever is sent, and the
 * thread pool stays free for the spool's syncs. The longest stall is that of `bytesMax`, less than parsing it takes.
 */
export function decompress(run: Decompress, bytes: Buffer, bytesMax: number): Buffer | Failure {
  try {
    return run(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      return { code: 'body_too_large', message: `The body is over ${bytesMax} bytes decompressed.`, limit: bytesMax };
    }
    return { code: 'bad_encoding', message: 'The body is not what its Content-Encoding says, or is cut short.' };
  }
}

/** HTTP's `deflate` is zlib's format, yet some clients send the bare stream inside it. */
function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length > 1 && (bytes[0]! & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}
