import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MigrationLedger } from '../../../daemon/tasks/migration-ledger.ts';
import { APPLICATION } from '../../../src/migrate/postgres/connection.ts';
import { MigrationRig } from '../../src/migrate/rig.ts';
import { startDaemon } from '../../support/daemon.ts';
import { startEngine, type TestEngine } from '../../support/engine.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { hasTmpfs } from '../../support/requirement.ts';
import { seededRandom, testSeed } from '../../support/seed.ts';
import { openSmallDisk } from '../../support/small-disk.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { until } from '../../support/until.ts';
import { makeTable, migrateUnderKills, wholeTable } from './killed-migration.ts';

/** `test/fault/migrate/kills.ts` does it 200 times with two million rows. */
const KILLS = 10;
const ROWS = 50_000;
const MIB = 1024 * 1024;
const WAIT_MS = 60_000;
/** So that there is a middle to break something in. */
const SLOW = { tables: ['kept'], chunkRows: 2_000, bytesPerSecond: 2_000_000 };

let clickhouse: TestEngine;
let postgres: TestPostgres;
let rig: MigrationRig;
beforeAll(async () => {
  [clickhouse, postgres] = await Promise.all([startEngine({ migrated: false }), startPostgres(18)]);
  await makeTable(postgres, 'kept', ROWS);
  rig = new MigrationRig(postgres, clickhouse);
});
afterAll(async () => {
  rig.end();
  await postgres[Symbol.asyncDispose]();
  await clickhouse.stop();
});

it(`a migration that is killed ${KILLS} times ends with every row once, bit for bit`, async () => {
  const seed = testSeed();
  const killed = await migrateUnderKills({
    folder: temporaryHome(),
    postgres,
    clickhouse,
    table: 'kept',
    kills: KILLS,
    chunkRows: 2_000,
    bytesPerSecond: 1_000_000,
    killWithinMs: 400,
    random: seededRandom(seed),
  });
  expect({ seed, ...killed }).toMatchObject({
    report: { consistent: true, tables: [{ state: 'verified', rows: ROWS }] },
  });
  const { source, target } = await wholeTable(postgres, clickhouse, 'kept');
  expect({ seed, target }).toEqual({ seed, target: source });
}, 180_000);

describe('a migration goes on by itself', () => {
  const isHalfDone = (task: number) =>
    rig
      .ledger(task)
      .chunks(0)
      .filter(({ state }) => state === 'verified').length > 3;

  it('when every connection of the source is cut, the one that holds the snapshot too', async () => {
    const given = { ...SLOW, into: 'cut' };
    const task = await rig.begin(given);
    const running = rig.run(task, given);
    await until(() => isHalfDone(task), WAIT_MS);
    expect(await postgres.cut(APPLICATION)).toBeGreaterThan(1);
    expect(await running).toMatchObject({ consistent: true, tables: [{ state: 'verified', rows: ROWS }] });
  });

  it('by key when no snapshot lasts, and ends with each row once although rows are written all the while', async () => {
    await postgres.query(
      'CREATE TABLE grows (id bigserial PRIMARY KEY, v text NOT NULL, at timestamptz DEFAULT now())',
    );
    await postgres.query(`INSERT INTO grows (v) SELECT md5(g::text) FROM generate_series(1, 20000) g; ANALYZE grows`);
    await postgres.query('CREATE TABLE keyless AS SELECT * FROM grows; ANALYZE keyless');
    // Not even the chunks of one table are read in one snapshot.
    const update = MigrationLedger.prototype.update;
    const cuts: Promise<unknown>[] = [];
    let updates = 0;
    const spy = vi.spyOn(MigrationLedger.prototype, 'update').mockImplementation(function (
      this: MigrationLedger,
      chunk,
    ) {
      update.call(this, chunk);
      if (++updates % 5 === 0) cuts.push(writeAndCut(updates));
    });
    const writeAndCut = async (turn: number) => {
      await postgres.query(`INSERT INTO grows (v) VALUES (md5('a${turn}')), (md5('b${turn}'))`);
      await postgres.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = $1 AND state = 'idle in transaction' AND query LIKE '%pg_export_snapshot%'`,
        [APPLICATION],
      );
    };
    const given = { tables: ['grows', 'keyless'], chunkRows: 1_000 };
    const task = await rig.begin(given);
    const { consistent, tables } = await rig.run(task, given);
    spy.mockRestore();
    await Promise.all(cuts);
    expect({ consistent, tables }).toMatchObject({
      consistent: false,
      tables: [
        { target: 'grows', state: 'verified', error: '' },
        { target: 'keyless', state: 'failed', error: expect.stringContaining('lasted long enough') },
      ],
    });
    const rows = tables[0]!.rows;
    expect(rows).toBeGreaterThan(20_000);
    const hash = (of: string) => `SELECT count(*)::int AS rows, sum(id)::text AS ids FROM ${of}`;
    expect(
      await clickhouse.query(
        'SELECT toUInt32(count()) AS rows, toString(sum(id)) AS ids, toUInt32(uniqExact(v)) AS different FROM grows',
      ),
    ).toEqual([
      {
        ...(await postgres.query<{ rows: number }>(hash(`(SELECT id FROM grows ORDER BY id LIMIT ${rows}) first`)))[0]!,
        different: rows,
      },
    ]);
  }, 180_000);

  it('when the engine is killed', async () => {
    const given = { ...SLOW, into: 'bereft' };
    const task = await rig.begin(given);
    const running = rig.run(task, given);
    await until(() => isHalfDone(task), WAIT_MS);
    const before = clickhouse.engine.pid;
    process.kill(before, 'SIGKILL');
    expect(await running).toMatchObject({ consistent: true, tables: [{ state: 'verified', rows: ROWS }] });
    expect(clickhouse.engine.pid).not.toBe(before);
    expect(
      await clickhouse.query('SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(id)) AS ids FROM bereft'),
    ).toEqual([{ rows: ROWS, ids: ROWS }]);
  });

  it.skipIf(!hasTmpfs())('when the disk of the engine was full, once there is room again', async () => {
    const home = fs.mkdtempSync(path.join(temporaryHome(), 'home-'));
    await using disk = await openSmallDisk(home, 192 * MIB, ['clickhouse']);
    await using daemon = await startDaemon({ home, wrapper: disk.wrapper });
    disk.fill(MIB / 2);
    const { task } = await daemon.control.startTask('migrate', rig.params({ tables: ['kept'], chunkRows: 20_000 }));
    await daemon.until(async () =>
      (await daemon.control.task(Number(task.id))).log.some(({ event }) => event === 'migration_retried'),
    );
    disk.free();
    await daemon.until(async () => ['done', 'failed'].includes((await daemon.control.task(Number(task.id))).state));
    expect(await daemon.control.task(Number(task.id))).toMatchObject({ state: 'done', error: '' });
    expect(await daemon.query('SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(id)) AS ids FROM kept')).toEqual([
      { rows: ROWS, ids: ROWS },
    ]);
  });
});
