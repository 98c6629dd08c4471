import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { type Fault, type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { metric } from '../support/metrics.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

/** Small batches: many inserts, so that the network can do to each what it likes. */
const BUSY_FLUSH = { 'flush.rowsMax': 300, 'flush.ageMsMax': 20, 'flush.timeoutMs': 2_000 };
const FAULTS_MIN = 8;
const FAULT_SHARE = 0.5;
const LATE_MS_MAX = 1_200;
const MONTH_MS = 31 * 86_400_000;

let clickhouse: TestEngine;
let databases = 0;
beforeAll(async () => {
  clickhouse = await startEngine({ migrated: false });
});
afterAll(() => clickhouse.stop());

describe('between the daemon and ClickHouse, an acknowledged event is stored exactly once', () => {
  test('when the answer is lost after the insert was carried out', () =>
    throughFaults(() => ({ kind: 'lose_answer' })));

  test('when the body is cut and the connection breaks', () =>
    throughFaults((random) => ({ kind: 'cut', share: random() })));

  test('when a shorter body arrives as if it were whole, an empty one too', () =>
    throughFaults((random) => ({ kind: 'shorten', share: random() < 0.5 ? 0 : random() })));

  test('when an insert that was given up arrives late, before its repetition or after it', () =>
    throughFaults((random) => ({ kind: 'delay', ms: random() * LATE_MS_MAX })));

  test('when an insert that was answered arrives again', async () => {
    const { verifications } = await play((random) => ({ kind: 'repeat', ms: random() * LATE_MS_MAX }));
    // Each was a plain success: there was nothing to verify, and the server dropped the repetition by its token.
    expect(verifications).toBe(0);
  });

  test('when a proxy answers 500 or 503 by itself, before the insert or after it', () =>
    throughFaults((random) => ({ kind: 'page', status: random() < 0.5 ? 500 : 503, carriedOut: random() < 0.5 })));

  test('when connections are refused for a while', async () => {
    const outage = async (proxy: FaultProxy, daemon: TestDaemon, oracle: Oracle) => {
      await daemon.until(async () => oracle.acknowledged() > 200);
      await proxy.refuse();
      const before = oracle.acknowledged();
      await daemon.until(async () => (await daemon.status()).engine.state === 'down');
      await daemon.until(async () => oracle.acknowledged() > before + 200);
      expect((await daemon.status()).spool.rows).toBeGreaterThan(0);
      await proxy.accept();
    };
    await play(() => null, outage);
  });
});

async function throughFaults(fault: (random: () => number) => Fault): Promise<void> {
  const { verifications, mistreated } = await play(fault);
  expect(verifications).toBeGreaterThan(0);
  expect(mistreated).toBeGreaterThanOrEqual(FAULTS_MIN);
}

/** Load through the proxy, half of the inserts mistreated; then peace, and the verdict. */
async function play(
  fault: (random: () => number) => Fault | null,
  during: (proxy: FaultProxy, daemon: TestDaemon, oracle: Oracle) => Promise<void> = untilFaults,
): Promise<{ verifications: number; mistreated: number }> {
  const seed = testSeed();
  const random = seededRandom(seed);
  await using proxy = await openFaultProxy(clickhouse.endpoint.url);
  await using daemon = await startDaemon({ settings: { ...BUSY_FLUSH, ...engineBehind(proxy) } });
  proxy.fault = () => (random() < FAULT_SHARE ? fault(random) : null);
  const url = () => daemon.url;
  const months = (n: number) => Date.now() - (n % 2) * MONTH_MS;
  const oracle = new Oracle({ account: 'net', url, random, eventsPerRequest: 5, occurredAt: months }).start();
  try {
    await during(proxy, daemon, oracle);
  } finally {
    proxy.fault = () => null;
    await oracle.stop();
  }
  await daemon.drained();
  await proxy.settled();
  const verdict = await oracle.verdict(daemon);
  expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
  expect(verdict.acknowledged).toBeGreaterThan(100);
  expect(await metric(daemon, 'flush_excess_rows_total')).toBe(0);
  return { verifications: await metric(daemon, 'flush_verifications_total'), mistreated: proxy.faults };
}

async function untilFaults(proxy: FaultProxy, daemon: TestDaemon): Promise<void> {
  await daemon.until(async () => proxy.faults >= FAULTS_MIN, 30_000);
}

/** Settings of a daemon whose ClickHouse is behind the proxy, in a database of its own. */
function engineBehind(proxy: FaultProxy): Record<string, unknown> {
  const { user, password } = clickhouse.endpoint.writer;
  const passwordFile = path.join(clickhouse.home, 'password');
  fs.writeFileSync(passwordFile, password, { mode: 0o600 });
  databases++;
  return {
    'engine.kind': 'url',
    'engine.url': proxy.url,
    'engine.user': user,
    'engine.passwordFile': passwordFile,
    'engine.database': `network_${databases}`,
  };
}
