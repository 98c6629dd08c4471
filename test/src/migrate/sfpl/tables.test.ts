import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine, type TestEngine } from '../../../support/engine.ts';
import { SfplRig } from './rig.ts';
import { startTracker, type Tracker } from './tracker.ts';

const [V, S, U, O] = ['a', 'b', 'c', 'd'].map((digit) => `${digit.repeat(8)}-0000-1000-8000-00000000000${digit}`) as [
  string,
  string,
  string,
  string,
];
const EID = '11111111-2222-1333-8444-555555555555';

let tracker: Tracker;
let clickhouse: TestEngine;
let rig: SfplRig;
beforeAll(async () => {
  [tracker, clickhouse] = await Promise.all([startTracker(), startEngine()]);
  rig = new SfplRig(tracker, clickhouse);
});
afterAll(async () => {
  rig.end();
  await tracker.stop();
  await clickhouse.stop();
});

const empty = async () => {
  for (const name of ['events', 'payments', 'agreements', 'agreed'])
    await tracker.command(`TRUNCATE TABLE sfpla.${name}`);
  for (const name of ['events', 'payments', 'agreements']) await rig.command(`TRUNCATE TABLE ${name}`);
};

describe('rows of that tracker', () => {
  it('become events by the names of its wire; what has no column is a property, zero and empty are nothing', async () => {
    await tracker.command(`INSERT INTO sfpla.events (eid, oid, vid, sid, uid, ename, etyp, url, last, source, content, country, region, culture, browser, vp_w, vp_h,
        tz, lat, score, cflags, ptyp, auth, ip, iphash, params, targets, created_at) VALUES
      ('${EID}', '${O}', '${V}', '${S}', '${U}', 'Größe "9" \\\\ \\t∂', 'view', 'shop.example/a/b', 'google.com/search', 'news', 'c-1', 'de', 'bavaria', 'de-DE,de;q=0.9',
        'Mozilla/5.0', 1280, 720, 'Europe/Berlin', 48.5, 1.25, 4096, 'home', '${U}', '203.0.113.9', 'zz',
        '{"plan":"pro \\\\"x\\\\" {y}: [z] / 2026-01-01","n":[1,2.5,null],"deep":{"a":{"b":"c"}},"big":9007199254740993,"org":"from params"}', '{"ad":"t-1"}', '2025-06-01 10:00:00.123')`);
    const { tables } = await rig.migrate({ parts: ['events'] });
    expect(tables).toMatchObject([
      { source: 'sfpla.events', target: 'events', state: 'verified', error: '', differences: [], rows: 1 },
    ]);
    const [row] = await clickhouse.query<Record<string, unknown>>(
      `SELECT toString(event_id) AS id, account, name, type, visitor_id, session_id, user_id, toString(occurred_at) AS at, toString(received_at) AS received,
         url, host, path, referrer, referrer_host, utm_source, utm_content, country, region, language, browser, screen, timezone, ip,
         batch >= bitShiftLeft(toUInt64(1), 63) AS migrated, toJSONString(properties) AS properties FROM events`,
    );
    expect({ ...row, properties: JSON.parse(row!.properties as string) }).toEqual({
      id: EID,
      account: O,
      name: 'Größe "9" \\ \t∂',
      type: 'view',
      visitor_id: V,
      session_id: S,
      user_id: U,
      at: '2025-06-01 10:00:00.123',
      received: '2025-06-01 10:00:00.123',
      url: 'shop.example/a/b',
      host: 'shop.example',
      path: '/a/b',
      referrer: 'google.com/search',
      referrer_host: 'google.com',
      utm_source: 'news',
      utm_content: 'c-1',
      country: 'DE',
      region: 'bavaria',
      language: 'de-DE',
      browser: 'Mozilla/5.0',
      screen: '1280x720',
      timezone: 'Europe/Berlin',
      ip: '',
      migrated: 1,
      properties: {
        plan: 'pro "x" {y}: [z] / 2026-01-01',
        n: [1, 2.5, null],
        deep: { a: { b: 'c' } },
        big: 9007199254740993,
        org: 'from params',
        lat: 48.5,
        score: 1.25,
        cflags: 4096,
        ptyp: 'home',
        auth_id: U,
        targets: { ad: 't-1' },
      },
    });
  });
});
