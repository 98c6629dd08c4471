import { TrackflowError } from '../errors/error.ts';

/** A history is the longest line there is, about two million characters. */
const LINE_CHARACTERS_MAX = 64 * 1024 * 1024;

/** The lines of a body of NDJSON as they come. A line without end is TF_STATE_UNKNOWN, not memory without end. */
export async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of body) {
    const pieces = decoder.decode(chunk, { stream: true }).split('\n');
    for (const piece of pieces.slice(0, -1)) {
      yield parts.join('') + piece;
      parts = [];
      length = 0;
    }
    parts.push(pieces.at(-1)!);
    length += pieces.at(-1)!.length;
    if (length > LINE_CHARACTERS_MAX) {
      throw new TrackflowError('TF_STATE_UNKNOWN', 'the control socket sends a line that does not end');
    }
  }
}
