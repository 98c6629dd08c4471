import type { Config } from '../../src/config/schema.ts';
import { readActivities } from '../../src/query/activities.ts';
import { readAgreements } from '../../src/query/agreements.ts';
import { Gate } from '../../src/query/gate.ts';
import { parseLtv, readLtv } from '../../src/query/ltv.ts';
import { parseActivities, parseTimeseries, parseTop, parseTotals } from '../../src/query/parse.ts';
import type { Reader } from '../../src/query/reader.ts';
import { readTimeseries } from '../../src/query/stats/timeseries.ts';
import { readTop } from '../../src/query/stats/top.ts';
import { readTotals } from '../../src/query/stats/totals.ts';
import type { Reads } from '../receive/reads/reads.ts';

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
        const { rows, nextCursor } = await readActivities(reader, parseActivities(search), now());
        return { rows, next: nextCursor ?? '' };
      }),
    ltv: (search) => gate.run(async () => readLtv(reader, parseLtv(search))),
    agreements: (account, visitorId) => gate.run(() => readAgreements(reader, account, visitorId)),
    stats: (kind, search) =>
      gate.run(() => {
        switch (kind) {
          case 'totals':
            return readTotals(reader, parseTotals(search, now()));
          case 'timeseries':
            return readTimeseries(reader, parseTimeseries(search, now()));
          case 'top':
            return readTop(reader, parseTop(search, now()));
        }
      }),
  };
}
