import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { cookieOf, FIREFOX, openRig, type SfplRig } from './rig.ts';

/** Short links of `/tr/v1/rpi` and every other path (reference/seed-systems.md 2.7) over real sockets. */
let rig: SfplRig;

beforeAll(async () => {
  rig = await openRig({
    'sfpl.linkDomains': ['tr.example'],
    'sfpl.linksMax': 40,
    'sfpl.pathCredentials': true,
    'receive.trustedProxies': ['127.0.0.1'],
  });
});

afterAll(() => rig.daemon[Symbol.asyncDispose]());

const create = (urlfrom: string, urlto: string, more: object = {}) =>
  rig.post('/tr/v1/rpi/redirect', { urlfrom, urlto, ...more });
const follow = (host: string, path: string, headers: Record<string, string> = {}, method = 'GET') =>
  rig.ask(path, { method, headers: { host, ...headers } });

test('a link is made, followed with a visit that is stored, led elsewhere, and followed there', async () => {
  const made = await create('https://go.example/Sale', 'https://shop.example/long/path?utm_source=test', {
    oid: 'links',
  });
  expect([made.status, made.body]).toEqual([200, '']);
  const headers = { 'user-agent': FIREFOX, cookie: 'CookieConsent=1024' };
  const first = await follow('go.example', '/Sale?ref=mail', headers);
  expect([first.status, first.headers.location]).toEqual([302, 'https://shop.example/long/path?utm_source=test']);
  expect(first.headers['cache-control']).toBe('no-store');
  await create('https://go.example/Sale', 'https://shop.example/other', { oid: 'links' });
  expect((await follow('go.example', '/Sale')).headers.location).toBe('https://shop.example/other');
  const rows = await rig.events(
    'links',
    'name, type, url, visitor_id, toString(properties.target) AS target, toString(properties.ref) AS ref',
  );
  expect(rows).toEqual([
    {
      name: 'short_rdr',
      type: 'redirect',
      url: 'http://go.example/Sale',
      visitor_id: cookieOf(first, 'vid'),
      target: 'https://shop.example/long/path?utm_source=test',
      ref: 'mail',
    },
    expect.objectContaining({ name: 'short_rdr', target: 'https://shop.example/other' }),
  ]);
});

test('a link is found under the name a proxy of ours was asked for, under any port, and by HEAD without a visit', async () => {
  await create('https://port.example/x', 'https://shop.example/', { oid: 'hosts' });
  for (const headers of [
    {},
    { host: 'port.example:8443' },
    { host: 'tr.example', 'x-forwarded-host': 'port.example' },
  ]) {
    expect((await follow('PORT.example', '/x', headers, 'HEAD')).status).toBe(302);
  }
  expect((await follow('other.example', '/x')).status).toBe(404);
  expect(await rig.events('hosts', 'name')).toEqual([]);
});

test('W31: the path of a link is matched as it was typed', async () => {
  await create('https://case.example/AbC', 'https://shop.example/upper');
  await create('https://case.example/abc', 'https://shop.example/lower');
  expect((await follow('case.example', '/AbC')).headers.location).toBe('https://shop.example/upper');
  expect((await follow('case.example', '/abc')).headers.location).toBe('https://shop.example/lower');
  expect((await follow('case.example', '/ABC')).status).toBe(404);
});

test('what cannot be a link is refused in a sentence', async () => {
  const refused: readonly (readonly [unknown, unknown])[] = [
    [undefined, 'https://a.example/'],
    ['https://go.example/x', undefined],
    ['https://go.example/x', 'https://go.example/x'],
    ['go.example/x', 'https://a.example/'],
    ['https://go.example/', 'https://a.example/'],
    ['https://go.example/x', 'javascript:alert(1)'],
    ['https://go.example/x', 'https://user:password@a.example/'],
    ['https://go.example/x', 'https://a.example/\r\nSet-Cookie: a=b'],
    ['https://go.example/x', 'https://tr.example/loop'],
    ['https://go.example/x', 'https://go.example/loop'],
    ['https://go.example/health', 'https://a.example/'],
    ['https://go.example/tr/v1/tr/', 'https://a.example/'],
    ['https://go.example/x', `https://a.example/${'x'.repeat(3_000)}`],
    [['https://go.example/x'], { toString: 'https://a.example/' }],
  ];
  for (const [urlfrom, urlto] of refused) {
    const answer = await rig.post('/tr/v1/rpi/redirect', { urlfrom, urlto });
    expect([urlfrom, urlto, answer.status]).toEqual([urlfrom, urlto, 400]);
    expect(answer.headers['content-type']).toContain('text/plain');
  }
  expect((await rig.post('/tr/v1/rpi/redirect', '[')).status).toBe(400);
});

test('W12, W13: the list has the links of a host and of an account, and none of others', async () => {
  await create('https://one.example/a', 'https://shop.example/1', { oid: 'tenant-1' });
  await create('https://one.example/b', 'https://shop.example/2', { oid: 'tenant-2' });
  await create('https://two.example/a', 'https://shop.example/3', { oid: 'tenant-1' });
  const list = async (path: string) => {
    const { results } = JSON.parse((await rig.ask(`/tr/v1/rpi/redirects${path}`)).body) as {
      results: { urlfrom: string }[];
    };
    return results.map(({ urlfrom }) => urlfrom);
  };
  expect(await list('/one.example')).toEqual(['one.example/a', 'one.example/b']);
  expect(await list('/one.example?oid=tenant-1')).toEqual(['one.example/a']);
  expect(await list('?oid=tenant-1')).toEqual(['one.example/a', 'two.example/a']);
  expect(await list('/user/password/two.example')).toEqual(['two.example/a']);
  expect(await list('/three.example')).toEqual([]);
});

test('the link of one account cannot be taken by another', async () => {
  await create('https://mine.example/a', 'https://shop.example/mine', { oid: 'owner' });
  const taken = await create('https://mine.example/a', 'https://evil.example/', { oid: 'thief' });
  expect([taken.status, taken.body]).toEqual([400, expect.stringContaining('another account')]);
  expect((await follow('mine.example', '/a')).headers.location).toBe('https://shop.example/mine');
});

test('W14: nobody from elsewhere may make or list links', async () => {
  const elsewhere = { 'x-forwarded-for': '203.0.113.7' };
  const made = await rig.post(
    '/tr/v1/rpi/redirect/user/password',
    { urlfrom: 'https://a.example/x', urlto: 'https://b.example/' },
    elsewhere,
  );
  expect([made.status, made.headers.location]).toEqual([403, undefined]);
  expect((await rig.ask('/tr/v1/rpi/redirects', { headers: elsewhere })).status).toBe(403);
});

test('rdr leads to the target of a link, and no more once it is disabled', async () => {
  const target = 'https://stored.example/page';
  await create('https://go.example/stored', target);
  const ask = () => rig.ask(`/tr/v1/rdr/?url=${encodeURIComponent(target)}`);
  expect([(await ask()).status, (await ask()).headers.location]).toEqual([302, target]);
  const disabled = await runCli(['links', 'disable', 'https://go.example/stored', '--home', rig.daemon.home]);
  expect(disabled.stdout).toBe('go.example/stored leads nowhere any more\n');
  expect((await ask()).status).toBe(400);
  expect((await follow('go.example', '/stored')).status).toBe(404);
});

test('W22: unknown paths ask no database, store nothing, and tell nothing', async () => {
  const engine = async () => (await rig.ask('/metrics')).body;
  const before = (await rig.daemon.status()).events.accepted;
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) => follow('scan.example', `/wp-login-${index}.php`)),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
  expect(answers[0]!.body).toBe('{"error":{"code":"not_found","message":"There is nothing at this path."}}');
  for (const probe of ['/health', '/ping', '/metrics']) await rig.ask(probe);
  expect((await rig.daemon.status()).events.accepted).toBe(before);
  expect(await engine()).toContain('trackflow_events_accepted_total');
  // With the engine gone, a path is known to be none all the same.
  process.kill(await rig.daemon.enginePid(), 'SIGSTOP');
  try {
    expect((await follow('scan.example', '/another')).status).toBe(404);
  } finally {
    process.kill(await rig.daemon.enginePid(), 'SIGCONT');
  }
});

describe('trackflow links', () => {
  const links = async (...args: string[]) => runCli(['links', ...args, '--home', rig.daemon.home]);

  test('create, list, show and disable; every change is kept', async () => {
    const made = await links('create', 'cli.example/a', 'https://shop.example/a', '--account', 'cli');
    expect([made.code, made.stdout]).toEqual([0, 'cli.example/a leads to https://shop.example/a\n']);
    await links('create', 'cli.example/a', 'https://shop.example/b', '--account', 'cli');
    expect((await follow('cli.example', '/a')).headers.location).toBe('https://shop.example/b');
    await links('disable', 'cli.example/a');
    const shown = JSON.parse((await links('show', 'cli.example/a', '--json')).stdout) as { changes: object[] };
    expect(shown.changes).toMatchObject([
      { change: 'created', target: 'https://shop.example/a' },
      { change: 'replaced', target: 'https://shop.example/b' },
      { change: 'disabled', target: 'https://shop.example/b' },
    ]);
    expect((await links('list', '--host', 'cli.example')).stdout).toContain('(disabled)');
    const missing = await links('show', 'cli.example/none');
    expect([missing.code, missing.stderr]).toEqual([65, expect.stringContaining('trackflow.js links list')]);
  });

  test('links are there again after a kill', async () => {
    await create('https://kept.example/a', 'https://shop.example/kept');
    await rig.crash();
    expect((await follow('kept.example', '/a')).headers.location).toBe('https://shop.example/kept');
  });

  test('there are no more than sfpl.linksMax', async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 41; index++) {
      statuses.push((await create(`https://many.example/n${index}`, 'https://shop.example/')).status);
    }
    expect(statuses.at(-1)).toBe(400);
  });
});
