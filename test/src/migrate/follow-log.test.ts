import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APPLICATION } from '../../../src/migrate/postgres/connection.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';
import { fill, holdsTheSame, Writer } from './changing-table.ts';
import { MigrationRig } from './rig.ts';

const WAIT_MS = 120_000;
const TEST_MS = 240_000;

let clickhouse: TestEngine;
beforeAll(async () => {
  clickhouse = await startEngine({ migrated: false });
});
afterAll(() => clickhouse.stop());

/** Runs a migration until it follows. */
async function startFollowing(rig: MigrationRig, task: number, given: Parameters<MigrationRig['begin']>[0]) {
  const interrupt = new AbortController();
  const before = rig.copied;
  let outcome = '';
  const running = rig.run(task, given, interrupt.signal).catch((error) => {
    outcome = String(error);
  });
  return {
    isFollowing: async () => {
      await until(() => rig.copied > before || outcome !== '', WAIT_MS);
      expect(outcome).toBe('');
    },
    end: async () => {
      interrupt.abort(new Error('as Ctrl-C does'));
      await running;
      expect(outcome).toContain('as Ctrl-C does');
    },
  };
}

describe.each([18, 15] as const)('PostgreSQL %d with wal_level logical', (version) => {
  const skip = !hasPostgres(version);
  let postgres: TestPostgres;
  let rig: MigrationRig;
  const into = (name: string) => `${name}_${version}`;
  beforeAll(async () => {
    if (skip) return;
    postgres = await startPostgres(version, { settings: { wal_level: 'logical' } });
    rig = new MigrationRig(postgres, clickhouse);
  });
  afterAll(async () => {
    if (skip) return;
    rig.end();
    await postgres[Symbol.asyncDispose]();
  });
  /** Slots and publications. */
  const left = async () =>
    (
      await postgres.query<{ name: string }>(
        'SELECT slot_name::text AS name FROM pg_replication_slots UNION ALL SELECT pubname FROM pg_publication',
      )
    ).length;

  it.skipIf(skip)(
    'new, changed, moved and deleted rows arrive once, those of the copy too, and nothing is left in the source',
    async () => {
      await fill(postgres, 'items', 5_000);
      const given = { tables: ['items'], into: into('items'), follow: true, chunkRows: 1_000, bytesPerSecond: 200_000 };
      const task = await rig.begin(given);
      const migration = await startFollowing(rig, task, given);
      await until(() => rig.ledger(task).chunks(0).length > 2, WAIT_MS);
      const writer = new Writer(postgres, 'items');
      await migration.isFollowing();
      expect(rig.ledger(task).log).toMatchObject({ isFollowing: true, upsertUntil: null });
      await writer.end();
      await until(() => holdsTheSame(postgres, 'items', clickhouse, into('items')), WAIT_MS);
      expect(await left()).toBe(2);
      await postgres.query(`TRUNCATE items; INSERT INTO items VALUES (1, 1, NULL, E'tab\\t "quote" \\\\ {NULL}')`);
      await until(() => holdsTheSame(postgres, 'items', clickhouse, into('items')), WAIT_MS);
      await migration.end();
      expect(await left()).toBe(0);
      expect(await rig.verify(task, given)).toMatchObject({ tables: [{ state: 'verified', rows: 1 }] });
      // What comes while nobody follows is found when it is taken up again, with a slot of its own.
      await postgres.query(
        'INSERT INTO items SELECT g, g FROM generate_series(2, 3000) g; DELETE FROM items WHERE id = 1',
      );
      expect(await rig.verify(task, given)).toMatchObject({ tables: [{ state: 'differs' }] });
      const again = await startFollowing(rig, task, given);
      await again.isFollowing();
      await postgres.query('UPDATE items SET n = 0 WHERE id < 100');
      await until(() => holdsTheSame(postgres, 'items', clickhouse, into('items')), WAIT_MS);
      await again.end();
      expect(await left()).toBe(0);
      expect(rig.retries.splice(0)).toEqual([]);
    },
    TEST_MS,
  );

  it.skipIf(skip || version !== 18)(
    'a snapshot that is lost after the slot was made doubles no row, nor does a stream that is cut',
    async () => {
      await fill(postgres, 'cut', 5_000);
      const given = { tables: ['cut'], into: into('cut'), follow: true, chunkRows: 1_000, bytesPerSecond: 200_000 };
      const task = await rig.begin(given);
      const migration = await startFollowing(rig, task, given);
      await until(() => rig.ledger(task).chunks(0).length > 2, WAIT_MS);
      const writer = new Writer(postgres, 'cut');
      await postgres.cut(APPLICATION);
      await migration.isFollowing();
      expect(rig.ledger(task).log?.upsertUntil).not.toBeNull();
      const { ordinal } = rig.ledger(task).log!;
      await until(() => rig.ledger(task).log!.ordinal > ordinal, WAIT_MS);
      await postgres.cut(APPLICATION);
      await writer.end();
      await until(() => holdsTheSame(postgres, 'cut', clickhouse, into('cut')), WAIT_MS);
      await migration.end();
      expect(await left()).toBe(0);
      expect(rig.retries.splice(0)).not.toEqual([]);
    },
    TEST_MS,
  );

  it.skipIf(skip || version !== 18)(
    'a slot that keeps more log than it may is dropped, and new rows come by key',
    async () => {
      await fill(postgres, 'guarded', 5_000);
      const given = {
        ...{ tables: ['guarded'], into: into('guarded'), follow: true, chunkRows: 1_000, bytesPerSecond: 200_000 },
        walMax: 1_048_576,
      };
      const task = await rig.begin(given);
      const migration = await startFollowing(rig, task, given);
      await until(() => rig.ledger(task).log !== null, WAIT_MS);
      await postgres.query(`CREATE TABLE noise AS SELECT g, md5(g::text) FROM generate_series(1, 50000) g`);
      await until(() => rig.lost.length > 0, WAIT_MS);
      expect(rig.lost.splice(0)).toEqual([
        expect.stringMatching(/kept \d+ bytes of log .* more than 1048576: it is dropped/),
      ]);
      expect(await left()).toBe(0);
      await migration.isFollowing();
      await postgres.query(`INSERT INTO guarded VALUES (900000, 1, 'by key', NULL)`);
      await until(() => holdsTheSame(postgres, 'guarded', clickhouse, into('guarded')), WAIT_MS);
      await migration.end();
      await postgres.query('DROP TABLE noise');
    },
    TEST_MS,
  );

  it.skipIf(skip)(
    'a partitioned table whose key is a number and a time is followed as one',
    async () => {
      await postgres.query(`CREATE TABLE parted (id int, at timestamptz, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE parted_a PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
        CREATE TABLE parted_b PARTITION OF parted DEFAULT;
        INSERT INTO parted SELECT g, '2026-01-30'::timestamptz + g * interval '1 hour 0.5 s', 'old' FROM generate_series(1, 100) g`);
      const given = { tables: ['parted'], into: into('parted'), follow: true };
      const task = await rig.begin(given);
      const migration = await startFollowing(rig, task, given);
      await migration.isFollowing();
      await postgres.query(`UPDATE parted SET v = 'changed' WHERE id <= 60; DELETE FROM parted WHERE id % 2 = 0;
        UPDATE parted SET at = '2026-01-02' WHERE id = 99; INSERT INTO parted VALUES (7, '2027-01-01', 'new')`);
      const state = `countIf(v = 'changed'), countIf(v = 'old'), countIf(v = 'new'), toString(minIf(at, id = 99))`;
      await until(async () => {
        const [row] = await clickhouse.query<{ state: string }>(
          `SELECT toString((${state})) AS state FROM ${into('parted')}`,
        );
        return row!.state === "(30,20,1,'2026-01-02 00:00:00.000000')";
      }, WAIT_MS);
      await migration.end();
    },
    TEST_MS,
  );

  it.skipIf(skip)('the plan says of each table how it is followed, and why not by the log', async () => {
    await postgres.query(`CREATE TABLE keyless (v text); CREATE TABLE full_identity (id int PRIMARY KEY);
      ALTER TABLE full_identity REPLICA IDENTITY FULL; CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY);
      CREATE TABLE made (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED)`);
    const { tables } = await rig.plan({ tables: ['keyless', 'full_identity', 'unlogged', 'made'], follow: true });
    expect(tables.map(({ log, notes }) => [log, notes.at(-1)])).toEqual([
      [undefined, 'not followed; not by the log: it has no primary key'],
      [undefined, 'followed by id: new rows only; not by the log: its replica identity is f'],
      [undefined, 'followed by id: new rows only; not by the log: it is not logged'],
      [undefined, 'followed by id: new rows only; not by the log: the log leaves generated columns out'],
    ]);
  });
});
