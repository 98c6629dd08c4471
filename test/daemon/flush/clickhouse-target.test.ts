import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClickHouseTarget } from '../../../daemon/flush/clickhouse-target.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';

let clickhouse: TestEngine;
beforeAll(async () => {
  clickhouse = await startEngine();
});
afterAll(() => clickhouse.stop());

test('a replica is told to catch up with the table that is counted, by its name', async () => {
  const table = { name: 'events', id: 'event_id', time: 'occurred_at' };
  const target = new ClickHouseTarget({ table, timeoutMs: 30_000 });
  try {
    target.use(clickhouse.endpoint);
    expect(await target.count(1n)).toEqual(new Map());
    // This engine understands the statement, has the table, and only has no replicas of it.
    target.use({ ...clickhouse.endpoint, replicated: true });
    const isNoReplica = { error: expect.stringMatching(/trackflow\.events.* is not replicated/) };
    expect(await target.count(1n)).toEqual(isNoReplica);
    expect(await target.ids(1n, [202611])).toEqual(isNoReplica);
  } finally {
    await target.close();
  }
});
