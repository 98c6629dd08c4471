/** One line of the daemon's log. */
export interface Entry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly level: Level;
  /** Word of the road. */
  readonly step: string;
  /** Fixed name of what happened. */
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** Numbers in the file. */
const LEVEL_OF: Readonly<Record<number, Level>> = {
  10: 'debug',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'error',
};

/** Undefined for a line that is none of the daemon's: it was cut off, or somebody else wrote it. */
export function parseEntry(line: string): Entry | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { level, time, step, event, ...fields } = parsed as Record<string, unknown>;
  const at = Date.parse(String(time));
  const word = LEVEL_OF[Number(level)];
  if (word === undefined || Number.isNaN(at)) return undefined;
  return { at, level: word, step: String(step ?? ''), event: String(event ?? ''), fields };
}

export interface EntryFilter {
  /** Least level. */
  readonly level: Level;
  /** All steps when it is empty. */
  readonly steps: readonly string[];
  readonly since: number;
  readonly until: number;
}

export function passes({ level, step, at }: Entry, filter: EntryFilter): boolean {
  return (
    LEVELS.indexOf(level) >= LEVELS.indexOf(filter.level) &&
    (filter.steps.length === 0 || filter.steps.includes(step)) &&
    at >= filter.since &&
    at <= filter.until
  );
}
