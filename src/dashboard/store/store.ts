/**
 * What the dashboard knows and what the person has chosen, without React and without a connection.
 *
 * Promises: `getSnapshot` gives the same object until something changed, then a new one; listeners hear of each change
 * once. A tick that must not be seen (paused, or sooner than the refresh) is kept and not told, so a paused screen costs
 * nothing. Always true: memory is bounded (rings, twice `LOG_MAX` entries, `SOURCES_MAX` trends). Full: the oldest goes.
 * Nothing outlives the process.
 */
import type { StorageReport } from '../../control/storage.ts';
import type {
  LogEntry,
  SourceFigures,
  StreamHistory,
  StreamLine,
  StreamState,
  TaskFigures,
} from '../../control/stream.ts';
import { UI_DEFAULT, type Ui } from '../input/ui.ts';
import type { Audience } from './audience.ts';
import type { Slowness } from './pace.ts';
import { Rings } from './rings.ts';
import { valueAt } from './series.ts';
import { Trends } from './trends.ts';

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'stale'; readonly seconds: number }
  | { readonly kind: 'reconnecting'; readonly attempt: number; readonly why: string }
  | { readonly kind: 'not-running' };

/** What came over the stream beside the numbers. */
export interface Facts {
  readonly state: StreamState | null;
  readonly sources: readonly SourceFigures[];
  readonly tasks: readonly TaskFigures[];
  /** From level warn up, newest last. */
  readonly log: readonly LogEntry[];
  /** Below warn, newest last. */
  readonly info: readonly LogEntry[];
  /** Null from a daemon that does not tell. */
  readonly storage: StorageReport | null;
}

export interface Snapshot {
  readonly connection: Connection;
  readonly ui: Ui;
  readonly facts: Facts;
  readonly rings: Rings;
  readonly trends: Trends;
  /** Time of the newest tick, 0 before the first. */
  readonly receivedAt: number;
  /** End of the window on the screen. */
  readonly viewAt: number;
  /** Events accepted since the display was paused. */
  readonly acceptedWhilePaused: number;
  readonly audience: Audience | null;
  /** Not none: frames took too long, so that only every other one is drawn. */
  readonly slowness: Slowness;
  /** Time since the daemon was last heard; 0 while it is, and before it ever was. */
  readonly silentMs: number;
  /** The daemon's time of day: that of the newest tick, and a little later where frames come oftener than ticks. */
  readonly clockAt: number;
}

const LOG_MAX = 500;
const NO_FACTS: Facts = { state: null, sources: [], tasks: [], log: [], info: [], storage: null };

export class DashStore {
  readonly #rings = new Rings();
  readonly #trends = new Trends();
  readonly #listeners = new Set<() => void>();
  #connection: Connection = { kind: 'connecting' };
  #ui: Ui;
  #facts = NO_FACTS;
  /** The facts of the moment of the pause. */
  #frozen = NO_FACTS;
  #receivedAt = 0;
  #shownAt = 0;
  #acceptedWhilePaused = 0;
  #audience: Audience | null = null;
  #slowness: Slowness = 'none';
  #silentMs = 0;
  #sinceTickMs = 0;
  #snapshot: Snapshot;

  constructor(ui: Partial<Ui> = {}) {
    this.#ui = { ...UI_DEFAULT, ...ui };
    this.#snapshot = this.#take();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): Snapshot => this.#snapshot;

  /** A line of the control stream. */
  receive(line: StreamLine): void {
    const wasLive = this.#connection.kind === 'live';
    if (line.type === 'history') this.#load(line);
    else if (line.type === 'tick') {
      this.#rings.push(line.at, line.values, line.latency);
      this.#trends.push(line.sources);
      this.#facts = {
        state: line.state ?? this.#facts.state,
        sources: line.sources,
        tasks: line.tasks ?? this.#facts.tasks,
        log: appended(this.#facts.log, line.log ?? []),
        info: appended(this.#facts.info, line.info ?? []),
        storage: line.storage ?? this.#facts.storage,
      };
      this.#receivedAt = line.at;
      if (this.#ui.pausedAt !== null) this.#acceptedWhilePaused += valueAt(this.#rings, 'accepted', line.at) ?? 0;
    } else return; // a type of line that a newer daemon sends
    this.#connection = { kind: 'live' };
    this.#silentMs = 0;
    this.#sinceTickMs = 0;
    if (!wasLive || this.#isDue(line)) this.#tell();
  }

  /** `silentMs` is how long ago the daemon was last heard, 0 when it never was. */
  setConnection(connection: Connection, silentMs = 0): void {
    this.#connection = connection;
    this.#silentMs = silentMs;
    this.#tell();
  }

  /** Whether a beat would be seen; a timer that nobody needs costs a paused screen most of what it costs at all. */
  get wantsBeats(): boolean {
    return this.#ui.refreshMs < TICK_MS && this.#ui.pausedAt === null;
  }

  /** Between two ticks: lets the clock go on where frames are asked for oftener than the daemon tells figures. */
  beat(sinceTickMs: number): void {
    if (!this.wantsBeats || this.#connection.kind !== 'live' || this.#slowness !== 'none') return;
    this.#sinceTickMs = sinceTickMs;
    this.#tell();
  }

  setAudience(audience: Audience): void {
    this.#audience = audience;
    this.#tell();
  }

  /** Told by who draws; heard with the next change. */
  setSlowness(slowness: Slowness): void {
    this.#slowness = slowness;
  }

  /** What the person chose. */
  update(change: (ui: Ui) => Ui): void {
    const next = change(this.#ui);
    if (next === this.#ui) return;
    if (next.pausedAt !== null && this.#ui.pausedAt === null) {
      this.#frozen = this.#facts;
      this.#acceptedWhilePaused = 0;
    }
    this.#ui = next;
    this.#tell();
  }

  #load(history: StreamHistory): void {
    this.#rings.load(history.series, history.rings);
    const { state, sources, tasks, log, info = [], storage = null } = history;
    this.#facts = { state, sources, tasks, log, info, storage };
    const [finest] = this.#rings.all;
    this.#receivedAt = finest!.newest > 0 ? finest!.newest * finest!.stepMs : history.at;
  }

  /** Whether a tick is to be seen now. */
  #isDue(line: StreamLine): boolean {
    const { pausedAt, refreshMs } = this.#ui;
    if (line.type === 'history') return true;
    return (
      pausedAt === null && line.at - this.#shownAt >= refreshMs * (this.#slowness === 'none' ? 1 : 2) - TICK_EARLY_MS
    );
  }

  #tell(): void {
    this.#shownAt = this.#receivedAt;
    this.#snapshot = this.#take();
    for (const listener of this.#listeners) listener();
  }

  #take(): Snapshot {
    const { pausedAt, seekMs } = this.#ui;
    return {
      connection: this.#connection,
      ui: this.#ui,
      facts: pausedAt === null ? this.#facts : this.#frozen,
      rings: this.#rings,
      trends: this.#trends,
      receivedAt: this.#receivedAt,
      viewAt: (pausedAt ?? this.#receivedAt) - seekMs,
      acceptedWhilePaused: this.#acceptedWhilePaused,
      audience: this.#audience,
      slowness: this.#slowness,
      silentMs: this.#silentMs,
      clockAt: this.#receivedAt + this.#sinceTickMs,
    };
  }
}

/** The daemon tells its figures this often. */
const TICK_MS = 1_000;
/** A tick may come this much before its second is over. */
const TICK_EARLY_MS = 500;

function appended(log: readonly LogEntry[], more: readonly LogEntry[]): readonly LogEntry[] {
  // An entry that came between the history and the next tick is in both.
  const known = log.at(-1)?.id ?? -1;
  const unknown = more.filter(({ id }) => id > known);
  return unknown.length === 0 ? log : [...log, ...unknown].slice(-LOG_MAX);
}
