import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf } from '../../../../src/migrate/chunk.ts';
import type { SfplParams } from '../../../../src/migrate/sfpl/request.ts';
import { startEngine, type TestEngine } from '../../../support/engine.ts';
import { startTracker, type Tracker } from '../../../support/sfpl-tracker.ts';
import { SfplRig } from './rig.ts';

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

const hex = (text: string) => Buffer.from(text, text.includes('\xff') ? 'latin1' : 'utf8').toString('hex');
/** By id: what a text may be. */
const HOSTILE = new Map([
  ['h-1', 'user-123'],
  ['h-2', 'tab\tnew\nline\r\\back\\slash\'quote"'],
  ['h-3', '\u0000nul\u001f\u001e\u2028'],
  ['h-4', '日本語 ∂ 👩‍👩‍👧 e\u0301'],
  ['h-5', 'not utf-8 \xff\xfe'],
  ['h-6', '\\N'],
  ['h-7', '{"a":[1,2]'],
  ['h-8', '%27;DROP TABLE events'],
  ['h-9', '2025-01-01'],
]);

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
        '{"plan":"pro \\\\"x\\\\" {y}: [z] / 2026-01-01","n":[1,2.5,null],"deep":{"a":{"b":"c"}},"big":"9007199254740993","org":"from params"}', '{"ad":"t-1"}', '2025-06-01 10:00:00.123')`);
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
        big: '9007199254740993',
        org: 'from params',
        lat: 48.5,
        score: 1.25,
        browser: 'Mozilla/5.0',
        cflags: 4096,
        ptyp: 'home',
        auth_id: U,
        targets: { ad: 't-1' },
      },
    });
  });
});

describe('what is hostile', () => {
  beforeAll(empty);

  it('arrives as it was: ids that are no UUIDs, NULL, text in every disguise, JSON that is none, the ends of time', async () => {
    await tracker.command('CREATE DATABASE odd');
    // As an earlier version of it might have had them: texts for ids and JSON, NULL where nothing is known, amounts as Decimal.
    await tracker.command(`CREATE TABLE odd.events (eid String, vid Nullable(String), oid LowCardinality(Nullable(String)), uid Nullable(UUID), ename Nullable(String),
      etyp Enum8('view' = 1, 'buy' = 2), content String, url String, params String, targets Nullable(String), country String, region String, revenue Nullable(Decimal(12, 6)), w Int32,
      lat Float64, tags Array(String), unknown_thing Map(String, String), created_at Nullable(DateTime64(6, 'America/New_York'))) ENGINE = MergeTree ORDER BY eid`);
    const texts = [...HOSTILE.keys()];
    for (const [eid, text] of HOSTILE) {
      await tracker.command(`INSERT INTO odd.events (eid, vid, oid, ename, etyp, url, params, targets, country, region, lat, tags, unknown_thing, created_at) VALUES
        ('${eid}', unhex('${hex(text)}'), 'org', unhex('${hex(`x${text}`)}'), 'buy', unhex('${hex(text)}'), concat('{"k":', toJSONString(unhex('${hex(text)}')), '}'), unhex('${hex(text)}'),
         'Nowhere', '${'r'.repeat(200)}', nan, [unhex('${hex(text)}')], map('k', unhex('${hex(text)}')), '2025-03-30 03:00:00.250000')`);
    }
    await tracker.command(`INSERT INTO odd.events (eid, etyp, content, params, revenue, created_at) VALUES
      ('', 'view', 'banner', '{"a":1,"a":2,"etyp":"x","esc":"\\\\u00e9\\\\/","n":1.50,"deep":[[1],[{"x":null}]]}', '12.345649', '2025-01-01 00:00:00.001000'),
      ('${EID.toUpperCase()}', 'view', '', 'no json', NULL, '1900-01-01 00:00:00.000000'),
      ('last', 'view', '', '[1,2]', -0.00004, '2299-12-31 18:59:59.999999'), ('never', 'view', '', '', NULL, NULL)`);
    const odd = new SfplRig({ ...tracker, url: tracker.url.replace('/sfpla', '/odd') }, clickhouse);
    try {
      const strict = await odd.migrate({ parts: ['events'] });
      expect(strict.tables).toMatchObject([
        { state: 'failed', rows: 0, error: expect.stringContaining('occurred_at: 3 rows, what is finer') },
      ]);
      const { tables } = await odd.migrate({ parts: ['events'], allowLossy: true });
      expect(tables).toMatchObject([
        { state: 'verified', error: '', rows: texts.length + 4, changed: { occurred_at: 3, received_at: 3 } },
      ]);
    } finally {
      odd.end();
    }
    const rows = await clickhouse.query<Record<string, string>>(
      `SELECT toString(event_id) AS id, name, hex(visitor_id) AS visitor, hex(url) AS url, account, country, region, toString(revenue) AS revenue, toString(occurred_at) AS at,
         toJSONString(properties) AS properties FROM events WHERE account = 'org' ORDER BY name`,
    );
    expect(rows.map(({ url }) => url).sort()).toEqual(
      [...HOSTILE.values()].map((text) => hex(text).toUpperCase()).sort(),
    );
    for (const { visitor, url, country, region, at, properties } of rows) {
      expect({ visitor, country, region, at }).toEqual({
        visitor: url,
        country: '',
        region: '',
        at: '2025-03-30 07:00:00.250',
      });
      const text = Buffer.from(url!, 'hex').toString();
      const said = JSON.parse(properties!) as Record<string, unknown>;
      // Of a text that is no UTF-8 a JSON document has what can be read.
      if (Buffer.from(text).toString('hex') === url!.toLowerCase()) {
        expect({ k: said.k ?? '', map: (said.unknown_thing as { k?: string }).k ?? '', tags: said.tags }).toEqual({
          k: text,
          map: text,
          tags: [text],
        });
      }
      expect(said).toMatchObject({ country: 'Nowhere', region: 'r'.repeat(200) });
    }
    const others = await clickhouse.query<Record<string, string>>(
      `SELECT toString(event_id) AS id, name, type, visitor_id, toString(revenue) AS revenue, toString(occurred_at) AS at, toJSONString(properties) AS properties
       FROM events WHERE account = 'default' ORDER BY occurred_at, id`,
    );
    const anyId = expect.stringMatching(/^[0-9a-f-]{36}$/);
    const plain = { id: anyId, name: 'view', type: 'view', visitor_id: '', revenue: '0', properties: '{}' };
    const [first, second, third, last] = others;
    expect([first, second].sort((a, b) => a!.id!.localeCompare(b!.id!)).map((row) => row!.at)).toEqual([
      '1970-01-01 00:00:00.000',
      '1970-01-01 00:00:00.000',
    ]);
    expect([first!.id, second!.id]).toContain(EID);
    expect(third).toEqual({
      ...plain,
      name: 'banner',
      revenue: '12.3456',
      at: '2025-01-01 05:00:00.001',
      properties: expect.any(String),
    });
    expect(JSON.parse(third!.properties!)).toEqual({ a: 1, etyp: 'x', esc: 'é/', n: 1.5, deep: [[1], [{}]] });
    expect(last).toEqual({ ...plain, at: '2299-12-31 23:59:59.999' });
  });

  it('a user that may only read, and change no setting, will do', async () => {
    const { user, password } = tracker.engine.endpoint.reader;
    // Of this engine's users it is the one that is held to reading, and to one database.
    await tracker.command('CREATE TABLE trackflow.events AS sfpla.events ENGINE = MergeTree ORDER BY eid');
    await tracker.command(
      `INSERT INTO trackflow.events (eid, ename, created_at) VALUES (generateUUIDv4(), 'read', '2025-01-01 00:00:00')`,
    );
    const url = tracker.url.replace(/\/\/[^@]+@/, `//${user}@`).replace('/sfpla', '/trackflow');
    const own = new SfplRig({ ...tracker, url, password }, clickhouse);
    try {
      expect((await own.migrate({ parts: ['events'] })).tables).toMatchObject([{ state: 'verified', rows: 1 }]);
    } finally {
      own.end();
    }
  });
});

describe('payments and agreements', () => {
  beforeAll(empty);

  it('keep their amounts to the ten-thousandth; the newest of several versions counts', async () => {
    const id = '99999999-0000-1000-8000-000000000009';
    await tracker.command(`INSERT INTO sfpla.payments (id, oid, uid, vid, orid, invid, product, product_id, pcat, qty, price, revenue, tax, payment, currency, rcode, paid_at, created_at, updated_at, starts, ends, invoiced_at) VALUES
      ('${id}', '${O}', '${U}', '${V}', '${S}', '${EID}', 'Söcken', '${U}', 'wool', 3, 19.99, 0.1 + 0.2, 0.00005, 20.5, 'eur', 'ref-1', '2025-02-01 00:00:00', '2025-02-02 00:00:00.007', '2025-02-02 00:00:00', 0, 0, 0),
      (generateUUIDv4(), '${O}', '${U}', '${V}', '${S}', '${EID}', '', '${O}', '', 1, 0, -1234567.89, 0, 0, 'ABCD', '', '2025-02-03 00:00:00', '2025-02-03 00:00:00', '2025-02-03 00:00:00', 0, 0, 0)`);
    await tracker.command('SYSTEM STOP MERGES sfpla.payments');
    await tracker.command(`INSERT INTO sfpla.payments (id, oid, uid, product, revenue, currency, paid_at, created_at, updated_at, starts, ends, invoiced_at) VALUES
      ('${id}', '${O}', '${U}', 'newer', 5.5, 'EUR', '2025-02-01 00:00:00', '2025-02-02 00:00:00.007', '2025-02-09 00:00:00', 0, 0, 0)`);
    expect((await rig.migrate({ parts: ['payments'] })).tables).toMatchObject([
      { target: 'payments', state: 'verified', error: '', rows: 2 },
    ]);
    const rows = await clickhouse.query(
      `SELECT toString(payment_id) = '${id}' AS known, account, user_id, order_id, invoice_id, product, product_id, toString(amount) AS amount, toString(price) AS price, toString(tax) AS tax,
         toString(quantity) AS quantity, currency, method, referral_code, toString(paid_at) AS paid, toString(received_at) AS received, properties FROM payments ORDER BY received_at`,
    );
    expect(rows).toEqual([
      {
        known: 1,
        account: O,
        user_id: U,
        order_id: '',
        invoice_id: '',
        product: 'newer',
        product_id: '',
        amount: '5.5',
        price: '0',
        tax: '0',
        quantity: '0',
        currency: 'EUR',
        method: '',
        referral_code: '',
        paid: '2025-02-01 00:00:00.000',
        received: '2025-02-02 00:00:00.007',
        properties: '{}',
      },
      {
        known: 0,
        account: O,
        user_id: U,
        order_id: S,
        invoice_id: EID,
        product: '',
        product_id: O,
        amount: '-1234567.89',
        price: '0',
        tax: '0',
        quantity: '1',
        currency: '',
        method: '',
        referral_code: '',
        paid: '2025-02-03 00:00:00.000',
        received: '2025-02-03 00:00:00.000',
        properties: '{"currency":"ABCD"}',
      },
    ]);
    await empty();
    await tracker.command(`INSERT INTO sfpla.payments (id, uid, qty, price, revenue, tax, payment, currency, pcat, rcode, created_at, updated_at, paid_at, starts, ends, invoiced_at) VALUES
      ('${id}', '${U}', 3, 19.99, 0.1 + 0.2, 0.00005, 20.5, 'eur', 'wool', 'ref-1', '2025-02-02 00:00:00', '2025-02-02 00:00:00', '2025-02-02 00:00:00', 0, 0, '2025-02-01 00:00:00.5'),
      (generateUUIDv4(), '${U}', inf, 0, 1e18, 0, 0, '', '', '', '2025-02-03 00:00:00', '2025-02-03 00:00:00', '2025-02-03 00:00:00', 0, 0, 0)`);
    expect((await rig.migrate({ parts: ['payments'] })).tables).toMatchObject([
      { state: 'failed', error: expect.stringMatching(/quantity: 1 rows, what is no finite number.*amount: 1 rows/) },
    ]);
    expect((await rig.migrate({ parts: ['payments'], allowLossy: true })).tables).toMatchObject([
      { state: 'verified', rows: 2, changed: { quantity: 1, amount: 1 } },
    ]);
    expect(
      await clickhouse.query(
        `SELECT toString(amount) AS amount, toString(price) AS price, toString(tax) AS tax, toString(quantity) AS quantity, currency, referral_code, properties FROM payments ORDER BY received_at`,
      ),
    ).toEqual([
      {
        amount: '0.3',
        price: '19.99',
        tax: '0.0001',
        quantity: '3',
        currency: 'EUR',
        referral_code: 'ref-1',
        properties: '{"pcat":"wool","payment":20.5,"invoiced_at":"2025-02-01T00:00:00.500Z"}',
      },
      { amount: '0', price: '0', tax: '0', quantity: '0', currency: '', referral_code: '', properties: '{}' },
    ]);
  });

  it('are read out of both tables that hold them, each agreement once', async () => {
    const both = `(vid, oid, cflags, url, country, culture, browser, ip, compliances, created_at, updated_at) VALUES
      ('${V}', '${O}', 1024, 'shop.example/', 'de', 'de-DE', 'Firefox', '203.0.113.9', '{"cookies":true}', '2025-04-01 00:00:00.5', '2025-04-01 00:00:00.5')`;
    await tracker.command(
      `INSERT INTO sfpla.agreements ${both}, ('${V}', '${O}', 4096, '', 'Elsewhere', '', '', '', '{}', '2025-04-02 00:00:00', '2025-04-02 00:00:00')`,
    );
    await tracker.command(`INSERT INTO sfpla.agreed ${both}`);
    expect((await rig.migrate({ parts: ['agreements'], keepAddresses: true })).tables).toMatchObject([
      { source: 'sfpla.agreements and sfpla.agreed', state: 'verified', error: '', rows: 2 },
    ]);
    expect(
      await clickhouse.query(
        `SELECT account, visitor_id, toInt32(flags) AS flags, url, country, language, browser, ip, toString(received_at) AS at, properties FROM agreements ORDER BY received_at`,
      ),
    ).toEqual([
      {
        account: O,
        visitor_id: V,
        flags: 1024,
        url: 'shop.example/',
        country: 'DE',
        language: 'de-DE',
        browser: 'Firefox',
        ip: '203.0.113.9',
        at: '2025-04-01 00:00:00.500',
        properties: '{"compliances":{"cookies":true}}',
      },
      {
        account: O,
        visitor_id: V,
        flags: 4096,
        url: '',
        country: '',
        language: '',
        browser: '',
        ip: '',
        at: '2025-04-02 00:00:00.000',
        properties: '{"country":"Elsewhere"}',
      },
    ]);
  });
});

describe('a table', () => {
  const ROWS = 4_000;
  beforeAll(async () => {
    await empty();
    // A third of all rows have the same time: no range of times could cut them.
    await tracker.command(`INSERT INTO sfpla.events (eid, vid, ename, url, params, created_at) SELECT UUIDNumToString(MD5(toString(number))), UUIDNumToString(MD5(concat('v', toString(number % 100)))), 'view',
      concat('shop.example/p/', toString(number)), '{"n":1}', toDateTime64('2025-05-01 00:00:00.000', 3, 'UTC') + if(number % 3 = 0, 0, number) FROM numbers(${ROWS})`);
  });
  const sumsOf = () =>
    clickhouse.query(
      `SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(event_id)) AS ids, toString(sum(cityHash64(toString(event_id), url, toString(occurred_at)))) AS hash FROM events WHERE name = 'view'`,
    );
  const given: Partial<SfplParams> = { parts: ['events'], chunkRows: 1_000 };
  const wanted = async () => {
    const [row] = await tracker.engine.query<{ hash: string }>(
      `SELECT toString(sum(cityHash64(toString(eid), url, toString(toTimeZone(created_at, 'UTC'))))) AS hash FROM sfpla.events`,
    );
    return [{ rows: ROWS, ids: ROWS, hash: row!.hash }];
  };
  let task: number;

  it('of which many rows have the same time is cut into chunks all the same, with every row once', async () => {
    task = await rig.begin(given);
    const { consistent, tables } = await rig.run(task, given);
    expect({ consistent, tables }).toMatchObject({
      consistent: true,
      tables: [{ state: 'verified', rows: ROWS, chunks: 4 }],
    });
    expect(await sumsOf()).toEqual(await wanted());
  });

  it('that is copied again brings nothing twice, and what has come since', async () => {
    expect((await rig.migrate(given)).tables).toMatchObject([{ state: 'verified', rows: 0 }]);
    expect(await sumsOf()).toEqual(await wanted());
    // One that came here over the wire as well, by the same id.
    await rig.command(
      `INSERT INTO events (event_id, account, name, occurred_at, received_at, batch) VALUES ('${EID}', 'live', 'both', '2025-05-01 12:00:00', '2025-05-01 12:00:00', 7)`,
    );
    await tracker.command(
      `INSERT INTO sfpla.events (eid, ename, created_at) VALUES ('${EID}', 'both', '2025-05-01 12:00:05'), (generateUUIDv4(), 'new', '2025-05-01 00:00:07'), (generateUUIDv4(), 'new', '2025-05-02 00:00:07')`,
    );
    expect((await rig.migrate(given)).tables).toMatchObject([{ state: 'verified', rows: 2 }]);
    expect(
      await clickhouse.query(
        `SELECT name, account, toUInt32(count()) AS rows FROM events WHERE name != 'view' GROUP BY name, account ORDER BY name`,
      ),
    ).toEqual([
      { name: 'both', account: 'live', rows: 1 },
      { name: 'new', account: 'default', rows: 2 },
    ]);
    expect(await sumsOf()).toEqual(await wantedOfView());
    await tracker.command(`DELETE FROM sfpla.events WHERE ename != 'view'`);
  });
  const wantedOfView = async () => {
    const [row] = await tracker.engine.query<{ hash: string }>(
      `SELECT toString(sum(cityHash64(toString(eid), url, toString(toTimeZone(created_at, 'UTC'))))) AS hash FROM sfpla.events WHERE ename = 'view'`,
    );
    return [{ rows: ROWS, ids: ROWS, hash: row!.hash }];
  };

  it('that was altered here is found to differ chunk by chunk, and put right', async () => {
    const good = await sumsOf();
    expect((await rig.verify(task, given)).tables).toMatchObject([{ state: 'verified', rows: ROWS }]);
    const { job } = rig.ledger(task);
    const chunks = rig.ledger(task).chunks(0);
    const batch = (index: number) => batchOf(job, chunks[index]!.ordinal, chunks[index]!.attempt);
    for (const damage of [
      `ALTER TABLE events DELETE WHERE batch = ${batch(0)} AND cityHash64(event_id) % 2 = 0 SETTINGS mutations_sync = 2`,
      `ALTER TABLE events UPDATE title = 'altered' WHERE batch = ${batch(1)} AND cityHash64(event_id) % 100 = 0 SETTINGS mutations_sync = 2`,
      `ALTER TABLE events UPDATE url = 'altered' WHERE batch = ${batch(2)} AND cityHash64(event_id) % 100 = 0 SETTINGS mutations_sync = 2`,
      `INSERT INTO events SELECT * FROM events WHERE batch = ${batch(3)}`,
    ]) {
      await rig.command(damage);
    }
    const found = (await rig.verify(task, given)).tables[0]!;
    expect(found.state).toBe('differs');
    expect(found.differences.map(({ what }) => what)).toEqual(
      expect.arrayContaining([expect.stringContaining('rows in the source'), 'the checksums differ']),
    );
    expect((await rig.repair(task, given)).tables).toMatchObject([
      { state: 'verified', rows: ROWS, chunksRepeated: 3 },
    ]);
    expect(await sumsOf()).toEqual(good);
    expect((await rig.verify(task, given)).tables).toMatchObject([{ state: 'verified' }]);
  });

  it('that changes at the source meanwhile is compared anew where it did', async () => {
    const own = await rig.begin(given);
    await tracker.command(
      `INSERT INTO sfpla.events (eid, ename, created_at) VALUES (generateUUIDv4(), 'late', '2025-05-01 00:00:03')`,
    );
    expect((await rig.run(own, given)).consistent).toBe(true);
    await tracker.command(
      `INSERT INTO sfpla.events (eid, ename, created_at) VALUES (generateUUIDv4(), 'late', '2025-05-01 00:00:03')`,
    );
    expect((await rig.verify(own, given)).tables).toMatchObject([{ state: 'differs' }]);
    expect((await rig.run(own, given)).tables).toMatchObject([{ state: 'verified', rows: 2, chunksRepeated: 1 }]);
    expect(await clickhouse.query(`SELECT toUInt32(count()) AS rows FROM events WHERE name = 'late'`)).toEqual([
      { rows: 2 },
    ]);
  });
});

describe('a source', () => {
  it('without one of the tables, or of another kind, says so', async () => {
    const other = new SfplRig({ ...tracker, url: tracker.url.replace('/sfpla', '/nothing') }, clickhouse);
    const wrong = new SfplRig({ ...tracker, password: 'guess' }, clickhouse);
    try {
      await tracker.command('CREATE DATABASE nothing');
      await expect(other.plan()).rejects.toThrow('the database nothing has none of the tables events, payments');
      await tracker.command('CREATE TABLE nothing.events (id UUID) ENGINE = MergeTree ORDER BY id');
      await expect(other.plan()).rejects.toThrow('nothing.events has no column created_at');
      await expect(wrong.plan()).rejects.toThrow('Authentication failed');
    } finally {
      other.end();
      wrong.end();
    }
  });
});
