import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { metric } from '../support/metrics.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { killProcess, pauseProcess } from '../support/pause.ts';
import { hasTmpfs } from '../support/requirement.ts';
import { seededRandom, testSeed } from '../support/seed.ts';
import { openSmallDisk } from '../support/small-disk.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const SMALL_SEGMENTS = { 'flush.rowsMax': 500, 'flush.bytesMax': 64 * KIB, 'flush.ageMsMax': 50 };

let home: string;
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'trackflow-'));
});
afterEach(() => fs.promises.rm(home, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }));

describe.skipIf(!hasTmpfs())('a full disk', () => {
  test('below the spool: 503 with Retry-After, nothing else; it takes again by itself when there is room', async () => {
    await using disk = await openSmallDisk(home, 8 * MIB, ['spool']);
    await using daemon = await startDaemon({ home, wrapper: disk.wrapper, settings: SMALL_SEGMENTS });
    const { oracle, seed } = load(daemon);
    {
      using _standing = pauseProcess(await daemon.enginePid());
      await daemon.until(async () => oracle.acknowledged() > 500);
      disk.fill(100 * KIB);
      expect(await refusal(daemon)).toEqual({ retryAfter: '5', code: 'disk_full' });
      expect(await metric(daemon, 'events_refused_total{reason="disk_full"}')).toBeGreaterThan(0);
      const before = oracle.acknowledged();
      disk.free();
      await daemon.until(async () => oracle.acknowledged() > before + 500);
    }
    await expectExact(daemon, oracle, seed);
  });

  test('below the spool empties itself: batches leave while not a byte can be written', async () => {
    await using disk = await openSmallDisk(home, 8 * MIB, ['spool']);
    await using daemon = await startDaemon({ home, wrapper: disk.wrapper, settings: SMALL_SEGMENTS });
    const { oracle, seed } = load(daemon);
    {
      using _standing = pauseProcess(await daemon.enginePid());
      await daemon.until(async () => (await daemon.status()).spool.segments > 3);
      disk.fill();
      await daemon.until(() => refuses(daemon));
      await oracle.stop();
      expect((await daemon.status()).spool.rows).toBeGreaterThan(500);
      disk.fill();
      expect(disk.freeBytes).toBe(0);
    }
    await expectExact(daemon, oracle, seed);
    expect(disk.freeBytes, 'the room that the batches left').toBeGreaterThan(0);
    expect((await daemon.post({ name: 'after' })).status).toBe(202);
  });

  test('does not keep a daemon from starting, and then empties itself as well', async () => {
    await using disk = await openSmallDisk(home, 8 * MIB, ['spool']);
    await using daemon = await startDaemon({ home, wrapper: disk.wrapper, settings: SMALL_SEGMENTS });
    const { oracle, seed } = load(daemon);
    const enginePid = await daemon.enginePid();
    {
      using _standing = pauseProcess(enginePid);
      await daemon.until(async () => (await daemon.status()).spool.segments > 3);
      disk.fill();
      await daemon.until(() => refuses(daemon));
      await oracle.stop();
      await daemon.kill();
      killProcess(enginePid);
    }
    disk.fill();
    await daemon.start();
    await expectExact(daemon, oracle, seed);
    expect((await daemon.post({ name: 'after' })).status).toBe(202);
  });

  test('below spool and state.db at once: the same, client ids stay exact', async () => {
    await using disk = await openSmallDisk(home, 8 * MIB, ['spool', 'state.db']);
    await using daemon = await startDaemon({ home, wrapper: disk.wrapper, settings: SMALL_SEGMENTS });
    const { oracle, seed } = load(daemon, { retry: true, repeat: 0.2 });
    {
      using _standing = pauseProcess(await daemon.enginePid());
      await daemon.until(async () => (await daemon.status()).spool.segments > 3);
      disk.fill();
      await daemon.until(() => refuses(daemon));
    }
    // The flush makes room now and then, the load takes it: both go on at the brim.
    const before = oracle.acknowledged();
    await daemon.until(async () => oracle.acknowledged() > before + 500);
    disk.free();
    await daemon.until(async () => !(await refuses(daemon)));
    await expectExact(daemon, oracle, seed);
    expect(await metric(daemon, 'events_duplicate_total')).toBeGreaterThan(0);
  });

  test("below the engine: events are taken, and stored when there is room, without anybody's help", async () => {
    await using disk = await openSmallDisk(home, 64 * MIB, ['clickhouse']);
    await using daemon = await startDaemon({ home, wrapper: disk.wrapper, settings: SMALL_SEGMENTS });
    const enginePid = await daemon.enginePid();
    const { oracle, seed } = load(daemon);
    await daemon.until(async () => (await daemon.status()).events.stored > 500);
    disk.fill();
    await daemon.until(async () => (await metric(daemon, 'flush_inserts_total{outcome="refused"}')) > 0);
    const before = oracle.acknowledged();
    await daemon.until(async () => oracle.acknowledged() > before + 1_000);
    const status = await daemon.status();
    expect(status.spool.rows).toBeGreaterThan(500);
    // It comes with the next look at the breaker, a quarter of a second apart.
    await daemon.until(async () => (await daemon.status()).flush.lastError !== '');
    disk.free();
    await expectExact(daemon, oracle, seed);
    expect(await daemon.enginePid(), 'the engine was not restarted').toBe(enginePid);
  });
});

test('a spool at spool.bytesMax: 503 spool_full with Retry-After; it takes again once batches have left', async () => {
  const settings = { ...SMALL_SEGMENTS, 'spool.bytesMax': MIB };
  await using daemon = await startDaemon({ home, settings });
  const { oracle, seed } = load(daemon);
  {
    using _standing = pauseProcess(await daemon.enginePid());
    expect(await refusal(daemon)).toEqual({ retryAfter: '5', code: 'spool_full' });
    const health = await fetch(`${daemon.url}/health`);
    expect({ status: health.status, ...((await health.json()) as object) }).toMatchObject({
      status: 'unavailable',
      reason: 'spool_full',
    });
    expect(health.status).toBe(503);
    expect((await daemon.status()).health).toBe('degraded');
  }
  const before = oracle.acknowledged();
  await daemon.until(async () => oracle.acknowledged() > before + 500);
  await expectExact(daemon, oracle, seed);
});

function load(daemon: TestDaemon, options: { retry?: boolean; repeat?: number } = {}) {
  const seed = testSeed();
  const url = () => daemon.url;
  const random = seededRandom(seed);
  const oracle = new Oracle({ account: 'full', url, random, connections: 4, eventsPerRequest: 5, ...options });
  return { seed, oracle: oracle.start() };
}

/** Whether an event sent now is refused; one that is taken is not the oracle's and changes nothing for it. */
async function refuses(daemon: TestDaemon): Promise<boolean> {
  return (await probe(daemon)).status === 503;
}

/** The first refusal. At the brim a small event may still fit where a larger one did not. */
async function refusal(daemon: TestDaemon): Promise<{ retryAfter: string | null; code: string }> {
  let answer = await probe(daemon);
  await daemon.until(async () => {
    if (answer.status !== 503) answer = await probe(daemon);
    return answer.status === 503;
  });
  const { error } = (await answer.json()) as { error: { code: string } };
  return { retryAfter: answer.headers.get('retry-after'), code: error.code };
}

function probe(daemon: TestDaemon): Promise<Response> {
  return daemon.post({ name: 'probe', account: 'probe' });
}

async function expectExact(daemon: TestDaemon, oracle: Oracle, seed: number): Promise<void> {
  await oracle.stop();
  await daemon.drained();
  const verdict = await oracle.verdict(daemon);
  expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
}
