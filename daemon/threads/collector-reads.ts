import type { Config } from '../../src/config/schema.ts';
import { readActivities } from '../../src/query/activities.ts';
import { Gate } from '../../src/query/gate.ts';
import { parseActivities, parseTimeseries, parseTop, parseTotals } from '../../src/query/parse.ts';
import type { Reader } from '../../src/query/reader.ts';
import { readTimeseries } from '../../src/query/stats/timeseries.ts';
import { readTop } from '../../src/query/stats/top.ts';
import { readTotals } from '../../src/query/stats/totals.ts';
import type { Reads } from '../receive/reads/reads.ts';

/** Reads that may wait for a place, for each that runs. */
const QUEUE_FACTOR = 8;

/** Joins the routes that ask with the questions, through the gate that bounds how many run at once. */
export function buildReads(reader: Reader, limits: Config['query'], now: () => number): Reads {
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
