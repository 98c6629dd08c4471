/**
 * What to do next with one sealed batch: a pure function of what has been seen. It opens no connection and reads no
 * clock, so a simulation can run it through every order of failures (`test/model/flush`).
 *
 * Promises: a batch is called stored only when each of its rows is in the table exactly once. The rules it stands on
 * (measured on ClickHouse 26.7, plain MergeTree with a deduplication window):
 *
 * - A token that was never used is never swallowed: the plain success of a first insert, with the right number of
 *   written rows, is a success.
 * - After any other outcome only counting tells, also after an error: an insert over several months may have stored some.
 * - What counting finds missing is inserted under the SAME token: should the first insert still be on its way (a slow
 *   proxy, a paused server), the server keeps only one of the two.
 * - When success was reported and rows are missing all the same, the token was recorded and its part lost (a kill between
 *   the two). Only then is the token dead, and the next generation is used.
 * - A month of which only some rows are there (a body that was cut and taken for whole) gets the rows that are absent,
 *   under tokens of their own (`patch`): under the same token they would be swallowed. Whole months and patches count
 *   their generations apart, so that after a restart, which begins at 0 again, each month meets the same tokens in the
 *   same order, and passes one only when the server has it.
 * - When memory or time is too short for an insert, the next one carries half the rows of each month, and each success
 *   doubles them again. The first rows of a month go under the token of the whole month, so a copy of a larger insert that is still on
 *   its way is swallowed; the month is then a partial one and gets the rest like one that was cut.
 * - When the rows are refused for what they hold, everything not yet stored moves to new batches, the absent rows of a
 *   month that was cut included. An insert of the parent that is still on its way holds the refused row, too.
 * - More rows than expected are never deleted; they are reported, and the batch counts as stored.
 *
 * What it cannot promise: a copy of an insert that arrives when its token has left the server's window; an insert that a
 * proxy repeats by itself before the one answer (its success may be that of a swallowed repetition); and a copy of half an
 * insert that arrives after a restart, when its batch was split for a row of the other half meanwhile.
 */
export interface Progress {
  /** Which token whole months are inserted under: those before it are dead. */
  readonly generation: number;
  /** Which token absent rows of partial months are inserted under: those before it are dead. */
  readonly patch: number;
  /** Whether an insert of this batch may have reached the server. */
  readonly tried: boolean;
  /** Whether the last insert was answered with success and its rows are yet to be counted. */
  readonly claimed: boolean;
  /** Whether the last insert was refused for what the rows hold. */
  readonly rejected: boolean;
  /** Whether the last insert was a patch. */
  readonly patching: boolean;
  /** Rows of each month that one insert carries at the most. */
  readonly rowsMax: number;
  /** Rows that the last count found. */
  readonly found: number;
  /** Whether the last count found nothing of what was answered with success: the server keeps nothing. */
  readonly lost: boolean;
}

export type Action =
  /** Insert the first `rowsMax` rows of each of these months. */
  | {
      readonly do: 'insert';
      readonly generation: number;
      readonly months: readonly number[];
      readonly rowsMax: number;
    }
  /** Insert the first `rowsMax` rows of each of these months that the table does not have. */
  | {
      readonly do: 'insert_absent';
      readonly patch: number;
      readonly months: readonly number[];
      readonly rowsMax: number;
    }
  | { readonly do: 'count' }
  /** Wait as long as the breaker says, then count. */
  | { readonly do: 'wait' }
  /** Halve the rows of `missing` and the absent rows of `partial` into two new batches; all others are stored. */
  | { readonly do: 'split'; readonly missing: readonly number[]; readonly partial: readonly number[] }
  | { readonly do: 'stored'; readonly excess: number };

export type Seen =
  | { readonly seen: 'stored'; readonly writtenRows: number }
  /** The server said no. Because of what the rows `data` hold it will say no again. */
  | { readonly seen: 'refused'; readonly because: 'data' | 'memory' | 'other' }
  /** Time-out, cut connection, a server error that leaves open what happened. */
  | { readonly seen: 'unknown'; readonly timedOut?: boolean }
  /** The wait is over. */
  | { readonly seen: 'waited' }
  | { readonly seen: 'counted'; readonly months: ReadonlyMap<number, number> };

export interface Step {
  readonly progress: Progress;
  readonly action: Action;
}

type Expected = ReadonlyMap<number, number>;

/** Inserts that a month of one batch is spread over at the most. */
const PIECES_MAX = 64;

/**
 * First step for a batch. A recovered one may have been inserted by the process before: it is counted first. `rowsMax` is
 * what the batch before this one came to; without it there is no bound.
 */
export function begin(recovered: boolean, expected: Expected, rowsMax = Number.POSITIVE_INFINITY): Step {
  const progress: Progress = {
    generation: 0,
    patch: 0,
    tried: recovered,
    claimed: false,
    rejected: false,
    patching: false,
    rowsMax,
    found: 0,
    lost: false,
  };
  const months = [...expected.keys()];
  return { progress, action: recovered ? { do: 'count' } : { do: 'insert', generation: 0, months, rowsMax } };
}

/** The step after `seen`. `expected` is rows per month (YYYYMM) of the whole batch. */
export function next(progress: Progress, seen: Seen, expected: Expected): Step {
  const tried = { ...progress, tried: true, claimed: false, rejected: false, lost: false };
  switch (seen.seen) {
    case 'stored': {
      const whole = [...expected.values()].reduce((sum, rows) => sum + rows, 0);
      const rowsMax = more(progress.rowsMax, expected);
      if (!progress.tried && seen.writtenRows === whole)
        return { progress: { ...tried, rowsMax }, action: { do: 'stored', excess: 0 } };
      return { progress: { ...tried, rowsMax, claimed: true }, action: { do: 'count' } };
    }
    case 'refused':
      if (seen.because === 'data') return { progress: { ...tried, rejected: true }, action: { do: 'count' } };
      return {
        progress: seen.because === 'memory' ? { ...tried, rowsMax: less(progress.rowsMax, expected) } : tried,
        action: { do: 'wait' },
      };
    case 'unknown': {
      const rowsMax = seen.timedOut ? less(progress.rowsMax, expected) : progress.rowsMax;
      return { progress: { ...tried, rowsMax }, action: { do: 'wait' } };
    }
    case 'waited':
      return { progress, action: { do: 'count' } };
    case 'counted':
      return counted(progress, seen.months, expected);
  }
}

function counted(progress: Progress, months: ReadonlyMap<number, number>, expected: Expected): Step {
  const { missing, partial, excess, found } = compare(months, expected);
  const { claimed, rejected, patching, rowsMax } = progress;
  const lost = claimed && found <= progress.found;
  const settled = { ...progress, claimed: false, rejected: false, found, lost };
  if (missing.length === 0 && partial.length === 0) return { progress: settled, action: { do: 'stored', excess } };
  if (rejected) return { progress: settled, action: { do: 'split', missing, partial } };
  if (missing.length > 0) {
    const generation = claimed && !patching ? progress.generation + 1 : progress.generation;
    return {
      progress: { ...settled, generation, patching: false },
      action: { do: 'insert', generation, months: missing, rowsMax },
    };
  }
  const patch = claimed && patching ? progress.patch + 1 : progress.patch;
  return {
    progress: { ...settled, patch, patching: true },
    action: { do: 'insert_absent', patch, months: partial, rowsMax },
  };
}

/** Half, but no less than a part of the largest month: what does not pass by then waits for memory, not for fewer rows. */
function less(rowsMax: number, expected: Expected): number {
  const largest = Math.max(...expected.values());
  return Math.max(Math.ceil(largest / PIECES_MAX), Math.floor(Math.min(rowsMax, largest) / 2));
}

/** There is no bound any more when the largest month fits. */
function more(rowsMax: number, expected: Expected): number {
  return rowsMax * 2 >= Math.max(...expected.values()) ? Number.POSITIVE_INFINITY : rowsMax * 2;
}

function compare(months: ReadonlyMap<number, number>, expected: Expected) {
  const missing: number[] = [];
  const partial: number[] = [];
  let excess = 0;
  for (const [month, rows] of expected) {
    const there = months.get(month) ?? 0;
    if (there === 0) missing.push(month);
    else if (there < rows) partial.push(month);
    else excess += there - rows;
  }
  let found = 0;
  for (const [month, rows] of months) {
    found += rows;
    if (!expected.has(month)) excess += rows;
  }
  return { missing, partial, excess, found };
}
