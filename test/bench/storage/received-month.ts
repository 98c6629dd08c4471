import type { ClickHouse } from '../../../src/clickhouse/client.ts';

/** Sorting a table of ten million rows takes minutes. */
export const LONG_MS = 600_000;

/** Milliseconds from a browser to here, as `randLogNormal` takes them: the median is 60, one in a hundred takes 300. */
const DELAY = 'toUInt32(randLogNormal(4.1, 0.7))';

/**
 * Makes `table` like `events` and fills it with the events of the month from `startedAt` as they would have been received:
 * `sendMonth` tells a month in seconds, so their times of receipt and their batches would pack better than they ever do.
 * Here each is received shortly after it occurred, and those received within a second are a batch.
 *
 * Rows without a time of their own (`POST /` takes none) occurred when they were sent. Here they occur at a moment of the month.
 */
export async function createReceivedMonth(server: ClickHouse, table: string, startedAt: number): Promise<void> {
  const month = `fromUnixTimestamp64Milli(${startedAt} + toInt64(randUniform(0, ${MONTH_MS})), 'UTC')`;
  await server.command(`CREATE TABLE ${table} AS events`);
  await server.command(
    `INSERT INTO ${table}
     SELECT * EXCEPT (batch), dense_rank() OVER (ORDER BY toUnixTimestamp(received_at)) AS batch
     FROM (
       SELECT * REPLACE (occurred_at + toIntervalMillisecond(${DELAY}) AS received_at)
       FROM (SELECT * REPLACE (if(name = 'data', ${month}, occurred_at) AS occurred_at) FROM events)
     ) SETTINGS async_insert = 0`,
    {},
    { timeoutMs: LONG_MS },
  );
}

const MONTH_MS = 30 * 24 * 3_600_000;
