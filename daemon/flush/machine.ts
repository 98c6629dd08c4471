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
 * - When the rows are refused for what they hold, everything not yet stored moves to new batches, the absent rows of a
 *   month that was cut included. An insert of the parent that is still on its way holds the refused row, too.
 * - More rows than expected are never deleted; they are reported, and the batch counts as stored.
 *
 * What it cannot promise: a copy of an insert that arrives when its token has left the server's window, and an insert
 * that a proxy repeats by itself before the one answer (its success may be that of a swallowed repetition).
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
}

export type Action =
  | { readonly do: 'insert'; readonly generation: number; readonly months: readonly number[] }
  /** Insert those rows of these months that the table does not have. */
  | { readonly do: 'insert_absent'; readonly patch: number; readonly months: readonly number[] }
  | { readonly do: 'count' }
  /** Wait as long as the breaker says, then count. */
  | { readonly do: 'wait' }
  /** Halve the rows of `missing` and the absent rows of `partial` into two new batches; all others are stored. */
  | { readonly do: 'split'; readonly missing: readonly number[]; readonly partial: readonly number[] }
  | { readonly do: 'stored'; readonly excess: number };

export type Seen =
  | { readonly seen: 'stored'; readonly writtenRows: number }
  /** The server said no; `data`: because of what the rows hold, so it will say no again. */
  | { readonly seen: 'refused'; readonly data: boolean }
  /** Time-out, cut connection, a server error that leaves open what happened. */
  | { readonly seen: 'unknown' }
  /** The wait is over. */
  | { readonly seen: 'waited' }
  | { readonly seen: 'counted'; readonly months: ReadonlyMap<number, number> };

export interface Step {
  readonly progress: Progress;
  readonly action: Action;
}

type Expected = ReadonlyMap<number, number>;

/** First step for a batch. A recovered one may have been inserted by the process before: it is counted first. */
export function begin(recovered: boolean, expected: Expected): Step {
  const progress = { generation: 0, patch: 0, tried: recovered, claimed: false, rejected: false, patching: false };
  return {
    progress,
    action: recovered ? { do: 'count' } : { do: 'insert', generation: 0, months: [...expected.keys()] },
  };
}

/** The step after `seen`. `expected` is rows per month (YYYYMM) of the whole batch. */
export function next(progress: Progress, seen: Seen, expected: Expected): Step {
  const tried = { ...progress, tried: true, claimed: false, rejected: false };
  switch (seen.seen) {
    case 'stored': {
      const whole = [...expected.values()].reduce((sum, rows) => sum + rows, 0);
      if (!progress.tried && seen.writtenRows === whole)
        return { progress: tried, action: { do: 'stored', excess: 0 } };
      return { progress: { ...tried, claimed: true }, action: { do: 'count' } };
    }
    case 'refused':
      return { progress: { ...tried, rejected: seen.data }, action: { do: seen.data ? 'count' : 'wait' } };
    case 'unknown':
      return { progress: tried, action: { do: 'wait' } };
    case 'waited':
      return { progress, action: { do: 'count' } };
    case 'counted':
      return counted(progress, seen.months, expected);
  }
}

function counted(progress: Progress, found: ReadonlyMap<number, number>, expected: Expected): Step {
  const { missing, partial, excess } = compare(found, expected);
  const { claimed, rejected, patching } = progress;
  const settled = { ...progress, claimed: false, rejected: false };
  if (missing.length === 0 && partial.length === 0) return { progress: settled, action: { do: 'stored', excess } };
  if (rejected) return { progress: settled, action: { do: 'split', missing, partial } };
  if (missing.length > 0) {
    const generation = claimed && !patching ? progress.generation + 1 : progress.generation;
    return {
      progress: { ...settled, generation, patching: false },
      action: { do: 'insert', generation, months: missing },
    };
  }
  const patch = claimed && patching ? progress.patch + 1 : progress.patch;
  return { progress: { ...settled, patch, patching: true }, action: { do: 'insert_absent', patch, months: partial } };
}

function compare(found: ReadonlyMap<number, number>, expected: Expected) {
  const missing: number[] = [];
  const partial: number[] = [];
  let excess = 0;
  for (const [month, rows] of expected) {
    const there = found.get(month) ?? 0;
    if (there === 0) missing.push(month);
    else if (there < rows) partial.push(month);
    else excess += there - rows;
  }
  for (const [month, rows] of found) if (!expected.has(month)) excess += rows;
  return { missing, partial, excess };
}
