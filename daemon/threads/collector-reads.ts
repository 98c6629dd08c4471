import type { Config } from '../../src/config/schema.ts';
import { readActivities } from '../../src/query/activities.ts';
import { readAgreements } from '../../src/query/agreements.ts';
import { Gate } from '../../src/query/gate.ts';
import { parseLtv, readLtv } from '../../src/query/ltv.ts';
import { parseActivities, parseTimeseries, parseTop, parseTotals } from '../../src/query/parse.ts';
import type { Reader, ReadOptions } from '../../src/query/reader.ts';
import { readTimeseries } from '../../src/query/stats/timeseries.ts';
import { readTop } from '../../src/query/stats/top.ts';
import { readTotals } from '../../src/query/stats/totals.ts';
import type { Reads, StatsKind } from '../receive/reads/reads.ts';

/** Reads that may wait for a place, for each that runs. */
const QUEUE_FACTOR = 8;

/** What a collector asks of the store: the reads, and what a dialect asks by itself. */
export interface CollectorReads extends Reads {
  /** What is stored of a visitor's agreements, the newest first. */
  agreements(account: string, visitorId: string): Promise<readonly object[]>;
}

/** Joins the routes that ask with the questions, through the gate that bounds how many run at once. */
export function buildReads(reader: Reader, limits: Config['query'], now: () => number): CollectorReads {
  const gate = new Gate({
    concurrentMax: limits.concurrentMax,
    queueMax: limits.concurrentMax * QUEUE_FACTOR,
    waitMsMax: limits.timeoutMs,
  });
  return {
    activities: (search) =>
      gate.run(async () => {
        const { missing, options } = noteMissing();
        const { rows, nextCursor } = await readActivities(reader, parseActivities(search), now(), options);
        return {
          rows,
          next: nextCursor ?? '',
          ...(missing.size > 0 && { missingShards: [...missing].sort((a, b) => a - b) }),
        };
      }),
    ltv: (search) => gate.run(async () => readLtv(reader, parseLtv(search))),
    agreements: (account, visitorId) => gate.run(() => readAgreements(reader, account, visitorId)),
    stats: (kind, search) =>
      gate.run(async () => {
        const { missing, options } = noteMissing();
        const answer = await STATS[kind](reader, search, now(), options);
        return missing.size === 0 ? answer : { ...answer, missing_shards: [...missing].sort((a, b) => a - b) };
      }),
  };
}

const STATS: Readonly<
  Record<StatsKind, (reader: Reader, search: URLSearchParams, now: number, options: ReadOptions) => Promise<object>>
> = {
  totals: (reader, search, now, options) => readTotals(reader, parseTotals(search, now), options),
  timeseries: (reader, search, now, options) => readTimeseries(reader, parseTimeseries(search, now), options),
  top: (reader, search, now, options) => readTop(reader, parseTop(search, now), options),
};

/** Gathers the shards that any of the statements of one answer had to do without. */
function noteMissing(): { readonly missing: ReadonlySet<number>; readonly options: ReadOptions } {
  const missing = new Set<number>();
  const onMissing = (shards: readonly number[]) => {
    for (const shard of shards) missing.add(shard);
  };
  return { missing, options: { onMissing } };
}
