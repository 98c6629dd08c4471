import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { endpointOf, execute, storeMany } from '../support/many-events.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { RunningCli } from '../support/running-cli.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

/** Kills in each direction; `TRACKFLOW_TEST_KILLS` makes it more. */
const KILLS = Math.ceil(Number(process.env.TRACKFLOW_TEST_KILLS ?? 30) / 8);
const ROWS = 20_000;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 2_500;
const MOVE_MS_MAX = 240_000;
const BUSY_FLUSH = { 'flush.rowsMax': 400, 'flush.ageMsMax': 30, 'flush.timeoutMs': 5_000 };

let home: string;
let server: TestEngine;
let daemon: TestDaemon;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'trackflow-move-kills-'));
  server = await startEngine({ migrated: false });
  writeFileSync(join(home, 'password'), server.endpoint.writer.password, { mode: 0o600 });
  daemon = await startDaemon({ home, settings: BUSY_FLUSH });
});
afterEach(async () => {
  await daemon[Symbol.asyncDispose]();
  await server.stop();
  rmSync(home, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
});

const SUMS = `SELECT toUInt32(count()) AS rows, toString(sum(cityHash64(event_id, occurred_at, url, batch, toJSONString(properties)))) AS sum
  FROM events WHERE account = 'many'`;

const toServer = () => {
  const { url, writer } = server.endpoint;
  return { to: 'url', url, user: writer.user, passwordFile: join(home, 'password') };
};

/** The state of the newest move; undefined while nobody answers. One that gave up after too many kills is asked again. */
async function stateOfMove(): Promise<string | undefined> {
  const found = await daemon.control.tasks({ kind: 'engine-move' }).catch(() => undefined);
  const task = found?.tasks[0];
  if (task?.state === 'failed' && /daemon ended \d+ times/.test(task.error)) {
    await daemon.control.retryTask(Number(task.id)).catch(() => {});
  }
  return task?.state;
}

async function killedMove(params: object, random: () => number): Promise<number> {
  await daemon.control.startTask('engine-move', params);
  let kills = 0;
  while (kills < KILLS && (await stateOfMove()) !== 'done') {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS_MIN + random() * (PAUSE_MS_MAX - PAUSE_MS_MIN)));
    await daemon.kill();
    kills++;
    await daemon.start();
  }
  await daemon.until(async () => (await stateOfMove()) === 'done', MOVE_MS_MAX);
  return kills;
}

describe('an acknowledged event is stored exactly once', () => {
  test('through kills of the daemon anywhere in a move, there and back', async () => {
    const seed = testSeed();
    const random = seededRandom(seed);
    await storeMany(endpointOf(home), 0, ROWS);
    const [before] = await daemon.query(SUMS);
    const url = () => daemon.url;
    const oracles = [
      new Oracle({ account: 'plain', url, random, connections: 3 }),
      new Oracle({ account: 'retrying', url, random, connections: 3, retry: true, repeat: 0.05 }),
    ].map((oracle) => oracle.start());
    const there = await killedMove(toServer(), random);
    await daemon.until(async () => (await daemon.status()).engine.kind === 'url');
    expect(await daemon.query(SUMS)).toEqual([before]);
    rmSync(join(home, 'clickhouse'), { recursive: true });
    const back = await killedMove({ to: 'embedded' }, random);
    await daemon.until(async () => (await daemon.status()).engine.kind === 'embedded');
    await Promise.all(oracles.map((oracle) => oracle.stop()));
    await daemon.drained();
    expect(await daemon.query(SUMS)).toEqual([before]);
    for (const oracle of oracles) {
      const verdict = await oracle.verdict(daemon);
      expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
      expect(verdict.acknowledged).toBeGreaterThan(0);
    }
    expect(there + back).toBeGreaterThan(1);
  }, 600_000);
});

describe('a daemon that died while a move was made good', () => {
  const place = () => (JSON.parse(readFileSync(join(home, 'run/place.json'), 'utf8')) as { data: string[] }).data;
  const both = () => ({ data: ['embedded trackflow', `url ${server.endpoint.url} trackflow`] });

  test('before the configuration was changed goes on with the engine of before', async () => {
    await storeMany(endpointOf(home), 0, 10);
    await daemon.kill();
    writeFileSync(join(home, 'run/place.json'), JSON.stringify(both()));
    await daemon.start();
    await daemon.until(async () => place().length === 1);
    expect(place()).toEqual(['embedded trackflow']);
    expect(await daemon.query(SUMS)).toMatchObject([{ rows: 10 }]);
  });

  test('after that goes on with the new one, which is marked no more', async () => {
    await daemon.kill();
    const { to: kind, ...where } = toServer();
    writeFileSync(join(home, 'trackflow.json'), JSON.stringify({ engine: { kind, ...where } }));
    writeFileSync(join(home, 'run/place.json'), JSON.stringify(both()));
    await execute({ ...server.endpoint, database: 'default' }, 'CREATE DATABASE IF NOT EXISTS trackflow');
    await execute(server.endpoint, 'CREATE TABLE trackflow_moving (home String) ENGINE = MergeTree ORDER BY home');
    await daemon.start();
    await daemon.until(async () => place().length === 1);
    expect(place()).toEqual([both().data[1]]);
    expect(await execute(server.endpoint, 'EXISTS TABLE trackflow_moving')).toBe('0');
  });
});

test(
  'a command that is killed leaves the move to the daemon',
  async () => {
    await storeMany(endpointOf(home), 0, ROWS);
    const { url, user, passwordFile } = toServer();
    const flags = ['--to', 'url', '--engine-url', url, '--engine-user', user, '--engine-password-file', passwordFile];
    await using cli = new RunningCli(['engine', 'move', ...flags, '--home', home]);
    await cli.until(({ stderr }) => stderr.includes('trackflow.task-progress/1'));
    await cli.end('SIGKILL');
    await daemon.until(async () => (await stateOfMove()) === 'done', MOVE_MS_MAX);
    expect((await daemon.status()).engine.kind).toBe('url');
    expect(await daemon.query(SUMS)).toMatchObject([{ rows: ROWS }]);
  },
  MOVE_MS_MAX,
);

test('a move whose target goes away is tried again and leaves the engine serving until it is done', async () => {
  await storeMany(endpointOf(home), 0, ROWS);
  const nowhere = { ...toServer(), url: 'http://127.0.0.1:1' };
  const { task } = await daemon.control.startTask('engine-move', nowhere);
  await daemon.post([{ name: 'meanwhile' }]);
  await daemon.drained();
  await daemon.control.cancelTask(Number(task.id));
  await daemon.until(async () => (await stateOfMove()) === 'cancelled');
  expect((await daemon.status()).engine.kind).toBe('embedded');
  expect(await daemon.query('SELECT toUInt32(count()) AS n FROM events')).toEqual([{ n: ROWS + 1 }]);
});
