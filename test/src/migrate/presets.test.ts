import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { MigrationRig } from './rig.ts';

let clickhouse: TestEngine;
let postgres: TestPostgres;
let rig: MigrationRig;
beforeAll(async () => {
  [clickhouse, postgres] = await Promise.all([startEngine(), startPostgres(18)]);
  rig = new MigrationRig(postgres, clickhouse);
});
afterAll(async () => {
  rig.end();
  await postgres[Symbol.asyncDispose]();
  await clickhouse.stop();
});

it('activities of StreamTrack become events, with ids that follow from theirs', async () => {
  // The DDL of its init.sql.
  await postgres.query(`CREATE TABLE activities (id SERIAL PRIMARY KEY, user_id VARCHAR(255) NOT NULL, action VARCHAR(255) NOT NULL,
      created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP);
    INSERT INTO activities (user_id, action, created_at) VALUES ('ada', 'login', '2026-05-01 12:00:00.123+02'), ('bob', 'Buy "it"', '2026-05-02 00:00:00.123456+00')`);
  const strict = await rig.migrate({ preset: 'streamtrack', account: 'old' });
  expect(strict.tables).toMatchObject([{ state: 'failed', error: expect.stringContaining('microseconds are cut') }]);
  const { tables } = await rig.migrate({ preset: 'streamtrack', account: 'old', allowLossy: true });
  expect(tables).toMatchObject([
    { target: 'events', state: 'verified', rows: 2, changed: { occurred_at: 1, received_at: 1 } },
  ]);
  const rows = await clickhouse.query(
    `SELECT toString(event_id) AS id, account, name, user_id, toString(occurred_at) AS at, batch >= bitShiftLeft(toUInt64(1), 63) AS migrated FROM events ORDER BY occurred_at`,
  );
  expect(rows).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      account: 'old',
      name: 'login',
      user_id: 'ada',
      at: '2026-05-01 10:00:00.123',
      migrated: 1,
    },
    {
      id: expect.any(String),
      account: 'old',
      name: 'Buy "it"',
      user_id: 'bob',
      at: '2026-05-02 00:00:00.123',
      migrated: 1,
    },
  ]);
});

it('tables of Umami become events with session, properties and revenue', async () => {
  const [site, session, visit, view, buy] = ['1', '2', '3', '4', '5'].map(
    (digit) => `${digit.repeat(8)}-1111-4111-8111-111111111111`,
  );
  await postgres.query(`
    CREATE TABLE session (session_id uuid PRIMARY KEY, website_id uuid NOT NULL, browser varchar(20), os varchar(20), device varchar(20),
      screen varchar(11), language varchar(35), country char(2), region varchar(20), city varchar(50), distinct_id varchar(50), created_at timestamptz(6));
    CREATE TABLE website_event (event_id uuid PRIMARY KEY, website_id uuid NOT NULL, session_id uuid NOT NULL, visit_id uuid NOT NULL,
      created_at timestamptz(6) DEFAULT now(), url_path varchar(500) NOT NULL, url_query varchar(500), utm_source varchar(255), utm_medium varchar(255),
      utm_campaign varchar(255), utm_content varchar(255), utm_term varchar(255), referrer_path varchar(500), referrer_query varchar(500),
      referrer_domain varchar(500), page_title varchar(500), gclid varchar(255), fbclid varchar(255), event_type int NOT NULL DEFAULT 1,
      event_name varchar(50), tag varchar(50), hostname varchar(100));
    CREATE TABLE event_data (event_data_id uuid PRIMARY KEY DEFAULT gen_random_uuid(), website_id uuid NOT NULL, website_event_id uuid NOT NULL,
      data_key varchar(500) NOT NULL, string_value varchar(500), number_value numeric(19,4), date_value timestamptz(6), data_type int NOT NULL);
    CREATE TABLE revenue (revenue_id uuid PRIMARY KEY DEFAULT gen_random_uuid(), website_id uuid, session_id uuid, event_id uuid NOT NULL,
      event_name varchar(50), currency varchar(10), revenue numeric(19,4));
    INSERT INTO session VALUES ('${session}', '${site}', 'chrome', 'Linux', 'desktop', '1920x1080', 'de-DE', 'DE', 'DE-BE', 'Berlin', 'ada', now());
    INSERT INTO website_event (event_id, website_id, session_id, visit_id, created_at, url_path, url_query, utm_source, page_title, gclid, hostname,
      referrer_domain, referrer_path, event_type) VALUES
      ('${view}', '${site}', '${session}', '${visit}', '2026-03-01 10:00:00.5+00', '/a', 'x=1', 'news', 'Title', 'g-1', 'shop.example', 'google.com', '/search', 1);
    INSERT INTO website_event (event_id, website_id, session_id, visit_id, created_at, url_path, event_type, event_name, hostname) VALUES
      ('${buy}', '${site}', '${session}', '${visit}', '2026-03-01 10:01:00+00', '/buy', 2, 'purchase', NULL);
    INSERT INTO event_data (website_id, website_event_id, data_key, string_value, number_value, date_value, data_type) VALUES
      ('${site}', '${buy}', 'plan', 'pro "x", {y}: [z] / 2026-01-01', NULL, NULL, 1), ('${site}', '${buy}', 'cart.total', NULL, 12.5000, NULL, 2),
      ('${site}', '${buy}', 'items', NULL, 3, NULL, 2), ('${site}', '${buy}', 'a:"b"', 'null', NULL, NULL, 1);
    INSERT INTO revenue (event_id, currency, revenue) VALUES ('${buy}', 'EUR', 49.99); ANALYZE`);
  const { tables } = await rig.migrate({ preset: 'umami' });
  expect(tables).toMatchObject([{ target: 'events', state: 'verified', error: '', differences: [], rows: 2 }]);
  const rows = await clickhouse.query<Record<string, unknown>>(
    `SELECT toString(event_id) AS id, name, type, visitor_id, session_id, user_id, url, host, title, referrer, referrer_host, utm_source, click_id_type, click_id,
       country, region, browser, toString(revenue) AS revenue, currency, toString(occurred_at) AS at, toJSONString(properties) AS properties
     FROM events WHERE account = '${site}' ORDER BY occurred_at`,
  );
  const both = {
    visitor_id: session,
    session_id: visit,
    user_id: 'ada',
    country: 'DE',
    region: 'DE-BE',
    browser: 'chrome',
  };
  expect(rows).toEqual([
    {
      ...both,
      id: view,
      name: 'pageview',
      type: 'pageview',
      url: 'https://shop.example/a?x=1',
      host: 'shop.example',
      title: 'Title',
      referrer: 'https://google.com/search',
      referrer_host: 'google.com',
      utm_source: 'news',
      click_id_type: 'gclid',
      click_id: 'g-1',
      revenue: '0',
      currency: '',
      at: '2026-03-01 10:00:00.500',
      properties: '{}',
    },
    {
      ...both,
      id: buy,
      name: 'purchase',
      type: 'event',
      url: '/buy',
      host: '',
      title: '',
      referrer: '',
      referrer_host: '',
      utm_source: '',
      click_id_type: '',
      click_id: '',
      revenue: '49.99',
      currency: 'EUR',
      at: '2026-03-01 10:01:00.000',
      properties: expect.any(String),
    },
  ]);
  expect(JSON.parse(rows[1]!.properties as string)).toEqual({
    plan: 'pro "x", {y}: [z] / 2026-01-01',
    cart: { total: 12.5 },
    items: 3,
    'a:"b"': 'null',
  });
});

it('a table with our own columns becomes events as they are', async () => {
  await postgres.query(`CREATE TABLE events (event_id uuid PRIMARY KEY, account text NOT NULL, name text NOT NULL, occurred_at timestamptz NOT NULL,
      received_at timestamptz NOT NULL, time_clamped boolean, url text, revenue numeric(18,4), currency text, properties jsonb, unknown text);
    INSERT INTO events VALUES ('00000000-0000-7000-8000-000000000001', 'own', 'signup', '2026-06-01 00:00:00.001+00', '2026-06-01 00:00:01+00', true,
      'https://x.example/', 1.5, 'EUR', '{"plan": "pro", "n": [1, 2.50, null], "deep": {"a": {"b": "c"}}, "big": 123456789012}', 'left')`);
  const { tables } = await rig.migrate({ preset: 'trackflow' });
  expect(tables).toMatchObject([{ state: 'verified', error: '', rows: 1 }]);
  expect(
    await clickhouse.query(
      `SELECT name, time_clamped, toString(revenue) AS revenue, properties.plan AS plan, properties.deep.a.b AS b, toString(received_at) AS at FROM events WHERE account = 'own'`,
    ),
  ).toEqual([{ name: 'signup', time_clamped: 1, revenue: '1.5', plan: 'pro', b: 'c', at: '2026-06-01 00:00:01.000' }]);
});

it('a preset says what it misses', async () => {
  await using empty = await startPostgres(18);
  const own = new MigrationRig(empty, clickhouse);
  try {
    await expect(own.plan({ preset: 'umami' })).rejects.toThrow('the source has no table "website_event"');
    await expect(own.plan({ preset: 'streamtrack', into: 'x' })).rejects.toThrow('--into and --map have no meaning');
  } finally {
    own.end();
  }
});
