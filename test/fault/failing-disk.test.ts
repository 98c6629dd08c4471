import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { metric } from '../support/metrics.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { killProcess } from '../support/pause.ts';
import { hasStrace } from '../support/requirement.ts';
import { seededRandom, testSeed } from '../support/seed.ts';
import { tamper } from '../support/strace.ts';

const TF_IO = 74;
const SLOW_MS = 200;
/** One segment for the whole test: what is tampered with is known by its name. */
const ONE_SEGMENT = { 'flush.ageMsMax': 60_000, 'flush.strategy': 'size' };

describe.skipIf(!hasStrace())('a disk that fails', () => {
  test('to confirm a write: nothing is acknowledged from then on, the daemon ends with 74, the next start is exact', async () => {
    const { seed, oracle, ...running } = await underLoad();
    await using daemon = running.daemon;
    const enginePid = await daemon.enginePid();
    await oracle.stop();
    {
      await using _failing = await tamper(daemon.pid, 'fdatasync:error=EIO', segments(daemon));
      // Written but not confirmed: no answer at all, the connection breaks with the daemon's end.
      await expect(daemon.post({ name: 'unconfirmed', account: 'other' })).rejects.toThrow('fetch failed');
      expect(await daemon.exited()).toBe(TF_IO);
    }
    expect(daemon.output).toContain('TF_IO');
    expect(daemon.output).toContain('EIO');
    killProcess(enginePid);
    await expectExactAfterStart(daemon, oracle, seed);
  });

  test('to take the n-th write for lack of room: that group is refused, those before and after it are stored', async () => {
    const { seed, oracle, ...running } = await underLoad();
    await using daemon = running.daemon;
    {
      await using _failing = await tamper(daemon.pid, 'writev:error=ENOSPC:when=3+4', segments(daemon));
      await daemon.until(async () => (await metric(daemon, 'events_refused_total{reason="disk_full"}')) > 20);
    }
    const before = oracle.acknowledged();
    await daemon.until(async () => oracle.acknowledged() > before + 100);
    await oracle.stop();
    await daemon.control.flush();
    await daemon.drained();
    const verdict = await oracle.verdict(daemon);
    expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
    expect(verdict.refused).toBeGreaterThan(0);
  });

  test('to take a write, and then to take it back: the daemon ends with 74, the next start is exact', async () => {
    const { seed, oracle, ...running } = await underLoad();
    await using daemon = running.daemon;
    const enginePid = await daemon.enginePid();
    {
      const files = segments(daemon);
      await using _failing = await tamper(daemon.pid, 'writev,ftruncate:error=ENOSPC', files);
      expect(await daemon.exited()).toBe(TF_IO);
    }
    await oracle.stop();
    killProcess(enginePid);
    await expectExactAfterStart(daemon, oracle, seed);
  });

  test(`by being slow, ${SLOW_MS} ms a sync: answers take that long, groups grow, nothing is wrong`, async () => {
    const { seed, oracle, ...running } = await underLoad();
    await using daemon = running.daemon;
    {
      await using _slow = await tamper(daemon.pid, `fdatasync:delay_exit=${SLOW_MS * 1_000}`, segments(daemon));
      const startedAt = performance.now();
      expect((await daemon.post({ name: 'slow', account: 'other' })).status).toBe(202);
      expect(performance.now() - startedAt).toBeGreaterThan(SLOW_MS);
      const before = await commits(daemon);
      await new Promise((resolve) => setTimeout(resolve, 10 * SLOW_MS));
      const during = await commits(daemon);
      expect(during.count - before.count).toBeLessThanOrEqual(11);
      expect((during.rows - before.rows) / (during.count - before.count), 'rows of a group').toBeGreaterThan(2);
    }
    await oracle.stop();
    await daemon.control.flush();
    await daemon.drained();
    const verdict = await oracle.verdict(daemon);
    expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
    expect({ refused: verdict.refused, unknown: verdict.unknown }).toEqual({ refused: 0, unknown: 0 });
  });
});

async function underLoad() {
  const seed = testSeed();
  const daemon = await startDaemon({ settings: ONE_SEGMENT });
  const url = () => daemon.url;
  const oracle = new Oracle({ account: 'failing', url, random: seededRandom(seed) }).start();
  await daemon.until(async () => oracle.acknowledged() > 100);
  return { seed, daemon, oracle };
}

async function expectExactAfterStart(daemon: TestDaemon, oracle: Oracle, seed: number): Promise<void> {
  await daemon.start();
  await daemon.drained();
  const verdict = await oracle.verdict(daemon);
  expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
  expect(verdict.acknowledged).toBeGreaterThan(100);
}

/** The segment that is written and its spare. */
function segments(daemon: TestDaemon): string[] {
  const folder = path.join(daemon.home, 'spool', 'events');
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.seg'))
    .map((name) => path.join(folder, name));
}

async function commits(daemon: TestDaemon): Promise<{ count: number; rows: number }> {
  return {
    count: await metric(daemon, 'spool_commits_total'),
    rows: await metric(daemon, 'events_accepted_total'),
  };
}
