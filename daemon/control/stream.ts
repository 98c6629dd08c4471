import type { Writable } from 'node:stream';
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
  #lastLogId = 0;

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
      this.#lastLogId = this.#sources.log.lastId;
      this.#lastState = '';
      this.#lastTasks = '';
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
    const { rings, log, state, tasks, now } = this.#sources;
    return {
      type: 'history',
      schema: STREAM_SCHEMA,
      at: now(),
      series: SERIES_NAMES,
      rings: rings.rings.map((ring) => ring.toPoints()),
      state: state(),
      sources: this.#figures,
      tasks: tasks(),
      log: log.after(0),
    };
  }

  #tick(sample: Sample): StreamTick {
    const { rings, log, state, tasks } = this.#sources;
    const seconds = rings.rings[0]!;
    return {
      type: 'tick',
      at: seconds.newest * seconds.stepSeconds * 1_000,
      values: Array.from(sample.values, rounded),
      latency: sparse(sample.latency),
      sources: this.#figures,
      ...this.#changedState(state()),
      ...this.#changedTasks(tasks()),
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

  #newEntries(log: RecentLog): { log?: readonly LogEntry[] } {
    const entries = log.after(this.#lastLogId);
    this.#lastLogId = log.lastId;
    return entries.length === 0 ? {} : { log: entries };
  }
}
