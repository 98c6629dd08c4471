import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { cookieOf, FIREFOX, openRig, type SfplRig } from './rig.ts';

/** `/tr/v1/ppi` (reference/seed-systems.md 2.6) over real sockets, and what consent does to events. */
let rig: SfplRig;

beforeAll(async () => {
  rig = await openRig({ 'receive.trustedProxies': ['127.0.0.1'] });
});

afterAll(() => rig.daemon[Symbol.asyncDispose]());

const agree = (body: object) => rig.post('/tr/v1/ppi/agree', body);
const BERLIN = 'Europe/Berlin';
const CALIFORNIA = { country: 'US', region: 'CA' };

describe('agreements', () => {
  test('are kept with their history; the newest holds', async () => {
    for (const cflags of [1024, 0, 4096]) {
      const answer = await agree({
        vid: 'history',
        cflags,
        tz: 'America/Los_Angeles',
        lat: 37.7749,
        lon: -122.4194,
        url: 'https://Shop.example/',
      });
      expect([answer.status, answer.body]).toEqual([200, '']);
    }
    const told = async () =>
      JSON.parse((await rig.ask('/tr/v1/ppi/agree?vid=history')).body) as Record<string, unknown>[];
    // Before they are in the table, what holds is told.
    expect((await told())[0]).toMatchObject({ vid: 'history', cflags: 4096 });
    await rig.daemon.drained();
    expect((await told()).map(({ cflags }) => cflags)).toEqual([4096, 0, 1024]);
    expect((await told())[0]).toMatchObject({
      jurisdiction: '*',
      country: 'US',
      tz: 'America/Los_Angeles',
      url: 'https://Shop.example/',
    });
    const rows = await rig.daemon.query(
      "SELECT toFloat64(flags) AS flags, ip FROM agreements WHERE visitor_id = 'history' ORDER BY received_at",
    );
    expect(rows).toEqual([
      { flags: 1024, ip: '' },
      { flags: 0, ip: '' },
      { flags: 4096, ip: '' },
    ]);
  });

  test('W12: a visitor without one has an empty list; nobody at all is a 404', async () => {
    const none = await rig.ask('/tr/v1/ppi/agree?vid=nobody');
    expect([none.status, none.body]).toEqual([200, '[]']);
    const nobody = await rig.ask('/tr/v1/ppi/agree');
    expect([nobody.status, nobody.body]).toEqual([404, '[]']);
  });

  test('what is none is refused in a sentence', async () => {
    for (const body of [
      '{',
      '[]',
      '{}',
      '{"vid":"a"}',
      '{"cflags":1}',
      '{"vid":"a","cflags":"many"}',
      '{"vid":"a","cflags":-1}',
    ]) {
      const answer = await rig.post('/tr/v1/ppi/agree', body);
      expect([body, answer.status, answer.headers['content-type']]).toEqual([body, 400, 'text/plain; charset=utf-8']);
    }
    expect((await rig.ask('/tr/v1/ppi/nothing')).body).toBe('Unknown action');
  });

  test('hold after a kill', async () => {
    await agree({ vid: 'kept', cflags: 2048 });
    await rig.crash();
    const [row] = JSON.parse((await rig.ask('/tr/v1/ppi/agree?vid=kept')).body) as { cflags: number }[];
    expect(row!.cflags).toBe(2048);
  });
});

describe('W27: consent decides what is stored', () => {
  const send = (oid: string, event: object) =>
    rig.post('/tr/v1/str/', {
      oid,
      ename: 'a',
      vid: 'v',
      sid: 's',
      uid: 'u',
      gaid: 'G',
      email: 'a@b.example',
      lat: 1.5,
      plan: 'pro',
      ...event,
    });
  const stored = async (oid: string) => {
    const rows = await rig.events<{ properties: string }>(
      oid,
      'visitor_id, session_id, user_id, country, toString(properties) AS properties',
    );
    return rows.map(({ properties, ...row }) => ({ ...row, properties: Object.keys(JSON.parse(properties)).sort() }));
  };
  const ALL = ['cflags', 'ehash', 'gaid', 'lat', 'plan'];

  test('where the law is opt-in, who said nothing is not told apart; who agreed is', async () => {
    await send('optin', { tz: BERLIN });
    await send('optin', { tz: BERLIN, cflags: 0 });
    await send('optin', { tz: BERLIN, cflags: 1024 });
    await send('optin', { tz: BERLIN, cflags: 4096 });
    const nobody = { visitor_id: '', session_id: '', user_id: '', country: 'DE' };
    const somebody = { visitor_id: 'v', session_id: 's', user_id: 'u', country: 'DE' };
    expect(await stored('optin')).toEqual([
      { ...nobody, properties: ['plan'] },
      { ...nobody, properties: ['cflags', 'plan'] },
      { ...somebody, properties: ['cflags', 'ehash', 'lat', 'plan'] },
      { ...somebody, properties: ALL },
    ]);
  });

  test('where it is opt-out, who refused loses what is personal, and keeps the visit', async () => {
    await send('optout', CALIFORNIA);
    await send('optout', { ...CALIFORNIA, cflags: 0 });
    expect(await stored('optout')).toEqual([
      { visitor_id: 'v', session_id: 's', user_id: 'u', country: 'US', properties: ['ehash', 'gaid', 'lat', 'plan'] },
      { visitor_id: 'v', session_id: 's', user_id: 'u', country: 'US', properties: ['cflags', 'plan'] },
    ]);
  });

  test('what was agreed to before is asked for where an event says nothing', async () => {
    await agree({ vid: 'known', cflags: 4096 });
    await rig.post('/tr/v1/str/', { oid: 'asked', ename: 'yes', vid: 'known', tz: BERLIN });
    await agree({ vid: 'known', cflags: 0 });
    await rig.post('/tr/v1/str/', { oid: 'asked', ename: 'no', vid: 'known', tz: BERLIN });
    expect(await rig.events('asked', 'name, visitor_id')).toEqual([
      { name: 'yes', visitor_id: 'known' },
      { name: 'no', visitor_id: '' },
    ]);
  });

  test('no cookie without consent, and none for who refused', async () => {
    const cookies = async (path: string, cookie = '') =>
      cookieOf(
        await rig.ask(`/tr/v1/tr/oid/cookies/ename/a${path}`, {
          headers: { 'user-agent': FIREFOX, ...(cookie && { cookie }) },
        }),
        'vid',
      );
    expect(await cookies('')).toBeUndefined();
    expect(await cookies(`/tz/${encodeURIComponent(BERLIN)}`)).toBeUndefined();
    expect(await cookies('', 'CookieConsent=0')).toBeUndefined();
    expect(await cookies(`/tz/${encodeURIComponent(BERLIN)}`, 'CookieConsent=1024')).toBeDefined();
    expect(await cookies('/country/US')).toBeDefined();
    const refused = await rig.ask('/tr/v1/tr/oid/cookies/ename/a/country/US', {
      headers: { 'sec-gpc': '1', 'user-agent': FIREFOX },
    });
    expect(refused.cookies).toEqual([]);
  });

  test('DNT and Sec-GPC hold here too', async () => {
    await rig.post(
      '/tr/v1/tr/',
      { oid: 'signals', vid: 'v', ename: 'a', country: 'US', city: 'Austin' },
      { 'sec-gpc': '1', 'user-agent': FIREFOX },
    );
    expect(await rig.events('signals', 'visitor_id, city')).toEqual([{ visitor_id: '', city: '' }]);
  });

  test('jurisdictions can be changed, and hold at once', async () => {
    const args = [
      'jurisdictions',
      'set',
      'JP',
      '--name',
      'Japan',
      '--countries',
      'jp',
      '--basis',
      'opt-in',
      '--without',
      'drop',
    ];
    const set = await runCli([...args, '--home', rig.daemon.home]);
    expect([set.code, set.stderr]).toEqual([0, '']);
    const answer = await send('dropped', { country: 'JP' });
    expect(answer.status).toBe(200);
    await send('dropped', { country: 'JP', cflags: 4096 });
    expect(await stored('dropped')).toHaveLength(1);
    const list = await runCli(['jurisdictions', 'list', '--json', '--home', rig.daemon.home]);
    const { jurisdictions } = JSON.parse(list.stdout) as { jurisdictions: { code: string }[] };
    expect(jurisdictions.map(({ code }) => code)).toEqual(['EU', 'GB', 'CH', 'US-CA', 'BR', '*', 'JP']);
  });
});

test('W12: jurisdictions are told to pages, seeded', async () => {
  const answer = await rig.ask('/tr/v1/ppi/jds', { headers: { origin: 'https://shop.example' } });
  expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, 'https://shop.example']);
  const rows = JSON.parse(answer.body) as { code: string; rules: string; locs: { countries: string[] } }[];
  expect(rows.find(({ code }) => code === 'EU')!.locs.countries).toEqual(
    expect.arrayContaining(['DE', 'FR', 'IS', 'LI', 'NO']),
  );
  expect(rows.find(({ code }) => code === 'EU')!.locs.countries).toHaveLength(30);
  expect(rows[0]!.rules).toBe('essential,session:comfort,30:analytics,730');
});

describe('geoip', () => {
  test('tells the place of an address, the block around it, and whose data that is', async () => {
    const answer = await rig.ask('/tr/v1/ppi/geoip?ip=8.8.8.8');
    expect(answer.status).toBe(200);
    const place = JSON.parse(answer.body) as Record<string, string>;
    expect(place).toMatchObject({
      iso2: 'US',
      country: 'United States',
      attribution: expect.stringContaining('ip-location-db'),
    });
    const number = (ip: string) => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    expect(number(place.ips!)).toBeLessThanOrEqual(number('8.8.8.8'));
    expect(number(place.ipe!)).toBeGreaterThanOrEqual(number('8.8.8.8'));
    expect(Object.keys(place)).toEqual(
      expect.arrayContaining(['ips', 'ipe', 'iso2', 'country', 'region', 'city', 'lat', 'lon', 'zip', 'tz']),
    );
  });

  test('takes the caller where no address is given, IPv6 too', async () => {
    const own = await rig.ask('/tr/v1/ppi/geoip', { headers: { 'x-forwarded-for': '8.8.8.8' } });
    expect(JSON.parse(own.body)).toMatchObject({ iso2: 'US' });
    expect(JSON.parse((await rig.ask('/tr/v1/ppi/geoip?ip=2001:4860:4860::8888')).body)).toMatchObject({
      iso2: 'US',
      ips: expect.stringContaining(':'),
    });
  });

  test('says in words what it cannot tell', async () => {
    for (const [ip, words] of [
      ['127.0.0.1', 'Not Found (IP)'],
      ['10.0.0.1', 'Not Found (IP)'],
      ['nothing', 'Bad Request (IP)'],
      ['1.2.3', 'Bad Request (IP)'],
      ['', 'Bad Request (IP)'],
    ]) {
      const answer = await rig.ask(`/tr/v1/ppi/geoip?ip=${ip}`);
      expect([ip, answer.status, answer.body]).toEqual([ip, 400, words]);
    }
  });
});
