import type { Config } from '../src/config/schema.ts';
import type { LastMinute, Status } from '../src/control/protocol.ts';
import { SERIES_NAMES, type StreamState, type TaskFigures, type TaskSchedule } from '../src/control/stream.ts';
import type { Engine } from '../src/engine/engine.ts';
import { Stream } from './control/stream.ts';
import { streamState } from './control/stream-state.ts';
import type { Counters } from './telemetry/counters.ts';
import { EngineFigures } from './telemetry/engine-figures.ts';
import { forecastFull } from './telemetry/forecast.ts';
import { lastMinute } from './telemetry/last-minute.ts';
import { watchLoopDelay } from './telemetry/loop-delay.ts';
import type { RecentLog } from './telemetry/recent-log.ts';
import { emptySample, Rings } from './telemetry/rings.ts';
import { loadRings, packRings, saveRings, saveRingsLater } from './telemetry/rings-file.ts';
import { Sampler } from './telemetry/sampler.ts';
import type { ShardPlace } from './telemetry/shard-clients.ts';
import { type SourceDelta, Sources, sourceFigures } from './telemetry/sources.ts';
import { StorageWatch } from './telemetry/storage/watch.ts';
import { System } from './telemetry/system.ts';
import { VisitorCount } from './telemetry/visitors.ts';

const SECOND_MS = 1_000;
const NO_ANSWERS = emptySample().latency;
const MINUTE_SECONDS = 60;
const DISK_FREE = SERIES_NAMES.indexOf('disk_free_bytes');
/** Seconds without a sample (the machine slept, the clock was set) that are not spread over but left as a gap. */
const SPREAD_SECONDS_MAX = 10;
/** Seconds by which the clock may go back (a timer that fires early, an adjustment) before that counts as setting it. */
const BACK_SECONDS_MAX = 5;
/**
 * A timer may fire this much before the end of its second by the clock, and stands for it all the same. Otherwise two
 * seconds would be told as one, and the next one as two.
 */
const EARLY_MS_MAX = 50;
/** Seconds from one count of the visitors to the next: it reads 45 KB per collector. */
const VISITORS_EVERY = 5;

export interface InstrumentsOptions {
  readonly home: string;
  /** Where the rings outlive a restart. */
  readonly ringsFile: string;
  readonly config: Config;
  readonly counters: Counters;
  readonly engine: Engine;
  /** Where the tables of the events are asked for their sizes. */
  readonly places: readonly ShardPlace[];
  readonly log: RecentLog;
  readonly status: () => Status;
  readonly tasks: () => readonly TaskFigures[];
  readonly schedules: () => readonly TaskSchedule[];
  /** Memory of `visitors.ts`. */
  readonly visitors: SharedArrayBuffer;
  /** The rings could not be saved. */
  readonly onSaveFailed: (error: unknown) => void;
  readonly onWatched: (watched: boolean) => void;
  readonly now: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly elapsed: () => number;
}

/**
 * The daemon's own measuring, in the main thread: once a second one sample of everything into the rings, and a tick to
 * whoever watches.
 *
 * Always true: samples are taken at whole seconds of the clock; a second that was missed, because the thread was busy,
 * gets its share of the next sample, so that nothing counted is missing in the rings; while the clock is a little behind
 * the rings, samples wait for it. When it fails or dies events do not notice.
 */
export class Instruments {
  readonly stream: Stream;
  readonly #options: InstrumentsOptions;
  readonly #rings = new Rings();
  readonly #sampler: Sampler;
  readonly #system: System;
  readonly #engineFigures: EngineFigures;
  readonly #storage: StorageWatch;
  readonly #stopListening: () => void;
  readonly #visitors: VisitorCount;
  readonly #sources = new Sources();
  readonly #stopLoopDelay: () => void;
  #timer: NodeJS.Timeout | undefined;
  #second: number;
  /** Milliseconds that the samples of this minute took, and how many there were. */
  #cost = { ms: 0, samples: 0 };
  #diskFullAt: number | null = null;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: InstrumentsOptions) {
    const { home, ringsFile, config, counters, engine, places, log, status, tasks, visitors, now, elapsed } = options;
    this.#options = options;
    this.#system = new System({
      counters,
      folder: home,
      enginePid: () => engine.pid,
      engineContainer: () => engine.container,
      elapsed,
    });
    this.#engineFigures = new EngineFigures({ shards: places, counters });
    this.#storage = new StorageWatch({ shards: places, now, elapsed });
    const refresh = () => {
      this.#engineFigures.refresh();
      this.#storage.refresh();
    };
    const listening = engine.shards.map((shard) => shard.onState(refresh));
    this.#stopListening = () => {
      for (const stop of listening) stop();
    };
    loadRings(ringsFile, this.#rings);
    this.#visitors = new VisitorCount(visitors);
    this.#sampler = new Sampler(counters);
    this.#stopLoopDelay = watchLoopDelay(counters);
    this.stream = new Stream({
      rings: this.#rings,
      log,
      state: () => this.#state(status(), config),
      tasks,
      storage: () => this.#storage.report,
      now,
      onWatched: (watched) => {
        this.#storage.watch(watched);
        options.onWatched(watched);
      },
    });
    this.#second = secondAt(now());
    // The daemon before took its last sample for the whole of a second that may not be over yet.
    if (isBack(this.#second, this.#rings.newestSecond)) this.#second = this.#rings.newestSecond;
    this.#forecast();
    this.#next();
  }

  /** Takes a last sample and saves the rings. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopLoopDelay();
    this.#stopListening();
    await this.#engineFigures.close();
    await this.#storage.close();
    await this.#saving;
    const end = Math.ceil(this.#options.now() / SECOND_MS);
    this.#sample(isBack(end, this.#second) ? this.#second + 1 : end);
    // At the end of a minute that sample has begun a save of its own, into the same file.
    await this.#saving;
    try {
      saveRings(this.#options.ringsFile, packRings(this.#rings));
    } catch (error) {
      // A disk without room must not turn a clean stop into a failed one.
      this.#options.onSaveFailed(error);
    }
  }

  /** The rates that the status tells; null before the first second. */
  lastMinute(): LastMinute | null {
    return lastMinute(this.#rings.rings[0]!, Math.floor(this.#options.now() / SECOND_MS));
  }

  /** What a collector saw of its sources since it last told; into the next tick. */
  addSources(deltas: readonly SourceDelta[]): void {
    for (const delta of deltas) this.#sources.add(delta);
  }

  #state(status: Status, { spool, events }: Config): StreamState {
    const { counters, schedules } = this.#options;
    const { bytesMax: spoolBytesMax, freeBytesMin } = spool;
    const engineMemoryBytesMax = this.#engineFigures.memoryBytesMax;
    const recurring = schedules();
    const nextAt = recurring.find(({ kind }) => kind === 'retention')?.nextAt ?? null;
    return streamState({
      status,
      counters,
      limits: { spoolBytesMax, freeBytesMin, ...this.#system.limits, engineMemoryBytesMax },
      diskFullAt: this.#diskFullAt,
      retention: { days: events.retentionDays, nextAt },
      schedules: recurring,
    });
  }

  #next(): void {
    const now = this.#options.now();
    const wait = (secondAt(now) + 1) * SECOND_MS - now;
    this.#timer = setTimeout(() => {
      this.#sample(secondAt(this.#options.now()));
      this.#next();
    }, wait);
    this.#timer.unref();
  }

  /** Samples what happened up to the end of `second`. */
  #sample(second: number): void {
    const { now, elapsed, counters } = this.#options;
    const passed = second - this.#second;
    // What was counted stays for the next sample; to write it now would wipe what lies ahead of it in the rings.
    if (isBack(second, this.#second)) return;
    const startedAt = elapsed();
    const isNewMinute = Math.floor(second / MINUTE_SECONDS) !== Math.floor(this.#second / MINUTE_SECONDS);
    this.#second = second;
    const seconds = passed > 0 && passed <= SPREAD_SECONDS_MAX ? passed : 1;
    this.#system.sample();
    if (second % VISITORS_EVERY === 0) counters.set('visitors_live', this.#visitors.read(now()));
    const sample = this.#sampler.take(seconds);
    // Rates are those of each second that was missed; the answers and their latencies are counted once, in the last.
    const missedSecond = { values: sample.values, latency: NO_ANSWERS };
    for (let missed = seconds - 1; missed > 0; missed--) {
      this.#rings.push(second - missed, missedSecond);
      this.stream.tick(missedSecond, []);
    }
    this.#rings.push(second, sample);
    if (isNewMinute) this.#everyMinute();
    this.stream.tick(sample, this.#sources.take().map(sourceFigures));
    const { ms, samples } = isNewMinute ? { ms: 0, samples: 0 } : this.#cost;
    this.#cost = { ms: ms + elapsed() - startedAt, samples: samples + 1 };
    counters.set('telemetry_sample_seconds', this.#cost.ms / this.#cost.samples / SECOND_MS);
  }

  #everyMinute(): void {
    const { ringsFile, onSaveFailed } = this.#options;
    this.#forecast();
    this.#saving = saveRingsLater(ringsFile, packRings(this.#rings)).catch(onSaveFailed);
  }

  #forecast(): void {
    const minutes = this.#rings.rings.at(-1)!;
    const stepMs = minutes.stepSeconds * SECOND_MS;
    this.#diskFullAt = forecastFull(minutes.series(DISK_FREE), stepMs, minutes.newest * stepMs);
  }
}

/** The second since the epoch that has ended, or does so within `EARLY_MS_MAX`. */
function secondAt(now: number): number {
  return Math.floor((now + EARLY_MS_MAX) / SECOND_MS);
}

/** Whether `second` lies so little before `newest`, or at it, that time just has to come. */
function isBack(second: number, newest: number): boolean {
  return second <= newest && newest - second <= BACK_SECONDS_MAX;
}
