import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
