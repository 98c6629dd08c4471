/**
 * Whether what is stored is what was acknowledged: every acknowledged event once and as it was sent, an unknown one once or
 * not at all, nothing else.
 *
 * First all rows of the run are summed by ranges of 100,000 events and compared with what plan and ledger say; a range whose
 * sums are those of the acknowledged events, without or with all unknown ones, is right. Of the others every row is fetched
 * and looked at. So the good case costs one pass over the rows, and a bad one two.
 *
 * Memory: a few numbers per range, and two bits per event of the ranges that are looked at, `COMPARED_BYTES_MAX` at a time.
 * Call it when the collector is drained: what comes later counts as missing.
 */
import { setImmediate } from 'node:timers/promises';
import type { LedgerView } from '../ledger/view.ts';
import type { LoadPlan } from '../plan/plan.ts';
import type { LedgerVerdict } from '../report/report.ts';
import { Comparison } from './comparison.ts';
import { Findings } from './findings.ts';
import { type ReadRows, type Row, readSlice } from './read-slices.ts';
import { slicesOf } from './slice.ts';
import { countRows, fetchRanges, sumRanges } from './statements.ts';
import { addRow, expectedSums, isEqual, noSums, type Sums } from './sums.ts';

export interface VerifyOptions {
  readonly plan: LoadPlan;
  readonly ledger: LedgerView;
  /** `ControlClient.query`, or what answers like it: rows by column name; failures as its TrackflowErrors. */
  readonly rows: ReadRows;
  readonly signal: AbortSignal;
  /** Told the share that is done, from 0 to 1. */
  readonly onProgress: (share: number) => void;
  /** Requests that were sent a second time on purpose; for the verdict, which cannot tell them. */
  readonly resent?: number;
}

const RANGE_EVENTS_MIN = 100_000;
/** So that the sums of a slice fit an answer, of 10,000 rows unless configured. */
const RANGES_MAX = 5_000;
/** A read of so many rows takes about a second. */
const ROWS_PER_SUM = 400_000;
/** Rows that a read returns, 2 MB of text, and rows that it may look through for them. */
const ROWS_PER_FETCH = 40_000;
const ROWS_PER_SEARCH = 1_000_000;
/** Above the first, as slices differ in size. */
const FOUND_MAX = 100_000;
const COMPARED_BYTES_MAX = 16 * 1024 * 1024;
/** Numbers of ranges that fit a statement, of 16 KiB. */
const COMPARED_RANGES_MAX = 1_500;
/** Shares of the progress. */
const SUMMED = 0.4;
const EXPECTED = 0.8;

/** Throws the signal's reason when it aborts, else what a read threw that no smaller read could avoid. */
export async function verifyRun(options: VerifyOptions): Promise<LedgerVerdict> {
  const { plan, ledger, rows, onProgress } = options;
  const startedAt = performance.now();
  const rangeSize = Math.max(RANGE_EVENTS_MIN, Math.ceil(ledger.end / RANGES_MAX));
  const stored = await sumStored(options, Number((await rows(countRows(plan)))[0]?.rows ?? 0), rangeSize);
  const findings = new Findings();
  const differing = await compareSums(options, stored, rangeSize, findings);
  await compareRows(options, stored, differing, rangeSize, findings);
  onProgress(1);
  return {
    ...ledger.counts,
    ...findings.counts,
    resent: options.resent ?? 0,
    unknownPresent: findings.unknownPresent,
    rows: stored.reduce((sum, range) => sum + range.rows, 0),
    examples: findings.examples,
    ms: Math.round(performance.now() - startedAt),
  };
}

/** The sums of each range; those of all indices behind the last stand last. */
async function sumStored(options: VerifyOptions, rowCount: number, rangeSize: number): Promise<Sums[]> {
  const { plan, ledger, onProgress } = options;
  const ranges = Math.ceil(ledger.end / rangeSize);
  const sums = Array.from({ length: ranges + 1 }, noSums);
  const slices = slicesOf(Math.max(1, Math.ceil(rowCount / ROWS_PER_SUM)));
  for (const [index, slice] of slices.entries()) {
    const statement = (part: typeof slice) => sumRanges(plan, part, rangeSize, ranges);
    const take = (rows: readonly Row[]) => rows.forEach(addToRange);
    const isCut = () => false;
    await readSlice({ ...options, statement, isCut, indexEnd: ledger.end, take }, slice);
    onProgress((SUMMED * (index + 1)) / slices.length);
  }
  return sums;

  function addToRange(row: Row): void {
    addRow(sums[Number(row.range)]!, row);
  }
}

/** The ranges whose rows have to be looked at. */
async function compareSums(
  { plan, ledger, signal, onProgress }: VerifyOptions,
  stored: readonly Sums[],
  rangeSize: number,
  findings: Findings,
): Promise<number[]> {
  const differing: number[] = [];
  for (const [range, sums] of stored.entries()) {
    const from = range * rangeSize;
    const expected = expectedSums(plan, ledger, from, Math.min(from + rangeSize, ledger.end));
    if (isEqual(sums, expected.withUnknown)) {
      findings.unknownPresent += expected.withUnknown.rows - expected.acknowledged.rows;
    } else if (!isEqual(sums, expected.acknowledged)) {
      differing.push(range);
    }
    onProgress(SUMMED + ((EXPECTED - SUMMED) * (range + 1)) / stored.length);
    await setImmediate();
    signal.throwIfAborted();
  }
  return differing;
}

/** Looks at every row of these ranges. */
async function compareRows(
  options: VerifyOptions,
  stored: readonly Sums[],
  differing: readonly number[],
  rangeSize: number,
  findings: Findings,
): Promise<void> {
  const { plan, ledger, onProgress } = options;
  const ranges = stored.length - 1;
  const rowsOf = (some: readonly Sums[]) => some.reduce((sum, { rows }) => sum + rows, 0);
  const groupMax = Math.min(COMPARED_RANGES_MAX, Math.ceil((COMPARED_BYTES_MAX * 8) / rangeSize));
  for (let first = 0; first < differing.length; first += groupMax) {
    const group = differing.slice(first, first + groupMax);
    const comparison = new Comparison(plan, ledger, group, rangeSize, findings);
    const fetched = rowsOf(group.map((range) => stored[range]!));
    const slices = slicesOf(Math.ceil(1 + fetched / ROWS_PER_FETCH + rowsOf(stored) / ROWS_PER_SEARCH));
    for (const [index, slice] of slices.entries()) {
      await readSlice(
        {
          ...options,
          statement: (part) => fetchRanges(plan, part, rangeSize, ranges, group, FOUND_MAX),
          indexEnd: ledger.end,
          isCut: (rows) => rows.some((row) => Number(row.rows) > FOUND_MAX),
          take: (rows) => {
            for (const { found } of rows) {
              for (const [id, hash] of found as [string, number][]) comparison.see(id, hash);
            }
          },
        },
        slice,
      );
      const done = (first + (group.length * (index + 1)) / slices.length) / differing.length;
      onProgress(EXPECTED + (1 - EXPECTED) * done);
    }
    comparison.end();
  }
}
