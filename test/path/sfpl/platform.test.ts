import { once } from 'node:events';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { openRig, type SfplRig } from './rig.ts';

/** What that tracker leaves to its ClickHouse and whoever sets it up (reference/seed-systems.md 2.14, 2.15 and 2.18). */
let rig: SfplRig;

beforeAll(async () => {
  rig = await openRig();
});

afterAll(() => rig.daemon[Symbol.asyncDispose]());

const write = async (statement: string) => {
  const { code, stderr } = await runCli([
    ...['engine', 'sql', '--home', rig.daemon.home, '--write', '--yes'],
    ...['-e', statement],
  ]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
};

test('W11: tags and audiences, whose table that tracker forgot, are properties of their event', async () => {
  const tags = { tags: ['a', 'b'], audience: 'parents', audience_tags: '["x"]', content_tags: ['c'] };
  expect((await rig.post('/tr/v1/tr/', { oid: 'interests', ename: 'read', ...tags })).status).toBe(200);
  const [row] = await rig.events<{ properties: string }>('interests', 'toJSONString(properties) AS properties');
  expect(JSON.parse(row!.properties)).toEqual({ ...tags, audience_tags: ['x'] });
});

test('W11: a table that cannot be written holds up no other, and has every row once it can', async () => {
  await rig.post('/tr/v1/ltv/', { oid: 'lost', orid: 'before', amt: 1 });
  await rig.daemon.drained();
  await write('RENAME TABLE payments TO payments_away');
  try {
    for (let index = 0; index < 20; index++) {
      expect((await rig.post('/tr/v1/ltv/', { oid: 'lost', orid: `o-${index}`, amt: index })).status).toBe(200);
      expect((await rig.post('/tr/v1/tr/', { oid: 'lost', ename: `e-${index}` })).status).toBe(200);
    }
    await rig.daemon.until(async () => {
      const [row] = await rig.daemon.query<{ n: number }>(`SELECT count() AS n FROM events WHERE account = 'lost'`);
      return row!.n === 20;
    });
  } finally {
    await write('RENAME TABLE payments_away TO payments');
  }
  const rows = await rig.payments<{ order_id: string }>('lost', 'order_id');
  const orders = ['before', ...Array.from({ length: 20 }, (_, index) => `o-${index}`)];
  expect(rows.map(({ order_id }) => order_id)).toEqual(orders.sort());
});

test('W15: the engine listens on this machine alone, and lets nobody in without a password of its own', async () => {
  const { engine } = await rig.daemon.status();
  const { hostname, port } = new URL(engine.url);
  expect(hostname).toBe('127.0.0.1');
  for (const user of ['default', 'trackflow', 'reader', '']) {
    const answer = await fetch(`${engine.url}/?query=SELECT%201${user === '' ? '' : `&user=${user}`}`);
    expect([user, answer.ok]).toEqual([user, false]);
    // The engine needs a user by the name default itself: it holds the one session that there may be of it.
    expect(await answer.text()).toMatch(/AUTHENTICATION_FAILED|USER_SESSION_LIMIT_EXCEEDED/);
  }
  const elsewhere = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  for (const { address } of elsewhere) expect([address, await isOpen(address, Number(port))]).toEqual([address, false]);
});

test('W36: the tables of the wire are there from the first start, and a start over them changes nothing', async () => {
  const schema = () =>
    rig.daemon.query(
      `SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() AND name IN ('events', 'payments', 'agreements') ORDER BY name`,
    );
  const before = await schema();
  expect(before).toHaveLength(3);
  await rig.post('/tr/v1/tr/', { oid: 'kept', ename: 'here' });
  await rig.daemon.drained();
  await rig.crash();
  expect(await schema()).toEqual(before);
  expect(await rig.events('kept', 'name')).toEqual([{ name: 'here' }]);
});

async function isOpen(host: string, port: number): Promise<boolean> {
  const socket = net.connect({ host, port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
