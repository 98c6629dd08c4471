import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

const REPLICAS = ['first', 'second', 'third'] as const;
const KILLS = 4;
const EVENTS_BETWEEN = 200;
/** Small batches: each replica gets through many numbers. */
const BUSY_FLUSH = { 'flush.rowsMax': 100, 'flush.ageMsMax': 30, 'flush.timeoutMs': 5_000 };

let server: TestEngine;
let folder: string;
const daemons: TestDaemon[] = [];
beforeAll(async () => {
  server = await startEngine({ migrated: false });
  folder = mkdtempSync(join(tmpdir(), 'trackflow-replicas-'));
  const { url, writer } = server.endpoint;
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, writer.password, { mode: 0o600 });
  const engine = {
    'engine.kind': 'url',
    'engine.url': url,
    'engine.user': writer.user,
    'engine.passwordFile': passwordFile,
  };
  // At once: three of them bring the same schema up to date.
  const settings = { ...BUSY_FLUSH, ...engine };
  daemons.push(...(await Promise.all(REPLICAS.map((name) => startDaemon({ home: join(folder, name), settings })))));
}, 120_000);
afterAll(async () => {
  await Promise.all(daemons.map((daemon) => daemon[Symbol.asyncDispose]()));
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('three daemons that flush into one table', () => {
  test('store each acknowledged event once through kills, and no two share a batch number', async () => {
    const seed = testSeed();
    const random = seededRandom(seed);
    const oracles = daemons.map((daemon, index) =>
      new Oracle({ account: REPLICAS[index]!, url: () => daemon.url, random, connections: 3, retry: true }).start(),
    );
    for (let kill = 0; kill < KILLS; kill++) {
      const index = Math.floor(random() * daemons.length);
      const before = oracles[index]!.acknowledged();
      await daemons[index]!.until(async () => oracles[index]!.acknowledged() > before + EVENTS_BETWEEN);
      await daemons[index]!.kill();
      await daemons[index]!.start();
    }
    await Promise.all(oracles.map((oracle) => oracle.stop()));
    for (const [index, daemon] of daemons.entries()) {
      await daemon.drained();
      const verdict = await oracles[index]!.verdict(daemon);
      expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
      expect(verdict.acknowledged).toBeGreaterThan(0);
    }
    // Each oracle is one replica's: numbers of two replicas would be numbers of two accounts.
    const ranges = await server.query<{ account: string; batches: number; first: string; last: string }>(
      `SELECT account, toFloat64(uniqExact(batch)) AS batches, toString(min(batch)) AS first, toString(max(batch)) AS last
       FROM events GROUP BY account ORDER BY min(batch)`,
    );
    expect(ranges.map(({ account }) => account).sort()).toEqual([...REPLICAS].sort());
    for (const [index, { batches, first }] of ranges.entries()) {
      expect(batches).toBeGreaterThan(10);
      if (index > 0) expect(BigInt(first)).toBeGreaterThan(BigInt(ranges[index - 1]!.last));
    }
  }, 180_000);
});
