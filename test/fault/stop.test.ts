import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { killProcess, pauseProcess } from '../support/pause.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

const STOP_MS = 10_000;
/** What an end takes beyond the time that it has for answers and flush: the engine's own end above all. */
const END_MS_MAX = 5_000;
const FLUSH = { 'flush.rowsMax': 500, 'flush.ageMsMax': 50, 'stop.timeoutMs': STOP_MS };
const SIGNALLED_TWICE = 130;

describe('a stop', () => {
  test('under load ends with 0 within its deadline, and each request has an answer or a connection that closed', async () => {
    const { seed, oracle, ...running } = await underLoad();
    await using daemon = running.daemon;
    const startedAt = performance.now();
    expect(await daemon.stop()).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(STOP_MS + END_MS_MAX);
    // The oracle fails on any other answer than 202 and 503.
    await oracle.stop();
    await daemon.start();
    await daemon.drained();
    expect({ seed, ...faults(await oracle.verdict(daemon)) }).toEqual({ seed, ...NO_FAULTS });
  });

  test('with an engine that answers leaves nothing in the spool', async () => {
    const { seed, oracle, ...running } = await underLoad();
    await using daemon = running.daemon;
    await oracle.stop();
    expect(await daemon.stop()).toBe(0);
    await daemon.start();
    expect(recoveredRows(daemon)).toBe(0);
    await daemon.drained();
    expect({ seed, ...faults(await oracle.verdict(daemon)) }).toEqual({ seed, ...NO_FAULTS });
  });

  test('that cannot keep the running sessions ends with 0 all the same', async () => {
    await using daemon = await startDaemon({ settings: FLUSH });
    // In the place of the file, which then cannot be written.
    fs.mkdirSync(path.join(daemon.home, 'run', 'sessions.bin'));
    expect(await daemon.stop()).toBe(0);
  });

  test('that is signalled twice ends at once and loses nothing', async () => {
    const { seed, oracle, ...running } = await underLoad();
    await using daemon = running.daemon;
    {
      // The flush cannot end, so the first signal alone would take the whole deadline.
      using _standing = pauseProcess(await daemon.enginePid());
      await daemon.until(async () => (await daemon.status()).spool.rows > 1_000);
      process.kill(daemon.pid, 'SIGTERM');
      await daemon.until(() => refusesConnections(daemon));
      const startedAt = performance.now();
      process.kill(daemon.pid, 'SIGTERM');
      expect(await daemon.exited()).toBe(SIGNALLED_TWICE);
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    }
    await oracle.stop();
    await daemon.start();
    await daemon.drained();
    const verdict = await oracle.verdict(daemon);
    expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
    expect(verdict.acknowledged).toBeGreaterThan(1_000);
  });

  test('with an engine that stands still ends with 0 at its deadline and leaves the rest in the spool', async () => {
    const { seed, oracle, ...running } = await underLoad({ 'stop.timeoutMs': 2_000 });
    await using daemon = running.daemon;
    const enginePid = await daemon.enginePid();
    {
      using _standing = pauseProcess(enginePid);
      await daemon.until(async () => (await daemon.status()).spool.rows > 500);
      const startedAt = performance.now();
      expect(await daemon.stop()).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(2_000 + END_MS_MAX);
      killProcess(enginePid);
    }
    await oracle.stop();
    await daemon.start();
    await expectRestInSpool(daemon, oracle, seed);
  });

  test('with an engine that is not there ends at once and leaves the rest in the spool', async () => {
    const seed = testSeed();
    await using without = await startDaemon({ settings: { ...FLUSH, ...NOBODY_THERE }, listeningOnly: true });
    const url = () => without.url;
    const oracle = new Oracle({ account: 'stopped', url, random: seededRandom(seed) }).start();
    await without.until(async () => oracle.acknowledged() > 500);
    const startedAt = performance.now();
    expect(await without.stop()).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(END_MS_MAX);
    await oracle.stop();
    await using daemon = await startDaemon({ settings: FLUSH, home: without.home });
    await expectRestInSpool(daemon, oracle, seed);
  });
});

/** A server that is nowhere: port 9 discards, and nobody listens on it. */
const NOBODY_THERE = { 'engine.kind': 'url', 'engine.url': 'http://127.0.0.1:9' };

async function underLoad(settings: Record<string, unknown> = {}) {
  const seed = testSeed();
  const daemon = await startDaemon({ settings: { ...FLUSH, ...settings } });
  const url = () => daemon.url;
  const oracle = new Oracle({ account: 'stopped', url, random: seededRandom(seed) }).start();
  await daemon.until(async () => oracle.acknowledged() > 200);
  return { seed, daemon, oracle };
}

/** The daemon, started anew, found rows in its spool and stores them. */
async function expectRestInSpool(daemon: TestDaemon, oracle: Oracle, seed: number): Promise<void> {
  expect(recoveredRows(daemon)).toBeGreaterThan(100);
  await daemon.drained();
  expect({ seed, ...faults(await oracle.verdict(daemon)) }).toEqual({ seed, ...NO_FAULTS });
}

async function refusesConnections(daemon: TestDaemon): Promise<boolean> {
  return fetch(`${daemon.url}/ping`).then(
    ({ status }) => status === 503,
    () => true,
  );
}

/** Events that the last start found in the spool. */
function recoveredRows(daemon: TestDaemon): number {
  const line = daemon
    .log(1_000)
    .split('\n')
    .findLast((each) => each.includes('"spool_recovered"') && each.includes('"table":"events"'))!;
  return (JSON.parse(line) as { rows: number }).rows;
}
