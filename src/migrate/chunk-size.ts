/** Rows of one chunk; its bytes are bounded besides. */
export const CHUNK_ROWS_MIN = 1_000;
export const CHUNK_ROWS_MAX = 1_000_000;
export const CHUNK_ROWS = 100_000;
export const CHUNK_BYTES_MAX = 67_108_864;

/** A chunk that takes this long loses little when it is repeated, and is worth its statements. */
const AIM_MS = 2_000;
const CHANGE_MAX = 2;

/** Rows of the next chunks: so many that one takes about two seconds, by what the last ones took. */
export class ChunkSize {
  readonly #fixed: boolean;
  rows: number;

  /** `fixed`: what a person asked for; null lets it adapt. */
  constructor(fixed: number | null) {
    this.#fixed = fixed !== null;
    this.rows = fixed ?? CHUNK_ROWS;
  }

  took(rows: number, ms: number): void {
    // A chunk that was cut short by the end of a table or by its bytes says little.
    if (this.#fixed || rows < this.rows / 2) return;
    const change = Math.min(Math.max(AIM_MS / Math.max(ms, 1), 1 / CHANGE_MAX), CHANGE_MAX);
    this.rows = Math.round(Math.min(Math.max(this.rows * change, CHUNK_ROWS_MIN), CHUNK_ROWS_MAX));
  }
}
