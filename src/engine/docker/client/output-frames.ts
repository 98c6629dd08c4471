import { FRAME_HEADER_BYTES } from './container-wire.ts';

/** Docker cuts lines at 16 KB; what claims to be much longer is no frame. */
const FRAME_BYTES_MAX = 1024 * 1024;

/** Takes Docker's framed output apart, however it is cut. Holds one unfinished frame at the most. */
export class OutputFrames {
  #rest = Buffer.alloc(0);

  /** The frames that `chunk` completes, as text. Throws for what is not framed. */
  take(chunk: Buffer): string[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: string[] = [];
    let at = 0;
    while (at + FRAME_HEADER_BYTES <= bytes.length) {
      const length = bytes.readUInt32BE(at + 4);
      if (length > FRAME_BYTES_MAX) throw new Error(`a frame of ${length} bytes in the output of a container`);
      const end = at + FRAME_HEADER_BYTES + length;
      if (end > bytes.length) break;
      frames.push(bytes.toString('utf8', at + FRAME_HEADER_BYTES, end));
      at = end;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
    return frames;
  }
}
