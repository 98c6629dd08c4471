import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerObserver } from './observer.ts';

/** The table of events as the engine counts it: active parts only. */
export interface TableSize {
  readonly rows: number;
  readonly bytes: number;
}

/** Below so many new rows the parts' fixed cost says more than the events do. */
const ROWS_ADDED_MIN = 100_000;
/** The engine is asked every five seconds: this long without a merge or a new row is two answers that agree. */
const QUIET_SECONDS = 11;
/** An answer may be this old and still be the present size. */
const FRESH_SECONDS = 30;
const POLL_MS = 500;

/** The size of the table as it was last told before `newest` was over; null when it was not told shortly before. */
export function tableSize(observer: ServerObserver, newest = observer.latest?.second ?? 0): TableSize | null {
  for (let second = newest; second > newest - FRESH_SECONDS; second--) {
    const { table_rows: rows, table_bytes: bytes } = observer.at(second) ?? { table_rows: null, table_bytes: null };
    if (rows !== null && bytes !== null) return { rows, bytes };
  }
  return null;
}

/** The size after the merges have settled, or after `timeoutMs` as it is then. Null when it is not known. */
export async function settledTableSize(
  observer: ServerObserver,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<TableSize | null> {
  const asked = observer.latest?.second ?? 0;
  const deadline = performance.now() + timeoutMs;
  while (!signal.aborted && performance.now() < deadline && !isQuiet(observer, asked)) {
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
  return tableSize(observer, observer.latest?.second ?? 0);
}

/** Bytes on disk of each row that came between two sizes; null when too few came to say, or merges hide it. */
export function bytesPerEvent(before: TableSize | null, after: TableSize | null): number | null {
  if (before === null || after === null || after.rows - before.rows < ROWS_ADDED_MIN) return null;
  const bytes = (after.bytes - before.bytes) / (after.rows - before.rows);
  return bytes > 0 ? bytes : null;
}

function isQuiet(observer: ServerObserver, since: number): boolean {
  const to = (observer.latest?.second ?? 0) + 1;
  const seconds = observer.between(Math.max(since, to - QUIET_SECONDS), to);
  if (seconds.length < QUIET_SECONDS) return false;
  return seconds.every((one) => one.engine_merges === 0 && one.table_rows === seconds[0]!.table_rows);
}
