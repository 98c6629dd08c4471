/** The statements of a verification. They name no text but the plan's run, eight hexadecimal digits. */
import { accountPrefix, type LoadPlan } from '../plan/plan.ts';
import { contentHashSql } from '../profile/canonical.ts';
import { indexSql } from '../profile/event-id.ts';
import { INDEX_MAX, type Slice } from './slice.ts';

/** Rows of the run, in `rows`. */
export function countRows(plan: LoadPlan): string {
  return `SELECT count() AS rows FROM events WHERE ${ofRun(plan)}`;
}

/**
 * Sums of a slice by ranges of `rangeSize` indices, as `range rows events total parity`; range `ranges` is of all indices
 * behind the last.
 */
export function sumRanges(plan: LoadPlan, slice: Slice, rangeSize: number, ranges: number): string {
  return `SELECT least(intDiv(n, ${rangeSize}), ${ranges}) AS range, count() AS rows, uniqExact(n) AS events,
 sum(hash) AS total, groupBitXor(hash) AS parity
FROM (SELECT ${indexSql(plan)} AS n, ${contentHashSql()} AS hash FROM events WHERE ${inSlice(plan, slice)})
WHERE ${ofIndices(slice)} GROUP BY range`;
}

/**
 * Rows of a slice in these ranges one by one, as one row `rows found`: how many there are, and `[id, hash]` of at most
 * `foundMax`. An answer may have ten thousand rows; in an array it holds more, and reads the same parts less often.
 */
export function fetchRanges(
  plan: LoadPlan,
  slice: Slice,
  rangeSize: number,
  ranges: number,
  chosen: readonly number[],
  foundMax: number,
): string {
  return `SELECT count() AS rows, groupArray(${foundMax})((id, hash)) AS found
FROM (SELECT toString(event_id) AS id, ${contentHashSql()} AS hash, ${indexSql(plan)} AS n FROM events
 WHERE ${inSlice(plan, slice)} AND least(intDiv(n, ${rangeSize}), ${ranges}) IN (${chosen.join(',')})
 AND ${ofIndices(slice)})`;
}

function ofRun(plan: LoadPlan): string {
  if (!/^[0-9a-f]{8}$/.test(plan.run)) throw new Error('a run is named by eight hexadecimal digits');
  return `startsWith(account, '${accountPrefix(plan.run)}-')`;
}

function inSlice(plan: LoadPlan, { hash }: Slice): string {
  return `${ofRun(plan)} AND visitor_hash BETWEEN ${hash[0]} AND ${hash[1]}`;
}

function ofIndices({ index }: Slice): string {
  return index[0] > 0 || index[1] < INDEX_MAX ? `n BETWEEN ${index[0]} AND ${index[1]}` : '1';
}
