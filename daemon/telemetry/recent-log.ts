import type { LogEntry } from '../../src/control/stream.ts';

const ENTRIES_MAX = 500;
/** Longest text of a field that is kept; the log file has all of it. */
const TEXT_MAX = 2_000;

/** The newest log entries of level warn and above, for whoever watches. Older ones are forgotten first. */
export class RecentLog {
  readonly #entries: LogEntry[] = [];
  #lastId = 0;

  get lastId(): number {
    return this.#lastId;
  }

  add(entry: Omit<LogEntry, 'id'>): void {
    if (entry.level !== 'warn' && entry.level !== 'error') return;
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
