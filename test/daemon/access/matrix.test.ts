import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { CREDENTIALS, type Credential, opens, ROUTES, type Route } from '../../../src/access/routes.ts';
import { openTestReceiver, type TestReceiver } from '../receive/harness.ts';
import { makeAccount, makeKey, openGate } from './gate.ts';

const KEYS = {
  write: makeKey('write'),
  server: makeKey('server'),
  read: makeKey('read'),
  admin: makeKey('admin'),
};
const REFUSED = new Set([401, 403]);

function authorization(credential: Credential): Record<string, string> {
  return credential === 'none' ? {} : { authorization: `Bearer ${KEYS[credential].text}` };
}

/** The status of one request as the route is meant to be asked; a WebSocket that opens is 101. */
async function ask(target: TestReceiver, route: Route, headers: Record<string, string>): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  if (route.id === 'websocket') {
    const socket = new WebSocket(`ws://127.0.0.1:${target.port}${route.path}`, { headers });
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!));
    socket.on('error', () => {});
    return promise;
  }
  const [method] = route.methods;
  const asked = request({ port: target.port, host: '127.0.0.1', path: route.path, method, headers }, (response) => {
    response.resume().on('end', () => resolve(response.statusCode!));
  }).on('error', reject);
  asked.end(method === 'POST' ? '{"name":"n","user_id":"u","action":"a","account_id":"x","data":1}' : undefined);
  return promise;
}

const open = (changes: object = {}) =>
  openTestReceiver({
    gatekeeper: openGate({ keys: Object.values(KEYS), ...changes }).gatekeeper,
    tracker: [{ path: '/trackflow.js', versionedPath: '/trackflow.00000000.js', text: '', version: '00000000' }],
  });

describe('the table of routes, over real sockets', () => {
  it('lets each credential in exactly where the table says so', async () => {
    const target = await open();
    const walked: string[] = [];
    for (const route of ROUTES) {
      for (const credential of CREDENTIALS) {
        const status = await ask(target, route, authorization(credential));
        const expected = opens(credential, route.needs, false);
        expect([route.id, credential, !REFUSED.has(status)]).toEqual([route.id, credential, expected]);
        if (!expected) expect([route.id, status]).toEqual([route.id, credential === 'none' ? 401 : 403]);
        else expect([route.id, status < 400]).toEqual([route.id, true]);
        walked.push(`${route.id} ${credential}`);
      }
    }
    expect(walked).toHaveLength(ROUTES.length * CREDENTIALS.length);
  });

  it('asks no less of HEAD than of GET', async () => {
    const target = await open();
    for (const { path, needs, id } of ROUTES.filter(({ methods }) => methods.includes('GET' as never))) {
      if (id === 'websocket') continue;
      const { status } = await fetch(target.url + path, { method: 'HEAD' });
      expect([id, status]).toEqual([id, needs === 'nothing' ? 200 : 401]);
    }
  });

  it('keeps keys of some accounts from the figures of the instance', async () => {
    const scoped = makeKey('admin', { accounts: ['shop'] });
    const target = await open({ keys: [scoped] });
    for (const route of ROUTES.filter(({ needs }) => needs === 'operate')) {
      expect(await ask(target, route, { authorization: `Bearer ${scoped.text}` })).toBe(403);
    }
  });

  it('asks nothing where nothing is to be asked, and still refuses a key that is wrong', async () => {
    const target = await open({ open: ['write', 'read', 'operate'] });
    const wrong = makeKey('read').text;
    for (const route of ROUTES) {
      expect([route.id, (await ask(target, route, {})) < 400]).toEqual([route.id, true]);
      if (route.needs !== 'nothing') {
        expect([route.id, await ask(target, route, { authorization: `Bearer ${wrong}` })]).toEqual([route.id, 401]);
      }
    }
  });

  it('changes nothing by GET', async () => {
    const target = await open({ open: ['write', 'read', 'operate'] });
    for (const { path, methods } of ROUTES) {
      const { status } = await fetch(`${target.url}${path}?name=n&account=a&user_id=u&action=a`);
      if (methods.includes('GET' as never)) expect([200, 304, 426]).toContain(status);
      else expect([path, status]).toEqual([path, 405]);
    }
    expect(target.committed).toEqual([]);
  });
});

describe('what is no good as a credential', () => {
  const bad: readonly (readonly [what: string, authorization: string])[] = [
    ['another scheme', 'Basic dXNlcjpwYXNz'],
    ['nothing behind Bearer', 'Bearer'],
    ['a key that nobody made', `Bearer ${makeKey('write').text}`],
    ['the id of a key with another secret', `Bearer ${KEYS.write.text.slice(0, -43)}${'a'.repeat(43)}`],
    ['another prefix before a key', `Bearer ${KEYS.write.text.replace('tf_wk', 'tf_ad')}`],
    ['a key that is cut', `Bearer ${KEYS.write.text.slice(0, -1)}`],
    ['a token where no issuer is known', 'Bearer eyJhbGciOiJub25lIn0.e30.'],
  ];

  it.each(bad)('%s', async (_what, value) => {
    const target = await open();
    const response = await fetch(`${target.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: value },
      body: '{"name":"n"}',
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
    const body = await response.text();
    expect(JSON.parse(body).error.code).toBe('unauthorized');
    expect(body).not.toContain(KEYS.write.text.slice(-43));
    expect(target.committed).toEqual([]);
  });

  it('a key that has expired, from that moment on', async () => {
    let now = 1_000;
    const key = makeKey('write', { expiresAt: 2_000 });
    const target = await openTestReceiver({ gatekeeper: openGate({ keys: [key], now: () => now }).gatekeeper });
    const send = async () => {
      const headers = { authorization: `Bearer ${key.text}` };
      return (await fetch(`${target.url}/v1/events`, { method: 'POST', headers, body: '{"name":"n"}' })).status;
    };
    now = 1_999;
    expect(await send()).toBe(202);
    now = 2_000;
    expect(await send()).toBe(401);
  });

  it('a secret in a URL; a write key is taken from there', async () => {
    const target = await open();
    const post = (key: string) => fetch(`${target.url}/v1/events?key=${key}`, { method: 'POST', body: '{"name":"n"}' });
    expect((await post(KEYS.write.text)).status).toBe(202);
    expect((await post(KEYS.server.text)).status).toBe(401);
    expect((await post(makeKey('write').text)).status).toBe(401);
  });
});

describe('what a credential is good for', () => {
  const accounts = [
    makeAccount('shop', { origins: ['https://shop.example', 'https://*.shop.example'] }),
    makeAccount('blog'),
    makeAccount('gone', { active: false }),
  ];
  const post = async (
    target: TestReceiver,
    body: object,
    headers: Record<string, string> = {},
    path = '/v1/events',
  ) => {
    const response = await fetch(target.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    const { rejected = [] } = (await response.json()) as { rejected?: { reason: string }[] };
    return [response.status, ...rejected.map(({ reason }) => reason)];
  };

  it('answers 404 for an account that is not there and 403 for one that is paused, in each dialect', async () => {
    const target = await openTestReceiver({ gatekeeper: openGate({ accounts, open: ['write'] }).gatekeeper });
    expect(await post(target, { name: 'n', account: 'none' })).toEqual([404, 'account_unknown']);
    expect(await post(target, { name: 'n', account: 'gone' })).toEqual([403, 'account_paused']);
    expect(await post(target, { name: 'n', account: 'blog' })).toEqual([202]);
    expect(await post(target, { name: 'n' })).toEqual([404, 'account_unknown']);
    const track = { user_id: 'u', action: 'a' };
    expect(await post(target, { ...track, account: 'none' }, {}, '/track')).toEqual([404, 'account_unknown']);
    expect(await post(target, { ...track, account: 'gone' }, {}, '/track')).toEqual([403, 'account_paused']);
    expect(await post(target, { account_id: 'none', data: 1 }, {}, '/')).toEqual([404, 'account_unknown']);
    expect(await post(target, { account_id: 'gone', data: 1 }, {}, '/')).toEqual([403, 'account_paused']);
    const mixed = [{ name: 'n', account: 'blog' }, { name: 'n', account: 'gone' }, { account: 'blog' }];
    expect(await post(target, mixed)).toEqual([202, 'account_paused', 'missing']);
    expect(target.committed.map(({ account }) => account)).toEqual(['blog', 'blog']);
  });

  it('gives events without account the one that the key is for, and takes no others', async () => {
    const key = makeKey('write', { accounts: ['blog'] });
    const two = makeKey('write', { accounts: ['blog', 'shop'] });
    const target = await openTestReceiver({ gatekeeper: openGate({ accounts, keys: [key, two] }).gatekeeper });
    const as = ({ text }: typeof key) => ({ authorization: `Bearer ${text}` });
    expect(await post(target, { name: 'n' }, as(key))).toEqual([202]);
    expect(target.committed.at(-1)!.account).toBe('blog');
    expect(await post(target, { name: 'n', account: 'shop' }, as(key))).toEqual([403, 'account_forbidden']);
    expect(await post(target, { name: 'n' }, as(two))).toEqual([403, 'account_forbidden']);
  });

  it('takes events of pages only from origins of the account; a server key speaks for any', async () => {
    const server = makeKey('server');
    const gate = openGate({ accounts, keys: [server], open: ['write'] });
    const target = await openTestReceiver({ gatekeeper: gate.gatekeeper });
    const from = (origin: string) => post(target, { name: 'n', account: 'shop' }, { origin });
    for (const origin of ['https://shop.example', 'https://www.shop.example'])
      expect(await from(origin)).toEqual([202]);
    for (const origin of [
      'https://shop.example.evil.example',
      'https://evilshop.example',
      'http://shop.example',
      'https://shop.example:8443',
      'null',
    ]) {
      expect([origin, ...(await from(origin))]).toEqual([origin, 403, 'origin_forbidden']);
    }
    expect(await post(target, { name: 'n', account: 'shop' })).toEqual([403, 'origin_forbidden']);
    const headers = { authorization: `Bearer ${server.text}` };
    expect(await post(target, { name: 'n', account: 'shop' }, headers)).toEqual([202]);
    expect(target.senders.at(-1)!.trusted).toBe(true);
    expect(target.senders[0]!.trusted).toBe(false);
  });

  it('lets pages send without a key for the accounts that name their origin, and for no others', async () => {
    const target = await openTestReceiver({ gatekeeper: openGate({ accounts }).gatekeeper });
    const from = (account: string, headers: Record<string, string>) => post(target, { name: 'n', account }, headers);
    expect(await from('shop', { origin: 'https://shop.example' })).toEqual([202]);
    expect(await from('shop', { referer: 'https://www.shop.example/a?b' })).toEqual([202]);
    expect(await from('shop', { origin: 'https://evil.example' })).toEqual([403, 'origin_forbidden']);
    // It names no origin, so that no page speaks for it without a key.
    expect(await from('blog', { origin: 'https://shop.example' })).toEqual([403, 'origin_forbidden']);
    expect(await from('none', { origin: 'https://shop.example' })).toEqual([404, 'account_unknown']);
    expect(await from('shop', {})).toEqual([401]);
    expect(target.senders.some(({ trusted }) => trusted)).toBe(false);
    const empty = await openTestReceiver({ gatekeeper: openGate().gatekeeper });
    expect(await post(empty, { name: 'n' }, { origin: 'https://shop.example' })).toEqual([401]);
  });

  it('binds what is read to the accounts of the key', async () => {
    const one = makeKey('read', { accounts: ['blog'] });
    const two = makeKey('read', { accounts: ['blog', 'shop'] });
    const all = makeKey('read');
    const asked: string[] = [];
    const target = await openTestReceiver({
      gatekeeper: openGate({ keys: [one, two, all] }).gatekeeper,
      reads: {
        activities: async (query) => {
          asked.push(query.toString());
          return { rows: [], next: '' };
        },
      },
    });
    const read = async ({ text }: typeof one, query: string) => {
      const headers = { authorization: `Bearer ${text}` };
      return (await fetch(`${target.url}/activities${query}`, { headers })).status;
    };
    expect(await read(one, '')).toBe(200);
    expect(await read(one, '?account=blog')).toBe(200);
    expect(await read(one, '?account=shop')).toBe(403);
    expect(await read(one, '?account=blog&account=shop')).toBe(403);
    expect(await read(two, '')).toBe(400);
    expect(await read(two, '?account=shop')).toBe(200);
    expect(await read(all, '')).toBe(200);
    expect(asked).toEqual(['account=blog', 'account=blog', 'account=shop', '']);
  });

  it('ends with its key, also on a WebSocket that is open', async () => {
    const key = makeKey('write');
    const { gatekeeper, book } = openGate({ keys: [key] });
    const target = await openTestReceiver({ gatekeeper });
    const socket = new WebSocket(`ws://127.0.0.1:${target.port}/v1/ws?key=${key.text}`);
    const acked = new Promise((resolve) => socket.once('message', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.once('open', () => socket.send('{"name":"before"}'));
    await acked;
    book.apply({ keys: [] });
    socket.send('{"name":"after"}');
    expect(await closed).toBe(1008);
    expect(target.committed.map(({ name }) => name)).toEqual(['before']);
  });
});
