import { describe, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { pauseProcess } from '../support/pause.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

/** How long the engine is stopped. `TRACKFLOW_TEST_PAUSE_MS=30000` is the long run. */
const ENGINE_PAUSE_MS = Number(process.env.TRACKFLOW_TEST_PAUSE_MS ?? 10_000);
const DAEMON_PAUSE_MS = 5_000;
const FLUSH = { 'flush.rowsMax': 2_000, 'flush.ageMsMax': 50, 'flush.timeoutMs': 2_000 };
const TEST_MS_MAX = 60_000 + 3 * ENGINE_PAUSE_MS;

describe('a process that stands still under load', () => {
  test(
    `the engine, for ${ENGINE_PAUSE_MS / 1_000} s: events are taken all the while, and stored once afterwards`,
    async () => {
      const seed = testSeed();
      await using daemon = await startDaemon({ settings: FLUSH });
      const url = () => daemon.url;
      const oracle = new Oracle({ account: 'paused', url, random: seededRandom(seed), connections: 4 }).start();
      await daemon.until(async () => oracle.acknowledged() > 100);
      {
        using _standing = pauseProcess(await daemon.enginePid());
        const rows: number[] = [];
        const acknowledged: number[] = [];
        for (let part = 0; part < 4; part++) {
          await new Promise((resolve) => setTimeout(resolve, ENGINE_PAUSE_MS / 4));
          rows.push((await daemon.status()).spool.rows);
          acknowledged.push(oracle.acknowledged());
        }
        expect(rows, 'the spool grows').toEqual(rows.toSorted((a, b) => a - b));
        expect(new Set(acknowledged).size, 'events are taken in each part of the pause').toBe(4);
        expect((await fetch(`${daemon.url}/health`)).status).toBe(200);
        expect((await daemon.status()).engine.state).toBe('down');
      }
      await oracle.stop();
      await daemon.drained();
      const verdict = await oracle.verdict(daemon);
      expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
      expect({ refused: verdict.refused, unknown: verdict.unknown }).toEqual({ refused: 0, unknown: 0 });
    },
    TEST_MS_MAX,
  );

  test(
    `the daemon, for ${DAEMON_PAUSE_MS / 1_000} s: it goes on, and what clients repeat is stored once`,
    async () => {
      const seed = testSeed();
      await using daemon = await startDaemon({ settings: FLUSH });
      const url = () => daemon.url;
      const random = seededRandom(seed);
      // These give up before the pause ends, and send again what the daemon may have taken.
      const options = { url, random, connections: 4, requestMs: 1_000 };
      const oracles = [
        new Oracle({ ...options, account: 'plain' }),
        new Oracle({ ...options, account: 'retrying', retry: true }),
      ].map((oracle) => oracle.start());
      await daemon.until(async () => oracles.every((oracle) => oracle.acknowledged() > 100));
      const before = oracles.map((oracle) => oracle.acknowledged());
      {
        using _standing = pauseProcess(daemon.pid);
        await new Promise((resolve) => setTimeout(resolve, DAEMON_PAUSE_MS));
      }
      await daemon.until(async () => oracles.every((oracle, index) => oracle.acknowledged() > before[index]! + 100));
      await Promise.all(oracles.map((oracle) => oracle.stop()));
      await daemon.drained();
      for (const oracle of oracles) {
        const verdict = await oracle.verdict(daemon);
        expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
      }
    },
    TEST_MS_MAX,
  );
});
