import type { LogEntry } from '../../src/control/stream.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

/** Of warnings and errors, and as many of what is below. */
const ENTRIES_MAX = 500;
/** Longest text of a field that is kept; the log file has all of it. */
const TEXT_MAX = 2_000;

/**
 * The newest entries of the daemon's log, for whoever watches: those of level warn and above, and apart from them, so that
 * they push no warning out, those below that the log takes. Older ones are forgotten first.
 */
export class RecentLog {
  readonly warnings = new Entries();
  readonly info = new Entries();
  readonly #least: number;

  /** Entries below `level` are not kept. */
  constructor(level: Level = 'info') {
    this.#least = LEVELS.indexOf(level);
  }

  add(entry: Omit<LogEntry, 'id'>): void {
    if (entry.level === 'warn' || entry.level === 'error') this.warnings.add(entry);
    else if (LEVELS.indexOf(entry.level) >= this.#least) this.info.add(entry);
  }
}

/** One sequence of entries; always true: ids grow by one, the newest `ENTRIES_MAX` are there. */
class Entries {
  readonly #entries: LogEntry[] = [];
  #lastId = 0;

  get lastId(): number {
    return this.#lastId;
  }

  add(entry: Omit<LogEntry, 'id'>): void {
    this.#lastId += 1;
    this.#entries.push({ ...entry, id: this.#lastId, fields: shortened(entry.fields) });
    if (this.#entries.length > ENTRIES_MAX) this.#entries.shift();
  }

  /** Entries younger than `id`, the oldest first. */
  after(id: number): readonly LogEntry[] {
    return id >= this.#lastId ? [] : this.#entries.filter((entry) => entry.id > id);
  }
}

function shortened(fields: LogEntry['fields']): LogEntry['fields'] {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, shortenedValue(value)]));
}

function shortenedValue(value: unknown): unknown {
  // An error as JSON is an empty object.
  const told = value instanceof Error ? value.message : value;
  return typeof told === 'string' ? told.slice(0, TEXT_MAX) : told;
}
