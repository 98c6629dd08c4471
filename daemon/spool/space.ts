import type { Disk } from './disk.ts';
import type { SpoolRefusal } from './protocol.ts';

/** How long a reading of the free space is believed. At 1 GB/s of writes, 100 MB may slip through: under the floor. */
const READING_MS_MAX = 100;

/**
 * Says when the spool takes no more, before anything breaks: it has grown to its limit, or the disk is nearly full.
 * Takes again by itself as soon as there is room.
 */
export class Space {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #limits: { readonly bytesMax: number; readonly freeBytesMin: number };
  readonly #now: () => number;
  #readAt = Number.NEGATIVE_INFINITY;
  #freeBytes = 0;

  constructor(
    disk: Disk,
    folder: string,
    limits: { readonly bytesMax: number; readonly freeBytesMin: number },
    now: () => number,
  ) {
    this.#disk = disk;
    this.#folder = folder;
    this.#limits = limits;
    this.#now = now;
  }

  get freeBytes(): number {
    const now = this.#now();
    if (now - this.#readAt >= READING_MS_MAX || now < this.#readAt) {
      this.#freeBytes = this.#disk.freeBytes(this.#folder);
      this.#readAt = now;
    }
    return this.#freeBytes;
  }

  /** Why `spoolBytes` may not grow now, or null. */
  refusal(spoolBytes: number): SpoolRefusal | null {
    if (spoolBytes >= this.#limits.bytesMax) return 'spool_full';
    return this.freeBytes < this.#limits.freeBytesMin ? 'disk_full' : null;
  }
}
