import { describe, expect, test } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

/**
 * SIGKILL under load, again and again. `TRACKFLOW_TEST_KILLS=2000` is the long run (about an hour): 30 is the suite's.
 */
const KILLS = Number(process.env.TRACKFLOW_TEST_KILLS ?? 30);
const PAUSE_MS_MIN = 60;
const PAUSE_MS_MAX = 500;
/** Small batches and short ages: many inserts, so that kills meet every step of them. */
const BUSY_FLUSH = { 'flush.rowsMax': 400, 'flush.ageMsMax': 30, 'flush.timeoutMs': 5_000 };
const MONTH_MS = 31 * 86_400_000;

describe('an acknowledged event is stored exactly once', () => {
  test(
    `through ${KILLS} kills of the daemon, the engine, or both at random times under load`,
    async () => {
      const seed = testSeed();
      const random = seededRandom(seed);
      await using daemon = await startDaemon({ settings: BUSY_FLUSH });
      const url = () => daemon.url;
      const oracles = [
        new Oracle({ account: 'plain', url, random, connections: 6 }),
        new Oracle({ account: 'retrying', url, random, connections: 6, retry: true, repeat: 0.05 }),
        // Batches over two partitions: a kill between them leaves one stored and one not.
        new Oracle({ account: 'months', url, random, connections: 4, eventsPerRequest: 20, retry: true, occurredAt }),
      ].map((oracle) => oracle.start());
      const targets = { daemon: 0, engine: 0, both: 0 };
      for (let kill = 0; kill < KILLS; kill++) {
        await pause(PAUSE_MS_MIN + random() * (PAUSE_MS_MAX - PAUSE_MS_MIN));
        const target = (['daemon', 'engine', 'both'] as const)[Math.floor(random() * 3)]!;
        targets[target]++;
        await strike(daemon, target);
      }
      await Promise.all(oracles.map((oracle) => oracle.stop()));
      const status = await daemon.drained();
      for (const oracle of oracles) {
        const verdict = await oracle.verdict(daemon);
        expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
        expect(verdict.acknowledged).toBeGreaterThan(KILLS);
      }
      expect(Object.values(targets).reduce((sum, count) => sum + count)).toBe(KILLS);
      expect(status.events.accepted).toBe(status.events.stored);
      expect(status.spool.quarantined).toBe(0);
    },
    60_000 + KILLS * 5_000,
  );
});

function occurredAt(n: number): number {
  return Date.now() - (n % 2) * MONTH_MS;
}

async function strike(daemon: TestDaemon, target: 'daemon' | 'engine' | 'both'): Promise<void> {
  const enginePid = target === 'daemon' ? 0 : await daemon.enginePid().catch(() => 0);
  if (target !== 'engine') {
    await daemon.kill();
    if (enginePid > 0) killIfThere(enginePid);
    await daemon.start();
  } else if (enginePid > 0) {
    killIfThere(enginePid);
    await daemon.until(async () => {
      const { engine } = await daemon.status();
      return engine.state === 'ready' && engine.pid !== enginePid;
    });
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
