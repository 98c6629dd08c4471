import type { ClickHouse } from '../../../src/clickhouse/client.ts';
import type { TestDaemon } from '../../support/daemon.ts';
import { openWriter } from '../writer.ts';
import { lastMonth, sendMonth } from './month-of-traffic.ts';
import { createReceivedMonth, LONG_MS } from './received-month.ts';

const MONTH_MS = 30 * 24 * 3_600_000;
const SOURCE = 'received';
/** Each copy of the month is this much later than the one before, so that copies of an event do not fall together. */
const SHIFT_MS = 411_000;

/**
 * Fills the table of a fresh daemon with `copies` months of `events` page views and what comes with them, laid over each other.
 *
 * The first goes through the daemon. Each copy has visitors, sessions, users, ids and batches of its own (hashes of those of
 * the first), and every visitor another shift in time, so there are as many visitors, and as many for each page and
 * day, as a site would have that is so much larger; pages, campaigns, devices and countries are those of one site.
 */
export async function fillMonth(daemon: TestDaemon, events: number, copies: number): Promise<void> {
  const startedAt = lastMonth(Date.now());
  await sendMonth(daemon, { profile: 'web', events, startedAt });
  const { server } = await openWriter(daemon);
  await createReceivedMonth(server, SOURCE, startedAt);
  await server.command('TRUNCATE TABLE events SYNC');
  for (let copy = 0; copy < copies; copy++) await layOver(server, startedAt, copy, copies);
  await server.command(`DROP TABLE ${SOURCE} SYNC`);
  await server.command('OPTIMIZE TABLE events FINAL', {}, { timeoutMs: LONG_MS });
  await server.close();
}

async function layOver(server: ClickHouse, startedAt: number, copy: number, copies: number): Promise<void> {
  const another = (column: string) => `if(${column} = '', '', lower(hex(sipHash64(${column}, ${copy}))))`;
  const since = `toUnixTimestamp64Milli(occurred_at) - ${startedAt}`;
  const shift = `${copy} * ${SHIFT_MS} + cityHash64(${SOURCE}.visitor_id, ${copy}) % ${SHIFT_MS}`;
  await server.command(
    `INSERT INTO events
     SELECT * EXCEPT (delayMs) REPLACE (occurred_at + toIntervalMillisecond(delayMs) AS received_at)
     FROM (
       SELECT * REPLACE (
           ${another('visitor_id')} AS visitor_id, ${another('session_id')} AS session_id,
           if(user_id = '', '', concat('user-', toString(1000000 + sipHash64(user_id, ${copy}) % 5000000))) AS user_id,
           fromUnixTimestamp64Milli(${startedAt} + (${since} + ${shift}) % ${MONTH_MS}, 'UTC') AS occurred_at,
           generateUUIDv4() AS event_id, batch * ${copies} + ${copy} AS batch
         ), toUnixTimestamp64Milli(received.received_at) - toUnixTimestamp64Milli(received.occurred_at) AS delayMs
       FROM ${SOURCE} AS received
     ) SETTINGS async_insert = 0`,
    {},
    { timeoutMs: LONG_MS },
  );
}
