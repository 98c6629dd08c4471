import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quoted } from '../../../src/clickhouse/quoted.ts';
import { batchOf } from '../../../src/migrate/chunk.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';
import { MigrationRig } from './rig.ts';

let clickhouse: TestEngine;
let postgres: TestPostgres;
let rig: MigrationRig;
beforeAll(async () => {
  [clickhouse, postgres] = await Promise.all([startEngine({ migrated: false }), startPostgres(18)]);
  rig = new MigrationRig(postgres, clickhouse);
});
afterAll(async () => {
  rig.end();
  await postgres[Symbol.asyncDispose]();
  await clickhouse.stop();
});

const count = async (table: string) =>
  (await clickhouse.query<{ rows: number }>(`SELECT toUInt32(count()) AS rows FROM ${quoted(table)}`))[0]!.rows;

describe('a table', () => {
  it('whose names need quotes on either side keeps them', async () => {
    await postgres.query(
      `CREATE TABLE "Odd ""name"" \`x\\" ("Sel""ect" int PRIMARY KEY, "a\`b\\c" text, "_batch" int)`,
    );
    await postgres.query(`INSERT INTO "Odd ""name"" \`x\\" VALUES (1, 'it''s', 2)`);
    const { tables } = await rig.migrate({ tables: ['Odd "name" `x\\'] });
    expect(tables).toMatchObject([{ state: 'verified', target: 'Odd "name" `x\\', rows: 1 }]);
    const rows = await clickhouse.query(`SELECT * EXCEPT __batch FROM ${quoted('Odd "name" `x\\')}`);
    expect(rows).toEqual([{ 'Sel"ect': 1, 'a`b\\c': "it's", _batch: 2 }]);
  });

  it('that is partitioned, inherited, or has generated and dropped columns comes with every row once', async () => {
    await postgres.query(`
      CREATE TABLE cut (id int, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE cut_a PARTITION OF cut FOR VALUES FROM ('2026-01-01') TO ('2026-02-01') PARTITION BY HASH (id);
      CREATE TABLE cut_a0 PARTITION OF cut_a FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE cut_a1 PARTITION OF cut_a FOR VALUES WITH (MODULUS 2, REMAINDER 1);
      CREATE TABLE cut_rest PARTITION OF cut DEFAULT;
      INSERT INTO cut SELECT g, '2026-01-20'::timestamptz + g * interval '1 hour' FROM generate_series(1, 500) g;
      CREATE TABLE parent (gone text, id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED);
      CREATE TABLE child (extra text) INHERITS (parent);
      ALTER TABLE parent DROP COLUMN gone;
      INSERT INTO parent (id) SELECT generate_series(1, 10);
      INSERT INTO child (id, extra) SELECT generate_series(11, 15), 'x';
      ANALYZE`);
    const { tables } = await rig.migrate({ tables: ['cut', 'parent'], chunkRows: 1_000 });
    expect(tables).toMatchObject([
      { target: 'cut', state: 'verified', rows: 500, chunks: 3 },
      { target: 'parent', state: 'verified', rows: 15 },
    ]);
    expect(await clickhouse.query('SELECT sum(id) AS ids, sum(twice) AS twice FROM parent')).toEqual([
      { ids: 120, twice: 240 },
    ]);
  });

  it('without a key, without rows, with 300 columns or with long values arrives as well', async () => {
    const columns = Array.from({ length: 300 }, (_, index) => `c${index} text DEFAULT 'v${index}'`).join(', ');
    await postgres.query(`
      CREATE TABLE keyless (v text); INSERT INTO keyless VALUES ('same'), ('same'), (NULL);
      CREATE TABLE nothing (id int PRIMARY KEY, v text);
      CREATE TABLE wide (${columns}); INSERT INTO wide DEFAULT VALUES;
      CREATE TABLE long (id int PRIMARY KEY, v text);
      INSERT INTO long SELECT g, repeat(md5(g::text), 100000) FROM generate_series(1, 30) g; ANALYZE long`);
    const { tables } = await rig.migrate({ tables: ['keyless', 'nothing', 'wide', 'long'] });
    expect(tables.map(({ state, rows }) => ({ state, rows }))).toEqual([
      { state: 'verified', rows: 3 },
      { state: 'verified', rows: 0 },
      { state: 'verified', rows: 1 },
      { state: 'verified', rows: 30 },
    ]);
    expect(
      await clickhouse.query('SELECT toUInt32(uniqExact(v)) AS n, toUInt32(sum(length(v))) AS bytes FROM long'),
    ).toEqual([{ n: 30, bytes: 96_000_000 }]);
  });

  it('that is there already and not ours is left alone, and stops no other', async () => {
    await postgres.query(`CREATE TABLE taken (id int PRIMARY KEY); INSERT INTO taken VALUES (1);
      CREATE TABLE beside (id int PRIMARY KEY); INSERT INTO beside VALUES (1)`);
    await rig.command('CREATE TABLE taken (id Int32) ENGINE = MergeTree ORDER BY id');
    const { tables } = await rig.migrate({ tables: ['taken', 'beside'] });
    expect(tables).toMatchObject([
      { state: 'failed', error: expect.stringContaining('taken already, which this migration did not make') },
      { state: 'verified' },
    ]);
    expect(await count('taken')).toBe(0);
  });

  it('takes names, types, sort key and columns from a map file', async () => {
    await postgres.query(`CREATE TABLE mapped (id int PRIMARY KEY, price numeric, note text, doc jsonb, at timestamptz);
      INSERT INTO mapped VALUES (1, 1.25, 'secret', '{"a": {"b": 1}}', 'infinity'), (2, 7, NULL, NULL, '2026-01-01')`);
    const map = {
      tables: {
        'public.mapped': {
          into: 'renamed',
          orderBy: ['id'],
          where: 'id > 0',
          columns: {
            note: false as const,
            price: { type: 'Decimal(10, 2)', into: 'amount' },
            doc: { type: 'JSON' },
            at: { type: 'String' },
          },
        },
      },
    };
    const { tables } = await rig.migrate({ tables: ['mapped'], map, allowLossy: true });
    expect(tables).toMatchObject([{ target: 'renamed', state: 'verified', changed: {} }]);
    expect(
      await clickhouse.query('SELECT toString(amount) AS amount, doc.a.b AS b, at FROM renamed ORDER BY id'),
    ).toEqual([
      { amount: '1.25', b: 1, at: 'infinity' },
      { amount: '7', b: null, at: '2026-01-01 00:00:00+00' },
    ]);
    await expect(
      rig.plan({ tables: ['mapped'], map: { tables: { 'public.mapped': { columns: { nope: false } } } } }),
    ).rejects.toThrow('has no column "nope"; it has id, price');
    await expect(
      rig.plan({ tables: ['mapped'], map: { tables: { 'public.mapped': { columns: { id: { type: 'UInt7' } } } } } }),
    ).rejects.toThrow('allowed: String');
  });
});

describe('values that ClickHouse cannot hold', () => {
  beforeAll(() =>
    postgres.query(`CREATE TABLE lossy (id int PRIMARY KEY, at timestamptz, d date NOT NULL, n numeric(9,2), a int[]);
      INSERT INTO lossy VALUES (1, 'infinity', '-infinity', 'NaN', NULL), (2, '0044-03-15 00:00:00+00 BC', '9999-12-31', 1.5, '{{1,2},{3,4}}'),
        (3, NULL, '2026-01-01', NULL, '{}')`),
  );

  it('stop their table, with the column and what would become of them', async () => {
    const { tables } = await rig.migrate({ tables: ['lossy'], into: 'strict' });
    expect(tables).toMatchObject([{ state: 'failed', rows: 0 }]);
    expect(tables[0]!.error).toMatch(
      /at: 2 rows, infinity and times before 1900.*d: 2 rows.*n: 1 rows, NaN becomes NULL.*a: 2 rows/,
    );
    expect(tables[0]!.error).toContain('--allow-lossy');
    expect(await count('strict')).toBe(0);
  });

  it('are copied as the plan says when that is allowed, and counted in the report', async () => {
    const { tables } = await rig.migrate({ tables: ['lossy'], into: 'lenient', allowLossy: true });
    expect(tables).toMatchObject([{ state: 'verified', rows: 3, changed: { at: 2, d: 2, n: 1, a: 2 } }]);
    const rows = await clickhouse.query<Record<string, unknown>>(
      'SELECT toString(at) AS at, toString(d) AS d, toString(n) AS n, a FROM lenient ORDER BY id',
    );
    expect(rows).toEqual([
      { at: '2299-12-31 23:59:59.999999', d: '1900-01-01', n: null, a: [] },
      { at: '1900-01-01 00:00:00.000000', d: '2299-12-31', n: '1.5', a: [1, 2, 3, 4] },
      { at: null, d: '2026-01-01', n: null, a: [] },
    ]);
  });
});

describe.each([
  ['SQL_ASCII', `E'\\\\xff\\\\xfe caf\\\\xe9'`, 'FFFE20636166E9'],
  ['LATIN1', `'caf' || chr(233)`, '636166C3A9'],
])('a database in %s', (encoding, value, hex) => {
  it('keeps its texts: bytes that are no encoding as they are, others as UTF-8', async () => {
    await using other = await startPostgres(18, { initdb: ['-E', encoding] });
    const own = new MigrationRig(other, clickhouse);
    try {
      await other.query(`SET client_encoding = 'SQL_ASCII'; CREATE TABLE texts (id int PRIMARY KEY, v text)`);
      await other.query(`INSERT INTO texts VALUES (1, ${value.replaceAll('\\\\', '\\')})`);
      const { tables } = await own.migrate({ into: `texts_${encoding}`, tables: ['texts'] });
      expect(tables).toMatchObject([{ state: 'verified', rows: 1 }]);
      expect(await clickhouse.query(`SELECT hex(v) AS v FROM texts_${encoding}`)).toEqual([{ v: hex }]);
    } finally {
      own.end();
    }
  });
});

describe('what is stored', () => {
  const ROWS = 20_000;
  beforeAll(() =>
    postgres.query(`CREATE TABLE many (id int PRIMARY KEY, v text); INSERT INTO many SELECT g, md5(g::text) FROM generate_series(1, ${ROWS}) g;
      ANALYZE many`),
  );
  const sumsOf = (table: string) =>
    clickhouse.query(
      `SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(id)) AS ids, toString(sum(cityHash64(id, v))) AS hash FROM ${table}`,
    );

  it('is put right chunk by chunk where it differs: rows lost, altered, doubled and left over', async () => {
    const given = { tables: ['many'], into: 'mended', chunkRows: 2_000 };
    const task = await rig.begin(given);
    await rig.run(task, given);
    const good = await sumsOf('mended');
    const { job } = rig.ledger(task);
    const chunks = rig.ledger(task).chunks(0);
    expect(chunks.length).toBeGreaterThan(8);
    const batch = (index: number) => batchOf(job, chunks[index]!.ordinal, chunks[index]!.attempt);
    const settings = 'SETTINGS mutations_sync = 2';
    for (const damage of [
      `ALTER TABLE mended DELETE WHERE _batch = ${batch(1)} AND id % 2 = 0 ${settings}`,
      `ALTER TABLE mended UPDATE v = 'altered' WHERE _batch = ${batch(3)} AND id % 100 = 0 ${settings}`,
      `INSERT INTO mended SELECT * FROM mended WHERE _batch = ${batch(5)}`,
      `INSERT INTO mended SELECT id, v, toUInt64(${batch(7)} + 1) FROM mended WHERE _batch = ${batch(7)}`,
    ]) {
      await rig.command(damage);
    }
    expect(await sumsOf('mended')).not.toEqual(good);
    // As if none of them had been verified yet: each is compared before anything is copied.
    for (const chunk of rig.ledger(task).chunks(0)) rig.ledger(task).update({ ...chunk, state: 'copying' });
    const { tables } = await rig.run(task, given);
    expect(await sumsOf('mended')).toEqual(good);
    expect(tables).toMatchObject([{ state: 'verified', rows: ROWS, chunksRepeated: 3 }]);
  });

  it('is that of one moment although the source is written to all the while, over a restart too', async () => {
    await postgres.query(`CREATE TABLE living (id int PRIMARY KEY, v int, pad text);
      INSERT INTO living SELECT g, 0, repeat('x', 50) FROM generate_series(1, ${ROWS}) g; ANALYZE living`);
    const given = { tables: ['living'], chunkRows: 1_000 };
    const task = await rig.begin(given);
    let writing = true;
    const writer = (async () => {
      // Each transaction keeps the sum: any mix of two moments shows.
      for (let turn = 0; writing; turn++) {
        const [a, b] = [1 + ((turn * 7_919) % ROWS), 1 + ((turn * 104_729 + 13) % ROWS)];
        if (a === b) continue;
        await postgres.query(
          `UPDATE living SET v = v + CASE id WHEN ${a} THEN 1 ELSE -1 END
           WHERE id IN (${a}, ${b}) AND (SELECT count(*) FROM living WHERE id IN (${a}, ${b})) = 2`,
        );
        if (turn % 10 === 0)
          await postgres.query(
            `WITH gone AS (DELETE FROM living WHERE id = (SELECT min(id) FROM living WHERE v = 0) RETURNING *) INSERT INTO living SELECT id + 1000000, v, pad FROM gone`,
          );
      }
    })();
    const cut = new AbortController();
    const half = rig.run(task, given, cut.signal).catch(() => {});
    await until(
      () =>
        rig
          .ledger(task)
          .chunks(0)
          .filter(({ state }) => state === 'verified').length > 5,
      60_000,
    );
    cut.abort(new Error('as a kill would'));
    await half;
    const { consistent, tables } = await rig.run(task, given);
    writing = false;
    await writer;
    expect(tables).toMatchObject([{ state: 'verified', rows: ROWS }]);
    expect(consistent).toBe(true);
    expect(
      await clickhouse.query(
        'SELECT toInt32(sum(v)) AS sum, toUInt32(count()) AS rows, toUInt32(uniqExact(id)) AS ids FROM living',
      ),
    ).toEqual([{ sum: 0, rows: ROWS, ids: ROWS }]);
  });

  it('is the same when the engine fetches the rows itself', async () => {
    const { tables } = await rig.migrate({ tables: ['many'], into: 'fetched', route: 'engine', chunkRows: 5_000 });
    expect(tables).toMatchObject([{ state: 'verified', rows: ROWS, chunksRepeated: 0, bytes: 0 }]);
    expect(await sumsOf('fetched')).toEqual(await sumsOf('mended'));
  });
});
