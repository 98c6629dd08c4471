import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cookieOf, FIREFOX, openRig, type SfplRig } from './rig.ts';

/** Events of `/tr/v1` (reference/seed-systems.md 2.3 to 2.6) over real sockets, down to the rows. */
let rig: SfplRig;

beforeAll(async () => {
  rig = await openRig({
    'sfpl.redirectHosts': ['shop.example', '*.partner.example'],
    'sfpl.redirectDefault': 'https://shop.example/start',
    'receive.trustedProxies': ['127.0.0.0/8'],
  });
});

afterAll(() => rig.daemon[Symbol.asyncDispose]());

/** A visitor of whom it is known that nobody has to ask, or that he has agreed. */
const AGREED = { 'user-agent': FIREFOX, cookie: 'CookieConsent=1024' };
const CALIFORNIA = 'America/Los_Angeles';

describe('/tr/', () => {
  test('takes names and values in turn out of the path, and drops a name without a value', async () => {
    const answer = await rig.ask('/tr/v1/tr/oid/pairs/vid/USER_ID/ename/Page%20View/etyp/view/odd');
    expect([answer.status, answer.body]).toEqual([200, '']);
    expect(await rig.events('pairs', 'name, type, visitor_id')).toEqual([
      { name: 'Page View', type: 'view', visitor_id: 'USER_ID' },
    ]);
  });

  test('takes a query by GET, without utm_ before the names that have it', async () => {
    await rig.ask('/tr/v1/tr/?oid=query&vid=v1&ename=a&utm_source=News&utm_campaign=Spring&medium=mail&term=shoes');
    expect(await rig.events('query', 'name, utm_source, utm_campaign, utm_medium, utm_term')).toEqual([
      { name: 'a', utm_source: 'News', utm_campaign: 'Spring', utm_medium: 'mail', utm_term: 'shoes' },
    ]);
  });

  test('takes a JSON object by POST, whatever its media type says', async () => {
    const event = {
      oid: 'json',
      vid: 'v1',
      sid: 's1',
      uid: 'Ada',
      ename: 'Signup',
      etyp: 'conversion',
      url: 'https://Shop.example/A?b=C',
    };
    for (const type of ['application/json', 'text/plain;charset=UTF-8', 'application/x-www-form-urlencoded']) {
      expect((await rig.post('/tr/v1/tr/', event, { 'content-type': type })).status).toBe(200);
    }
    const rows = await rig.events('json', 'name, visitor_id, session_id, user_id, url, host, path');
    expect(rows).toHaveLength(3);
    expect(rows[0]).toEqual({
      name: 'Signup',
      visitor_id: 'v1',
      session_id: 's1',
      user_id: 'Ada',
      url: 'https://Shop.example/A?b=C',
      host: 'shop.example',
      path: '/A',
    });
  });

  test('merges User header, cookies, path and body; the later wins, and a query counts for GET alone', async () => {
    const headers = {
      user: JSON.stringify({ oid: 'merge', vid: 'header', sid: 'header', app: 'header', rel: 'header', ver: 'header' }),
      cookie: 'vid=cookie; sid=cookie; CookieConsent=2048; ehash=AbC',
    };
    await rig.post('/tr/v1/tr/sid/path/app/path/rel/path?app=query', { ename: 'merged', rel: 'body' }, headers);
    await rig.ask('/tr/v1/tr/sid/path/app/path?app=query&ename=merged', { headers });
    expect(
      await rig.events(
        'merge',
        `visitor_id, session_id, toString(properties.app) AS app, toString(properties.rel) AS rel, toString(properties.ver) AS ver,
         toInt64(properties.cflags) AS cflags, toString(properties.ehash) AS ehash`,
      ),
    ).toEqual([
      { visitor_id: 'cookie', session_id: 'path', app: 'path', rel: 'body', ver: 'header', cflags: 2048, ehash: 'AbC' },
      {
        visitor_id: 'cookie',
        session_id: 'path',
        app: 'query',
        rel: 'header',
        ver: 'header',
        cflags: 2048,
        ehash: 'AbC',
      },
    ]);
  });

  test('the query parameter igqp keeps the query out', async () => {
    await rig.ask('/tr/v1/tr/oid/igqp/ename/kept?ename=lost&igqp=1');
    expect(await rig.events('igqp', 'name')).toEqual([{ name: 'kept' }]);
  });

  test('what has no name is called by its content, else by its type', async () => {
    await rig.post('/tr/v1/tr/', { oid: 'names', content: 'Banner', etyp: 'view' });
    await rig.post('/tr/v1/tr/', { oid: 'names', etyp: 'view' });
    await rig.post('/tr/v1/tr/', { oid: 'names', ename: 'named', content: 'Banner' });
    expect(await rig.events('names', 'name, utm_content')).toEqual([
      { name: 'Banner', utm_content: '' },
      { name: 'view', utm_content: '' },
      { name: 'named', utm_content: 'Banner' },
    ]);
  });

  test('answers an event with an id by the same id, and stores it once', async () => {
    const eid = randomUUID();
    for (let sent = 0; sent < 3; sent++) await rig.post('/tr/v1/tr/', { oid: 'once', ename: 'a', eid });
    expect(await rig.events('once', 'toString(event_id) AS id')).toEqual([{ id: eid }]);
  });

  test('other methods than GET and POST are not tracked, and say so', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'HEAD']) {
      expect((await rig.ask('/tr/v1/tr/oid/methods/ename/a', { method })).status).toBe(405);
    }
    expect(await rig.events('methods', 'name')).toEqual([]);
  });

  test('unknown names become properties, typed as the wire says; what a number would change stays text', async () => {
    await rig.ask(
      '/tr/v1/tr/?oid=typed&ename=a&yes=true&no=false&n=42&late=1700000000&ms=1700000000123&f=1.5&when=2024-02-03T04:05:06Z&day=2024-02-03&list=%5B1,2%5D&zeros=007&phone=%2B4912&mixed=AbC&never=2024-02-30',
    );
    const [row] = await rig.events<{ properties: string }>('typed', 'toString(properties) AS properties');
    expect(JSON.parse(row!.properties)).toEqual({
      yes: true,
      no: false,
      n: 42,
      late: 1_700_000_000_000,
      ms: 1_700_000_000_123,
      f: 1.5,
      when: Date.parse('2024-02-03T04:05:06Z'),
      day: Date.parse('2024-02-03T00:00:00Z'),
      list: [1, 2],
      zeros: '007',
      phone: '+4912',
      mixed: 'AbC',
      never: '2024-02-30',
    });
  });

  test('params are properties, and what is named itself goes before them', async () => {
    await rig.post('/tr/v1/tr/', { oid: 'params', ename: 'a', params: { plan: 'pro', rel: 'inner' }, rel: 'outer' });
    await rig.post('/tr/v1/tr/', { oid: 'params', ename: 'b', params: '{"plan":"Free"}' });
    expect(await rig.events('params', 'toString(properties.plan) AS plan, toString(properties.rel) AS rel')).toEqual([
      { plan: 'pro', rel: 'outer' },
      { plan: 'Free', rel: '' },
    ]);
  });

  test('a stated place goes before the timezone, and the timezone before the address', async () => {
    await rig.post('/tr/v1/tr/', { oid: 'places', ename: 'a', country: 'ca', city: 'Toronto', tz: CALIFORNIA });
    await rig.post('/tr/v1/tr/', { oid: 'places', ename: 'b', tz: CALIFORNIA }, { 'x-forwarded-for': '8.8.8.8' });
    await rig.post('/tr/v1/tr/', { oid: 'places', ename: 'c' }, { 'x-forwarded-for': '8.8.8.8' });
    expect(await rig.events('places', 'country, city, timezone')).toEqual([
      { country: 'CA', city: 'Toronto', timezone: CALIFORNIA },
      { country: 'US', city: '', timezone: CALIFORNIA },
      { country: 'US', city: '', timezone: '' },
    ]);
  });

  test('email, cell and uname are stored as hashes alone, the same for the same text', async () => {
    for (const email of ['Ada@Example.com ', 'ada@example.com']) {
      await rig.post('/tr/v1/tr/', { oid: 'hashes', ename: 'a', email, cell: '+49 1', uname: 'ada' });
    }
    const rows = await rig.events<{ properties: string }>('hashes', 'toString(properties) AS properties');
    expect(rows[0]).toEqual(rows[1]);
    expect(Object.keys(JSON.parse(rows[0]!.properties)).sort()).toEqual(['chash', 'ehash', 'uhash']);
    expect(rows[0]!.properties.toLowerCase()).not.toContain('example.com');
  });
});

describe('/str/', () => {
  test('answers the id of the event as JSON, and that is the id that is stored', async () => {
    const answer = await rig.post('/tr/v1/str/', {
      vid: 'v1',
      oid: 'server',
      ename: 'server_event',
      etyp: 'conversion',
      revenue: '99.99',
    });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json']);
    const id = JSON.parse(answer.body) as string;
    expect(await rig.events('server', 'toString(event_id) AS id, name, type, toString(revenue) AS revenue')).toEqual([
      { id, name: 'server_event', type: 'conversion', revenue: '99.99' },
    ]);
  });

  test('answers the id it was given', async () => {
    const eid = randomUUID();
    const answer = await rig.post('/tr/v1/str/', { oid: 'given', ename: 'a', eid });
    expect(JSON.parse(answer.body)).toBe(eid);
  });

  test('records neither user agent nor language of the server, and sets no cookie', async () => {
    const headers = { ...AGREED, 'accept-language': 'de-DE' };
    const answer = await rig.post('/tr/v1/str/', { oid: 'quiet', vid: 'v', ename: 'a' }, headers);
    expect(answer.cookies).toEqual([]);
    expect(await rig.events('quiet', 'browser, language, bot')).toEqual([{ browser: '', language: '', bot: '' }]);
  });
});

describe('/img/', () => {
  test('is a picture that no cache keeps, and tracks by GET and POST alone', async () => {
    const answer = await rig.ask('/tr/v1/img/oid/pixel/ename/seen');
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/gif']);
    expect(answer.body.startsWith('GIF89a')).toBe(true);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect((await rig.ask('/tr/v1/img/oid/pixel/ename/put', { method: 'PUT' })).status).toBe(200);
    expect(await rig.events('pixel', 'name')).toEqual([{ name: 'seen' }]);
  });
});

describe('/rdr/ and /xrdr/', () => {
  test('redirect to an allowed host and store where to', async () => {
    for (const route of ['rdr', 'xrdr']) {
      const target = `https://shop.example/${route}?a=1`;
      const answer = await rig.ask(`/tr/v1/${route}/?oid=redirects&vid=v&url=${encodeURIComponent(target)}`);
      expect([answer.status, answer.headers.location]).toEqual([302, target]);
    }
    expect(await rig.events('redirects', 'name, url')).toEqual([
      { name: 'redirect', url: 'https://shop.example/rdr?a=1' },
      { name: 'redirect', url: 'https://shop.example/xrdr?a=1' },
    ]);
  });

  test('without a url lead to where the configuration says', async () => {
    const answer = await rig.ask('/tr/v1/rdr/oid/default');
    expect([answer.status, answer.headers.location]).toEqual([302, 'https://shop.example/start']);
  });

  test('W20: lead nowhere that is not allowed, and store nothing then', async () => {
    const targets = [
      'https://evil.example/',
      '//evil.example/',
      'https://shop.example.evil.example/',
      'https://shop.example@evil.example/',
      'https:\\\\evil.example',
      'javascript:alert(1)',
      'data:text/html,x',
      'https://evilpartner.example/',
      'https://shop.example\r\nSet-Cookie: vid=x',
      'https://shop.example:99999/',
    ];
    for (const url of targets) {
      const answer = await rig.ask(`/tr/v1/xrdr/?oid=open&url=${encodeURIComponent(url)}`);
      expect([url, answer.status, answer.headers.location]).toEqual([url, 400, undefined]);
    }
    const below = await rig.ask('/tr/v1/rdr/?oid=below&url=https://a.partner.example/x');
    expect(below.headers.location).toBe('https://a.partner.example/x');
    expect(await rig.events('open', 'name')).toEqual([]);
  });
});

describe('faults of the original that are gone', () => {
  test('W3: what is not taken is not answered with 200', async () => {
    for (const body of ['{', '[]', '[{"ename":"a"}]', '"text"', '{"ename":"a"} {"ename":"b"}']) {
      const answer = await rig.post('/tr/v1/tr/oid/w3', body);
      expect([body, answer.status]).toEqual([body, 400]);
      expect(JSON.parse(answer.body)).toMatchObject({ accepted: 0, rejected: [{ index: 0 }] });
    }
    const notUtf8 = await rig.post('/tr/v1/tr/oid/w3', Buffer.from('7b22ff223a317d', 'hex'));
    expect(notUtf8.status).toBe(400);
    const long = await rig.post('/tr/v1/tr/', { oid: 'w3', ename: 'x'.repeat(200) });
    expect([long.status, JSON.parse(long.body).rejected[0]]).toMatchObject([400, { field: 'name', limit: 128 }]);
    expect((await rig.ask('/tr/v1/nothing/')).status).toBe(404);
    expect(await rig.events('w3', 'name')).toEqual([]);
  });

  test('W5: /tr/ and /img/ are events of the browser: they have its user agent and its cookies', async () => {
    for (const route of ['tr', 'img']) {
      const answer = await rig.ask(`/tr/v1/${route}/oid/w5/ename/${route}`, { headers: AGREED });
      expect(cookieOf(answer, 'vid')).toBeDefined();
    }
    expect(await rig.events('w5', 'name, browser')).toEqual([
      { name: 'tr', browser: 'Firefox' },
      { name: 'img', browser: 'Firefox' },
    ]);
  });

  test('W6: the ids that are given to the browser are those that are stored, and it brings them back', async () => {
    const first = await rig.ask('/tr/v1/tr/oid/w6/ename/first', { headers: AGREED });
    const [vid, sid] = [cookieOf(first, 'vid')!, cookieOf(first, 'sid')!];
    const back = { ...AGREED, cookie: `${AGREED.cookie}; vid=${vid}; sid=${sid}` };
    const second = await rig.ask('/tr/v1/xrdr/oid/w6/ename/second', { headers: back });
    expect([cookieOf(second, 'vid'), cookieOf(second, 'sid')]).toEqual([vid, sid]);
    expect(await rig.events('w6', 'visitor_id, session_id')).toEqual([
      { visitor_id: vid, session_id: sid },
      { visitor_id: vid, session_id: sid },
    ]);
  });

  test('W7: no field is lost', async () => {
    const sent = {
      gaid: 'G1',
      idfa: 'I1',
      msid: 'M1',
      fbid: 'F1',
      fbp: 'P1',
      ref: 'R1',
      rcode: 'RC',
      aff: 'A1',
      browser: 'Other',
      device: 'Desktop',
      os: 'macOS',
      tid: '17',
      rid: '18',
      relation: 'x',
      auth_id: '19',
      xid: 'e1',
      split: 'b',
      mcid: 'mc',
      arm_id: 'arm',
      ja4h: 'ge11',
      zip: '02139',
      app: 'web',
      rel: '1.0',
      ver: '2',
      ptyp: 'home',
      sink: 's',
      outcome: 'won',
      org: 'o',
      did: 'd1',
      invoice_id: 'i1',
      bhash: 'Bh',
    };
    const event = {
      ...sent,
      oid: 'w7',
      vid: 'v',
      ename: 'a',
      culture: 'de-CH,de;q=0.9',
      w: 800,
      h: 600,
      score: '1.5',
      duration: 12,
      tz: CALIFORNIA,
      lat: '37.5',
    };
    await rig.post('/tr/v1/str/', event);
    const [row] = await rig.events<Record<string, string>>(
      'w7',
      'language, screen, timezone, device, os, browser, toString(properties) AS properties',
    );
    expect(row).toMatchObject({
      language: 'de-CH',
      screen: '800x600',
      timezone: CALIFORNIA,
      device: 'Desktop',
      os: 'macOS',
      browser: 'Other',
    });
    expect(JSON.parse(row!.properties!)).toEqual({ ...sent, score: 1.5, duration: 12, lat: 37.5 });
  });

  test('W9, W10: one event is one row, with and without a thread, and nothing beside it', async () => {
    await rig.post('/tr/v1/tr/', { oid: 'w9', ename: 'a', tid: '14fb0860-b4bf-11e9-8971-7b80435315ac' });
    await rig.post('/tr/v1/tr/', { oid: 'w9', ename: 'b' });
    expect(await rig.events('w9', 'name')).toHaveLength(2);
    const views = await rig.daemon.query(
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%View'",
    );
    expect(views).toEqual([]);
  });

  test('W17, W18: hundreds of bad requests beside good ones leave nothing behind, and each gets its own answer', async () => {
    const bad = ['{', '[]', '{"ename":7,"oid":{}}', '', '{"urlfrom":null}'];
    const answers = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        if (index % 2 === 0)
          return (await rig.post('/tr/v1/str/', { oid: 'w17', ename: 'good', eid: randomUUID() })).status;
        const path = ['/tr/v1/tr/', '/tr/v1/ltv/', '/tr/v1/ppi/agree', '/tr/v1/rpi/redirect'][index % 4]!;
        return (await rig.post(path, index % 3 === 0 ? '{' : bad[index % bad.length])).status;
      }),
    );
    expect(answers.filter((_, index) => index % 2 === 0)).toEqual(Array.from({ length: 150 }, () => 200));
    expect(answers.filter((status) => status >= 500)).toEqual([]);
    expect((await rig.ask('/metrics')).body).toContain('trackflow_receive_inflight_bytes 0\n');
    expect(await rig.events('w17', 'name')).toHaveLength(150);
  });

  test('W8: text keeps its case, whichever way it came', async () => {
    await rig.ask('/tr/v1/tr/oid/w8/ename/Big%20Sale/url/https%3A%2F%2FShop.example%2FPath%2FABC/Custom/MiXed');
    expect(await rig.events('w8', 'name, url, toString(properties.Custom) AS custom')).toEqual([
      { name: 'Big Sale', url: 'https://Shop.example/Path/ABC', custom: 'MiXed' },
    ]);
  });

  test('W16, W26: who claims an address by a header of no proxy of ours is not believed, and no address is stored', async () => {
    const headers = { 'x-real-ip': '203.0.113.7', 'x-client-ip': '203.0.113.7', 'cf-connecting-ip': '203.0.113.7' };
    await rig.post('/tr/v1/tr/', { oid: 'w16', ename: 'a' }, headers);
    const [row] = await rig.events<Record<string, string>>('w16', 'country, ip, toString(properties) AS properties');
    expect(row).toEqual({ country: '', ip: '', properties: '{}' });
  });

  test('W28: cookies are for the site, over TLS, and not sent along from other sites', async () => {
    const cookies = async (host: string) =>
      (await rig.ask('/tr/v1/tr/oid/w28/ename/a', { headers: { ...AGREED, host } })).cookies.map((cookie) =>
        cookie.replace(/=[^;]+/, '=…'),
      );
    expect(await cookies('tr.shop.co.uk:8443')).toEqual([
      'vid=…; Max-Age=34560000; Path=/; Domain=shop.co.uk; Secure; SameSite=Lax',
      'sid=…; Max-Age=1800; Path=/; Domain=shop.co.uk; Secure; SameSite=Lax',
    ]);
    for (const host of ['127.0.0.1:8080', 'localhost', 'co.uk', '[::1]:8080', 'someone.github.io']) {
      const [vid] = await cookies(host);
      const domain = host === 'someone.github.io' ? ' Domain=someone.github.io;' : '';
      expect(vid).toBe(`vid=…; Max-Age=34560000; Path=/;${domain} Secure; SameSite=Lax`);
    }
  });

  test('W28: a page may post JSON; with cookies only a page of the same site', async () => {
    const preflight = (origin: string) =>
      rig.ask('/tr/v1/tr/', {
        method: 'OPTIONS',
        headers: { host: 'tr.shop.co.uk', origin, 'access-control-request-method': 'POST' },
      });
    const own = await preflight('https://www.shop.co.uk');
    expect(own.status).toBe(204);
    expect(own.headers['access-control-allow-headers']).toContain('Content-Type');
    expect(own.headers['access-control-allow-headers']).toContain('User');
    expect([own.headers['access-control-allow-origin'], own.headers['access-control-allow-credentials']]).toEqual([
      'https://www.shop.co.uk',
      'true',
    ]);
    for (const origin of ['https://evil.co.uk', 'https://shop.co.uk.evil.example', 'null']) {
      const other = await preflight(origin);
      expect([other.headers['access-control-allow-origin'], other.headers['access-control-allow-credentials']]).toEqual(
        [origin, undefined],
      );
    }
  });

  test('W28: an id in an address never becomes a cookie', async () => {
    const answer = await rig.ask('/tr/v1/tr/oid/planted/ename/a?vid=planted&sid=planted', { headers: AGREED });
    expect(answer.cookies).toEqual([]);
    const kept = { ...AGREED, cookie: `${AGREED.cookie}; vid=mine; sid=mine` };
    const over = await rig.ask('/tr/v1/tr/oid/planted/ename/b?vid=planted', { headers: kept });
    expect([cookieOf(over, 'vid'), cookieOf(over, 'sid')]).toEqual([undefined, 'mine']);
  });

  test('W28: hostile cookies are left out, and break no event', async () => {
    const hostile = [
      `vid=${'x'.repeat(300)}`,
      'vid=a%0d%0aSet-Cookie:b',
      'vid=%ff',
      'vid="; sid=',
      'CookieConsent=1e9',
      '=;=;;',
      'vid',
    ];
    for (const cookie of hostile) {
      const answer = await rig.ask('/tr/v1/tr/oid/hostile/ename/a', { headers: { cookie } });
      expect([cookie, answer.status]).toEqual([cookie, 200]);
    }
    expect(await rig.events('hostile', 'name')).toHaveLength(hostile.length);
  });

  test('W35: what looks like a token of the site is a property like any other, and never a column of who it was', async () => {
    await rig.ask('/tr/v1/tr/oid/w35/ename/a', { headers: { cookie: 'jwt=secret; vid=v' } });
    const [row] = await rig.events<Record<string, string>>('w35', 'toString(properties) AS properties');
    expect(row!.properties).not.toContain('secret');
  });

  test('W1: an event that was answered survives a kill', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 20; index++) {
      ids.push(JSON.parse((await rig.post('/tr/v1/str/', { oid: 'w1', ename: `n${index}` })).body) as string);
    }
    await rig.crash();
    const rows = await rig.events<{ id: string }>('w1', 'toString(event_id) AS id');
    expect(rows.map(({ id }) => id).sort()).toEqual([...ids].sort());
  });
});
