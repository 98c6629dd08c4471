import { afterAll, beforeAll, expect, it } from 'vitest';
import { openClickHouse } from '../../../src/clickhouse/client.ts';
import { readLtv } from '../../../src/query/ltv.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';

/** `payments` of this engine, and the same behind a Distributed table of two shards, both of which have every row. */
const SPREAD = 'spread';
let clickhouse: TestEngine;
beforeAll(async () => {
  clickhouse = await startEngine();
  const { writer } = clickhouse.endpoint;
  const client = openClickHouse(clickhouse.endpoint, 'writer');
  const [row] = await client.query<{ port: number }>('SELECT toUInt32(tcpPort()) AS port');
  const address = `127.0.0.1:${row!.port}`;
  await client.command(`CREATE DATABASE ${SPREAD}`);
  await client.command(
    `CREATE TABLE ${SPREAD}.payments AS remote('${address},${address}', currentDatabase(), 'payments', '${writer.user}', '${writer.password}')`,
  );
  await client.command(`INSERT INTO payments (payment_id, account, user_id, order_id, amount, currency, received_at, paid_at) VALUES
    ('00000000-0000-8000-8000-000000000001', 'shop', 'ada', 'o-1', 10.5, 'EUR', '2026-01-01', '2026-01-01'),
    ('00000000-0000-8000-8000-000000000001', 'shop', 'ada', 'o-1', 99, 'EUR', '2026-01-02', '2026-01-01'),
    ('00000000-0000-8000-8000-000000000002', 'shop', 'ada', 'o-1', -0.5, 'EUR', '2026-01-03', '2026-01-03'),
    ('00000000-0000-8000-8000-000000000003', 'shop', 'ada', 'o-2', 7, 'USD', '2026-01-04', '2026-01-04')`);
  await client.close();
});
afterAll(() => clickhouse.stop());

const ask = async (database: string) => {
  const client = openClickHouse({ ...clickhouse.endpoint, database }, 'writer');
  const reader = { query: <T>(sql: string, params: Record<string, unknown>) => client.query<T>(sql, params) };
  return readLtv(reader, { account: 'shop', by: 'uid', id: 'ada' }).finally(() => client.close());
};

it('W32: a payment that two shards have counts once, as it came first, and so does a refund', async () => {
  const here = await ask(clickhouse.endpoint.database);
  expect(here).toMatchObject([
    { currency: 'EUR', amount: '10', paid: '10.5', refunded: '0.5', payments: 1, refunds: 1 },
    { currency: 'USD', amount: '7', payments: 1, refunds: 0 },
  ]);
  expect(await ask(SPREAD)).toEqual(here);
});
