import path from 'node:path';
import type { Batch } from '../spool/batch.ts';
import type { Disk } from '../spool/disk.ts';
import type { Lane } from '../spool/lane.ts';
import { quarantineBatch, toBatch } from '../spool/recovery.ts';
import { scanSegment } from '../spool/segment-scan.ts';
import { segmentFile } from '../spool/segment-writer.ts';
import type { DeadLetterRow, SpoolState } from '../state/spool-state.ts';

const REASON_CHARS_MAX = 500;
const FOUND_AT_START = 'found without a reason at start';

/**
 * Batches that ClickHouse refuses for what they hold, kept with the reason until somebody replays or drops them.
 *
 * Promises: a dead letter is a segment file like any other, moved by one rename, so a row is either in the spool or here.
 * The files are the truth: `reconcile` mends the index after a crash or a full disk between rename and index.
 */
export class DeadLetters {
  readonly #disk: Disk;
  readonly #lane: Lane;
  readonly #laneName: string;
  readonly #state: SpoolState;
  readonly #now: () => number;

  constructor(disk: Disk, lane: Lane, laneName: string, state: SpoolState, now: () => number) {
    this.#disk = disk;
    this.#lane = lane;
    this.#laneName = laneName;
    this.#state = state;
    this.#now = now;
  }

  list(): DeadLetterRow[] {
    return this.#state.deadLetters();
  }

  /** Sets a batch aside. Returns why the index could not be written (no room), or null: `reconcile` adds it later. */
  add(batch: Batch, reason: string): unknown {
    this.#move(batch.file, this.#file(batch.name));
    this.#lane.take(batch);
    try {
      this.#state.addDeadLetter(this.#row(batch, reason));
      return null;
    } catch (error) {
      return error;
    }
  }

  /**
   * Puts batches back at the end of the spool, to be counted and inserted again. Returns how many. Throws when the index
   * has no room, and when one is damaged: that one is kept in the quarantine, and what can be read of it is in the spool.
   */
  replay(names: readonly string[] | 'all'): number {
    const letters = this.#named(names);
    for (const letter of letters) {
      // First what may find no room: a letter that has left its folder could not be replayed again.
      this.#state.removeDeadLetter(letter, true);
      const file = path.join(this.#lane.folders.segments, segmentFile(letter.batch));
      this.#move(this.#file(letter.batch), file);
      const batch = this.#read(letter.batch, file);
      if (batch.rows === letter.rows) this.#lane.add(batch);
      else {
        quarantineBatch(this.#disk, this.#lane, batch);
        throw new Error(`${batch.rows} of ${letter.rows} rows of ${letter.batch} can be read; it is in the quarantine`);
      }
    }
    return letters.length;
  }

  /** Removes batches for good; they stay counted as dead-lettered. Returns how many. */
  drop(names: readonly string[] | 'all'): number {
    const letters = this.#named(names);
    for (const letter of letters) {
      this.#disk.unlink(this.#file(letter.batch));
      this.#disk.syncFolder(this.#lane.folders.deadLetters);
      this.#state.removeDeadLetter(letter, false);
    }
    return letters.length;
  }

  /** Brings the index in line with the files. */
  reconcile(): void {
    const files = new Set(this.#disk.list(this.#lane.folders.deadLetters));
    const segments = new Set(this.#disk.list(this.#lane.folders.segments));
    for (const letter of this.list()) {
      const file = segmentFile(letter.batch);
      if (!files.delete(file)) this.#state.removeDeadLetter(letter, segments.has(file));
    }
    for (const file of files) {
      const batch = this.#read(path.basename(file, '.seg'), path.join(this.#lane.folders.deadLetters, file));
      this.#state.addDeadLetter(this.#row(batch, FOUND_AT_START));
    }
  }

  #named(names: readonly string[] | 'all'): DeadLetterRow[] {
    // One whose file went when the index could not be written would be in the way of all others.
    this.reconcile();
    return this.list().filter((letter) => names === 'all' || names.includes(letter.batch));
  }

  #row(batch: Batch, reason: string): DeadLetterRow {
    const { name, rows, bytes } = batch;
    const kept = reason.slice(0, REASON_CHARS_MAX);
    return { batch: name, lane: this.#laneName, rows, bytes, reason: kept, at: this.#now() };
  }

  #read(name: string, file: string): Batch {
    const bytes = this.#disk.read(file);
    return toBatch(name, file, bytes.length, scanSegment(bytes, name, this.#lane.columns), this.#disk.modifiedAt(file));
  }

  #file(name: string): string {
    return path.join(this.#lane.folders.deadLetters, segmentFile(name));
  }

  #move(from: string, to: string): void {
    this.#disk.rename(from, to);
    this.#disk.syncFolder(path.dirname(to));
    this.#disk.syncFolder(path.dirname(from));
  }
}
