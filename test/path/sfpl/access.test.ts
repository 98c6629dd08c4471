import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { openRig, type SfplRig } from './rig.ts';

/** W14: where others can reach it, `/tr/v1` takes keys like every other route. */
let rig: SfplRig;
let write: string;
let shop: string;
let read: string;
let admin: string;

beforeAll(async () => {
  rig = await openRig({ 'access.write': 'key', 'access.read': 'key', 'receive.trustedProxies': ['127.0.0.1'] });
  const { control } = rig.daemon;
  write = (await control.createKey({ kind: 'write' })).key;
  shop = (await control.createKey({ kind: 'write', accounts: ['shop'] })).key;
  read = (await control.createKey({ kind: 'read', accounts: ['shop'] })).key;
  admin = (await control.createKey({ kind: 'admin' })).key;
});

afterAll(() => rig.daemon[Symbol.asyncDispose]());

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

test('without a key nothing is taken, and a preflight is answered all the same', async () => {
  for (const path of [
    '/tr/v1/tr/ename/a',
    '/tr/v1/str/ename/a',
    '/tr/v1/img/ename/a',
    '/tr/v1/ltv/amt/1',
    '/tr/v1/ppi/geoip',
  ]) {
    expect([path, (await rig.ask(path)).status]).toEqual([path, 401]);
  }
  expect((await rig.post('/tr/v1/ppi/agree', { vid: 'v', cflags: 1 })).status).toBe(401);
  expect((await rig.ask('/v1/ltv?uid=u')).status).toBe(401);
  const headers = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };
  expect((await rig.ask('/tr/v1/tr/', { method: 'OPTIONS', headers })).status).toBe(204);
  const socket = new WebSocket(`${rig.daemon.url.replace('http', 'ws')}/tr/v1/ws`);
  socket.on('error', () => {});
  const status = await new Promise((resolve) =>
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode)),
  );
  expect(status).toBe(401);
});

test('a write key stands in a header or in the address, and is no part of the event', async () => {
  expect((await rig.post('/tr/v1/tr/', { oid: 'keyed', ename: 'header' }, bearer(write))).status).toBe(200);
  expect((await rig.ask(`/tr/v1/img/oid/keyed/ename/address?key=${write}`)).status).toBe(200);
  const rows = await rig.events<Record<string, string>>('keyed', 'name, toString(properties) AS properties');
  expect(rows).toEqual([
    { name: 'header', properties: '{}' },
    { name: 'address', properties: '{}' },
  ]);
});

test('a key of one account gives it to events, payments and agreements that name none, and to no other', async () => {
  await rig.post('/tr/v1/str/', { ename: 'own' }, bearer(shop));
  await rig.post('/tr/v1/ltv/', { uid: 'u', orid: 'o', amt: 5, currency: 'EUR' }, bearer(shop));
  await rig.post('/tr/v1/ppi/agree', { vid: 'v', cflags: 1 }, bearer(shop));
  for (const [path, body] of [
    ['/tr/v1/str/', { oid: 'other', ename: 'stolen' }],
    ['/tr/v1/ltv/', { oid: 'other', orid: 'stolen', amt: 5 }],
  ] as const) {
    expect([path, (await rig.post(path, body, bearer(shop))).status]).toEqual([path, 403]);
  }
  // What was agreed to with the key holds for events with it.
  await rig.post('/tr/v1/str/', { ename: 'refused', vid: 'v', tz: 'Europe/Berlin' }, bearer(shop));
  expect(await rig.events('shop', 'name, visitor_id')).toMatchObject([
    { name: 'own' },
    { name: 'refused', visitor_id: '' },
  ]);
  expect(JSON.parse((await rig.ask('/tr/v1/ppi/agree?vid=v', { headers: bearer(shop) })).body)).toMatchObject([
    { cflags: 1 },
  ]);
  expect((await rig.ask('/tr/v1/ppi/agree?vid=v&oid=other', { headers: bearer(shop) })).status).toBe(403);
  const value = await rig.ask('/v1/ltv?uid=u', { headers: bearer(read) });
  expect(JSON.parse(value.body).results).toMatchObject([{ amount: '5', currency: 'EUR' }]);
  expect((await rig.ask('/v1/ltv?uid=u&account=other', { headers: bearer(read) })).status).toBe(403);
  expect(await rig.daemon.query("SELECT account FROM agreements WHERE visitor_id = 'v'")).toEqual([
    { account: 'shop' },
  ]);
  expect(await rig.payments('other', 'order_id')).toEqual([]);
});

test('links are made from elsewhere with an admin key for all accounts alone', async () => {
  const elsewhere = { 'x-forwarded-for': '203.0.113.7' };
  const create = (headers: Record<string, string>) =>
    rig.post(
      '/tr/v1/rpi/redirect',
      { urlfrom: 'https://go.example/a', urlto: 'https://shop.example/' },
      { ...elsewhere, ...headers },
    );
  const scoped = (await rig.daemon.control.createKey({ kind: 'admin', accounts: ['shop'] })).key;
  expect((await create({})).status).toBe(403);
  for (const key of [write, read, scoped]) expect((await create(bearer(key))).status).toBe(403);
  expect((await create(bearer(`${admin}x`))).status).toBe(401);
  expect((await create(bearer(admin))).status).toBe(200);
  // Whoever follows one needs no key.
  const followed = await rig.ask('/a', { headers: { host: 'go.example' } });
  expect([followed.status, followed.headers.location]).toEqual([302, 'https://shop.example/']);
});
