import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';

/** Every route and dialect against the real daemon: from request to row to `/activities`. */
let daemon: TestDaemon;

beforeAll(async () => {
  daemon = await startDaemon({ settings: { 'flush.strategy': 'immediate' } });
});

afterAll(() => daemon[Symbol.asyncDispose]());

async function answer(response: Response): Promise<{ status: number; body: Record<string, unknown> }> {
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Rows of one account, newest last, after everything accepted is stored. */
async function rowsOf(account: string, columns: string): Promise<Record<string, unknown>[]> {
  await daemon.drained();
  return daemon.query(
    `SELECT ${columns} FROM events WHERE account = '${account}' ORDER BY received_at, UUIDToNum(event_id)`,
  );
}

describe('POST /v1/events', () => {
  test('one object becomes one row with everything the sender and the request said', async () => {
    const sent = {
      account: 'object',
      name: 'Purchase',
      type: 'conversion',
      user_id: 'Ada',
      url: 'https://Shop.example/Cart?utm_source=News&gclid=abc#top',
      referrer: 'https://www.google.com/search?q=x',
      title: 'Cart ☕',
      revenue: '19.99',
      currency: 'EUR',
      properties: { plan: 'pro', seats: 3, nested: { deep: true } },
    };
    const response = await daemon.post(sent, {
      headers: { 'content-type': 'application/json', 'user-agent': FIREFOX },
    });
    expect(await answer(response)).toEqual({
      status: 202,
      body: { accepted: 1, duplicates: 0, rejected: [], receipt: expect.stringMatching(/^[0-9a-f]{8}-\d+$/) },
    });
    const [row] = await rowsOf(
      'object',
      `name, type, user_id, host, path, title, referrer_host, utm_source, click_id_type, click_id, toString(revenue) AS money,
       currency, browser, os, bot, toString(properties.plan) AS plan, toInt64(properties.seats) AS seats, length(session_id) > 0 AS session`,
    );
    expect(row).toEqual({
      name: 'Purchase',
      type: 'conversion',
      user_id: 'Ada',
      host: 'shop.example',
      path: '/Cart',
      title: 'Cart ☕',
      referrer_host: 'www.google.com',
      utm_source: 'News',
      click_id_type: 'gclid',
      click_id: 'abc',
      money: '19.99',
      currency: 'EUR',
      browser: 'Firefox',
      os: 'Windows',
      bot: '',
      plan: 'pro',
      seats: 3,
      session: 1,
    });
  });

  test('an array keeps the good events and names the bad one by index, reason and field', async () => {
    const response = await daemon.post([
      { account: 'array', name: 'first' },
      { account: 'array', name: 'x'.repeat(200) },
      { account: 'array', name: 'third' },
    ]);
    const { status, body } = await answer(response);
    expect(status).toBe(202);
    expect(body).toMatchObject({
      accepted: 2,
      rejected: [{ index: 1, reason: 'too_long', field: 'name', limit: 128 }],
    });
    expect(await rowsOf('array', 'name')).toEqual([{ name: 'first' }, { name: 'third' }]);
  });

  test('NDJSON survives a line that is no JSON', async () => {
    const lines = '{"account":"lines","name":"a"}\n{"account":\n{"account":"lines","name":"b"}\n';
    const response = await daemon.post(lines, { headers: { 'content-type': 'application/x-ndjson' } });
    expect(await answer(response)).toMatchObject({
      status: 202,
      body: { accepted: 2, rejected: [{ index: 1, reason: 'bad_json' }] },
    });
    expect(await rowsOf('lines', 'name')).toEqual([{ name: 'a' }, { name: 'b' }]);
  });

  test.each([
    ['gzip', zlib.gzipSync],
    ['br', zlib.brotliCompressSync],
    ['zstd', zlib.zstdCompressSync],
  ] as const)('a body compressed with %s is read', async (encoding, compress) => {
    const body = compress(Buffer.from(JSON.stringify({ account: encoding, name: 'packed' })));
    const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
    const response = await fetch(`${daemon.url}/v1/events`, { method: 'POST', headers, body });
    expect(response.status).toBe(202);
    expect(await rowsOf(encoding, 'name')).toEqual([{ name: 'packed' }]);
  });

  test('nothing acceptable is a 400 in the same shape, and nothing is stored', async () => {
    const { status, body } = await answer(await daemon.post([{ account: 'bad' }, 7]));
    expect(status).toBe(400);
    expect(body).toMatchObject({
      accepted: 0,
      rejected: [
        { index: 0, reason: 'missing', field: 'name' },
        { index: 1, reason: 'not_an_object' },
      ],
    });
    expect(await rowsOf('bad', 'name')).toEqual([]);
  });

  test('an event that brings its id is stored once, however often it is sent, and also after a restart', async () => {
    const event = { account: 'again', name: 'once', event_id: randomUUID() };
    expect((await answer(await daemon.post(event))).body).toMatchObject({ accepted: 1, duplicates: 0 });
    expect((await answer(await daemon.post([event, event]))).body).toMatchObject({ accepted: 0, duplicates: 2 });
    await daemon.drained();
    await daemon.kill();
    await daemon.start();
    expect((await answer(await daemon.post(event))).body).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(await rowsOf('again', 'name')).toEqual([{ name: 'once' }]);
  });

  test('a browser may send from another origin, with and without preflight', async () => {
    const headers = { origin: 'https://shop.example', 'content-type': 'text/plain;charset=UTF-8' };
    const beacon = await daemon.post({ account: 'beacon', name: 'beacon' }, { headers });
    expect(beacon.status).toBe(202);
    expect(beacon.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    const preflight = await fetch(`${daemon.url}/v1/events`, {
      method: 'OPTIONS',
      headers: {
        ...headers,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('content-type');
  });

  test('Sec-GPC keeps the visitor out of the row', async () => {
    const headers = { 'content-type': 'application/json', 'sec-gpc': '1', 'user-agent': FIREFOX };
    await daemon.post({ account: 'gpc', name: 'private' }, { headers });
    expect(await rowsOf('gpc', 'visitor_id, session_id, ip')).toEqual([{ visitor_id: '', session_id: '', ip: '' }]);
  });
});

describe('the dialects of the systems that TrackFlow replaces', () => {
  test('POST /track {user_id, action} appears in GET /activities, newest first', async () => {
    for (const action of ['app_started', 'signed_in']) {
      const response = await daemon.post({ user_id: 'local_user', action, plan: 'free' }, { path: '/track' });
      expect(response.status).toBe(202);
    }
    await daemon.drained();
    const response = await fetch(`${daemon.url}/activities?user_id=local_user`);
    const rows = (await response.json()) as Record<string, unknown>[];
    expect(rows.map(({ user_id, action }) => ({ user_id, action }))).toEqual([
      { user_id: 'local_user', action: 'signed_in' },
      { user_id: 'local_user', action: 'app_started' },
    ]);
    expect(rows[0]).toMatchObject({ created_at: expect.stringMatching(/^\d{4}-.*Z$/), properties: { plan: 'free' } });
  });

  test('POST /track without an action is a 400 that says so', async () => {
    const { status, body } = await answer(await daemon.post({ user_id: 'u' }, { path: '/track' }));
    expect({ status, rejected: body.rejected }).toMatchObject({
      status: 400,
      rejected: [{ reason: 'missing', field: 'action' }],
    });
  });

  test('POST / {account_id, data} is an event of that account', async () => {
    expect((await daemon.post({ account_id: 41, data: 'foo' }, { path: '/' })).status).toBe(202);
    expect(await rowsOf('41', 'name, toString(properties.data) AS data')).toEqual([{ name: 'data', data: 'foo' }]);
  });
});

describe('GET /activities', () => {
  test('pages through all rows with the cursor and answers [] when there is none', async () => {
    await daemon.post(Array.from({ length: 25 }, (_, n) => ({ account: 'paged', name: `n${n}`, user_id: 'pager' })));
    await daemon.drained();
    const seen: string[] = [];
    let next: string | null = `${daemon.url}/activities?user_id=pager&limit=10`;
    for (let page = 0; next !== null && page < 5; page++) {
      const response: Response = await fetch(next);
      seen.push(...((await response.json()) as { action: string }[]).map(({ action }) => action));
      const link = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '');
      next = link ? new URL(link[1]!, daemon.url).href : null;
    }
    expect(seen.length).toBe(25);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => `n${24 - n}`));
    expect(await (await fetch(`${daemon.url}/activities?user_id=nobody`)).json()).toEqual([]);
  });

  test('a parameter it does not know is an error that names the nearest it knows', async () => {
    const response = await fetch(`${daemon.url}/activities?user=1`);
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain('user_id');
  });
});

describe('GET /v1/stats', () => {
  test('totals, time series and top values agree with what was sent', async () => {
    const events = Array.from({ length: 30 }, (_, n) => ({
      account: 'stats',
      name: n % 3 === 0 ? 'purchase' : 'pageview',
      visitor_id: `v${n % 5}`,
      revenue: n % 3 === 0 ? 2.5 : 0,
      properties: { plan: n % 2 === 0 ? 'pro' : 'free' },
    }));
    await daemon.post(events, { headers: { 'content-type': 'application/json', 'user-agent': FIREFOX } });
    await daemon.drained();
    const ask = async (path: string) => {
      const response = await fetch(`${daemon.url}/v1/stats/${path}`);
      expect(response.status).toBe(200);
      return ((await response.json()) as { results: Record<string, unknown>[] }).results;
    };
    expect(await ask('totals?account=stats&period=24h')).toMatchObject([{ events: 30, visitors: 5, revenue: '25' }]);
    expect(await ask('totals?account=stats&period=24h&filter=properties.plan:is:pro')).toMatchObject([{ events: 15 }]);
    expect(await ask('top?account=stats&period=24h&dimension=name')).toMatchObject([
      { value: 'pageview', events: 20 },
      { value: 'purchase', events: 10 },
    ]);
    const series = await ask('timeseries?account=stats&period=24h&interval=hour');
    expect(series.reduce((sum, point) => sum + Number(point.events), 0)).toBe(30);
  });
});

test('every file of the home is for its owner alone', () => {
  const files = fs.readdirSync(daemon.home, { recursive: true, encoding: 'utf8' });
  // The engine merges meanwhile: a file may be gone.
  const modeOf = (file: string) => fs.statSync(path.join(daemon.home, file), { throwIfNoEntry: false })?.mode ?? 0;
  const open = files.filter((file) => (modeOf(file) & 0o077) !== 0);
  expect(files).toContain('state.db');
  expect(open).toEqual([]);
});

describe('how the collector is', () => {
  test('/health, /ping, /status and /metrics answer', async () => {
    const health = await fetch(`${daemon.url}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok', engine: 'ready' }]);
    expect(await (await fetch(`${daemon.url}/ping`)).text()).toBe('pong');
    const status = (await (await fetch(`${daemon.url}/status`)).json()) as Record<string, unknown>;
    expect(status).toMatchObject({ state: 'running', health: 'ok' });
    expect(JSON.stringify(status)).not.toContain(daemon.home);
    const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
    const { events } = await daemon.status();
    expect(metrics).toContain(`trackflow_events_accepted_total ${events.accepted}\n`);
    expect(metrics).toContain(`trackflow_events_stored_total ${events.stored}\n`);
  });
});

describe('WebSocket /v1/ws', () => {
  test('each message gets one durable answer, and its events are stored', async () => {
    const socket = new WebSocket(`${daemon.url.replace('http', 'ws')}/v1/ws`);
    const answers: Record<string, unknown>[] = [];
    const { promise: done, resolve } = Promise.withResolvers<void>();
    socket.on('message', (data) => {
      answers.push(JSON.parse(String(data)));
      if (answers.length === 3) resolve();
    });
    await new Promise((open) => socket.once('open', open));
    socket.send(JSON.stringify({ account: 'socket', name: 'one' }));
    socket.send(JSON.stringify([{ account: 'socket', name: 'two' }, { account: 'socket' }]));
    socket.send('{');
    await done;
    socket.close();
    expect(answers[0]).toMatchObject({ accepted: 1, message: 1 });
    expect(answers[1]).toMatchObject({ accepted: 1, rejected: [{ index: 1, reason: 'missing' }], message: 2 });
    expect(JSON.stringify(answers[2])).toContain('bad_json');
    expect(await rowsOf('socket', 'name')).toEqual([{ name: 'one' }, { name: 'two' }]);
  });
});

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';
