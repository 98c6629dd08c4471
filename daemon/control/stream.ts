import type { Writable } from 'node:stream';
import type { StorageReport } from '../../src/control/storage.ts';
import {
  type LogEntry,
  SERIES_NAMES,
  type SourceFigures,
  STREAM_SCHEMA,
  type StreamHistory,
  type StreamState,
  type StreamTick,
  type TaskFigures,
} from '../../src/control/stream.ts';
import { sparse } from '../telemetry/histogram.ts';
import type { RecentLog } from '../telemetry/recent-log.ts';
import { type Rings, rounded, type Sample } from '../telemetry/rings.ts';

/** Unread bytes at which a viewer is cut off: it reads on with a new history when it comes back. */
const UNREAD_BYTES_MAX = 8 * 1024 * 1024;
const VIEWERS_MAX = 16;

export interface StreamSources {
  readonly rings: Rings;
  readonly log: RecentLog;
  readonly state: () => StreamState;
  readonly tasks: () => readonly TaskFigures[];
  /** The same object as long as it says the same. */
  readonly storage: () => StorageReport;
  readonly now: () => number;
  /** The first viewer came, or the last one went. */
  readonly onWatched: (watched: boolean) => void;
}

/**
 * Who watches, and what they are told: the history when they come, then a tick a second (`src/control/stream.ts`).
 *
 * Promises: without a viewer no JSON is made. A line is made once for all. Bounded: `VIEWERS_MAX` viewers, each with at
 * most `UNREAD_BYTES_MAX` that it has not read; one that is slower is cut off, the others notice nothing. A log entry
 * that came between the history and the next tick is in both; its id tells.
 */
export class Stream {
  readonly #sources: StreamSources;
  readonly #viewers = new Set<Writable>();
  #figures: readonly SourceFigures[] = [];
  #lastState = '';
  #lastTasks = '';
  #lastStorage: StorageReport | null = null;
  #lastLogId = 0;
  #lastInfoId = 0;

  constructor(sources: StreamSources) {
    this.#sources = sources;
  }

  /** How many watch. */
  get viewers(): number {
    return this.#viewers.size;
  }

  get isFull(): boolean {
    return this.#viewers.size >= VIEWERS_MAX;
  }

  /** Sends the history and goes on until the viewer goes. */
  add(viewer: Writable): void {
    const forget = () => this.#forget(viewer);
    viewer.on('close', forget).on('error', forget);
    if (this.#viewers.size === 0) {
      this.#lastLogId = this.#sources.log.warnings.lastId;
      this.#lastInfoId = this.#sources.log.info.lastId;
      this.#lastState = '';
      this.#lastTasks = '';
      this.#lastStorage = null;
      this.#sources.onWatched(true);
    }
    this.#viewers.add(viewer);
    this.#send(viewer, `${JSON.stringify(this.#history())}\n`);
  }

  /** Tells everybody about the second of `sample`. */
  tick(sample: Sample, figures: readonly SourceFigures[]): void {
    this.#figures = figures;
    if (this.#viewers.size === 0) return;
    const line = `${JSON.stringify(this.#tick(sample))}\n`;
    for (const viewer of this.#viewers) this.#send(viewer, line);
  }

  #send(viewer: Writable, line: string): void {
    viewer.write(line);
    if (viewer.writableLength > UNREAD_BYTES_MAX) viewer.destroy();
  }

  #forget(viewer: Writable): void {
    if (!this.#viewers.delete(viewer)) return;
    if (this.#viewers.size === 0) this.#sources.onWatched(false);
  }

  #history(): StreamHistory {
    const { rings, log, state, tasks, storage, now } = this.#sources;
    return {
      type: 'history',
      schema: STREAM_SCHEMA,
      at: now(),
      series: SERIES_NAMES,
      rings: rings.rings.map((ring) => ring.toPoints()),
      state: state(),
      sources: this.#figures,
      tasks: tasks(),
      log: log.warnings.after(0),
      info: log.info.after(0),
      storage: storage(),
    };
  }

  #tick(sample: Sample): StreamTick {
    const { rings, log, state, tasks, storage } = this.#sources;
    const seconds = rings.rings[0]!;
    return {
      type: 'tick',
      at: seconds.newest * seconds.stepSeconds * 1_000,
      values: Array.from(sample.values, rounded),
      latency: sparse(sample.latency),
      sources: this.#figures,
      ...this.#changedState(state()),
      ...this.#changedTasks(tasks()),
      ...this.#changedStorage(storage()),
      ...this.#newEntries(log),
    };
  }

  #changedState(state: StreamState): { state?: StreamState } {
    const text = JSON.stringify(state);
    if (text === this.#lastState) return {};
    this.#lastState = text;
    return { state };
  }

  #changedTasks(tasks: readonly TaskFigures[]): { tasks?: readonly TaskFigures[] } {
    const text = JSON.stringify(tasks);
    if (text === this.#lastTasks) return {};
    this.#lastTasks = text;
    return { tasks };
  }

  #changedStorage(storage: StorageReport): { storage?: StorageReport } {
    if (storage === this.#lastStorage) return {};
    this.#lastStorage = storage;
    return { storage };
  }

  #newEntries({ warnings, info }: RecentLog): { log?: readonly LogEntry[]; info?: readonly LogEntry[] } {
    const newWarnings = warnings.after(this.#lastLogId);
    const newInfo = info.after(this.#lastInfoId);
    this.#lastLogId = warnings.lastId;
    this.#lastInfoId = info.lastId;
    return { ...(newWarnings.length > 0 && { log: newWarnings }), ...(newInfo.length > 0 && { info: newInfo }) };
  }
}
