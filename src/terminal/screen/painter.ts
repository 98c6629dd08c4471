/**
 * Writes frames to a terminal: the lines that changed, each at its place, in one synchronized update.
 *
 * Promises: after `paint` the terminal shows the frame and nothing beside it, whatever it showed before `forget`. Always
 * true: a line that did not change is not written. Why not by Ink: it takes every frame apart into cells and puts it
 * together again, which at 200x60 is twelve thousand objects a frame, and its memory of measured texts keeps frames.
 */
import type { Block } from '../lines.ts';

const BEGIN_UPDATE = '\u001b[?2026h';
const END_UPDATE = '\u001b[?2026l';
const HOME_AND_ERASE = '\u001b[H\u001b[J';
const ERASE_REST = '\u001b[K';

export class Painter {
  readonly #write: (text: string) => void;
  #shown: Block = [];
  #fresh = true;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  paint(frame: Block): void {
    const lines = frame.map((line) => line.trimEnd());
    const changes = this.#fresh ? [HOME_AND_ERASE] : [];
    for (let row = 0; row < Math.max(lines.length, this.#shown.length); row++) {
      const line = lines[row] ?? '';
      if (line === (this.#shown[row] ?? '')) continue;
      changes.push(`\u001b[${row + 1};1H${line}${ERASE_REST}`);
    }
    this.#shown = lines;
    this.#fresh = false;
    if (changes.length > 0) this.#write(BEGIN_UPDATE + changes.join('') + END_UPDATE);
  }

  /** What the terminal shows is not known any more: the next frame is written whole, on an empty screen. */
  forget(): void {
    this.#shown = [];
    this.#fresh = true;
  }
}
