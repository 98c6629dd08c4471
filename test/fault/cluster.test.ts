import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { clusterEnvironment, startTestDocker } from '../support/docker.ts';
import { metrics } from '../support/metrics.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

/** Several containers one after the other, on a machine that may have other work. */
const TEST_MS_MAX = 300_000;
/** Small batches and short ages: many inserts, so that a fault meets every step of them. */
const BUSY_FLUSH = { 'flush.rowsMax': 400, 'flush.ageMsMax': 30, 'flush.timeoutMs': 5_000 };
/** Events between two faults: enough that some are on every part of their way. */
const EVENTS_BETWEEN = 100;

const docker = await startTestDocker();
afterAll(() => docker?.stop());

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'trackflow-cluster-fault-'));
});
afterEach(() => {
  docker!.clear();
  rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

/** The document of a command that succeeds. */
async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await runCli([...args, '--json', '--home', home], {
    env: clusterEnvironment(docker!),
  });
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe.skipIf(docker === null)('events in a cluster under load', { timeout: TEST_MS_MAX }, () => {
  test('are stored exactly once while a shard is added, killed, and away; what a shard lacks is named', async () => {
    const seed = testSeed();
    const random = seededRandom(seed);
    await json('cluster', 'up', '--shards', '2');
    // No word of the engine: a home that has a cluster uses it.
    await using daemon = await startDaemon({ home, settings: BUSY_FLUSH, environment: clusterEnvironment(docker!) });
    // A request goes to several shards.
    const common = { url: () => daemon.url, random, connections: 2, eventsPerRequest: 5, visitors: 50 };
    const oracles = [
      new Oracle({ account: 'plain', ...common }),
      new Oracle({ account: 'retrying', ...common, retry: true, repeat: 0.05 }),
    ].map((oracle) => oracle.start());
    await accepted(daemon, oracles[0]!);

    // A shard more, while events come; the daemon sends to it from its next start on.
    expect(await json('cluster', 'scale', '--shards', '3')).toMatchObject({ changed: true, restart: true });
    const nodes = docker!.containers().sort();
    expect(nodes).toHaveLength(3);
    await stored(daemon);
    await daemon.stop();
    await daemon.start();
    await accepted(daemon, oracles[0]!);
    expect((await daemon.status()).engine).toMatchObject({
      kind: 'cluster',
      state: 'ready',
      shards: [{ shard: 1 }, { shard: 2 }, { shard: 3 }],
      container: { status: 'running' },
    });

    // One is killed and comes back by itself.
    const startedAt = docker!.inspect(nodes[1]!, '.State.StartedAt');
    docker!.run('kill', nodes[1]!);
    await daemon.until(async () => docker!.inspect(nodes[1]!, '.State.StartedAt') !== startedAt);
    await stored(daemon);
    await accepted(daemon, oracles[0]!);

    // One is away for a while: its events wait, those of the others do not, and whoever reads is told.
    docker!.run('pause', nodes[2]!);
    await daemon.until(async () => (await daemon.status()).engine.shards![2]!.state === 'down');
    const { events } = await daemon.status();
    await accepted(daemon, oracles[0]!);
    await daemon.until(async () => {
      const status = await daemon.status();
      return status.events.stored > events.stored && status.engine.shards![2]!.spooledRows > 0;
    });
    const away = await daemon.status();
    expect(away.health).toBe('degraded');
    expect(away.problems.join()).toContain('shard 3 is down');
    expect(await daemon.control.query('SELECT count() AS n FROM events')).toMatchObject({ missingShards: [3] });
    const totals = await fetch(`${daemon.url}/v1/stats/totals?period=7d`);
    expect(await totals.json()).toMatchObject({ missing_shards: [3] });
    const activities = await fetch(`${daemon.url}/activities?limit=1`);
    expect(activities.headers.get('x-missing-shards')).toBe('3');
    docker!.run('unpause', nodes[2]!);
    await stored(daemon);

    await Promise.all(oracles.map((oracle) => oracle.stop()));
    const status = await daemon.drained();
    for (const oracle of oracles) {
      const verdict = await oracle.verdict(daemon);
      expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
    }
    expect(status.events.accepted).toBe(status.events.stored);
    const read = await daemon.control.query('SELECT toUInt32(count()) AS n FROM events');
    expect(read).toMatchObject({ rows: [{ n: status.events.stored }] });
    expect(read.missingShards).toBeUndefined();
    const report = await json('cluster', 'status');
    expect(report.rows).toBe(status.events.stored);
    for (const shard of report.shards as { rows: number }[]) expect(shard.rows).toBeGreaterThan(0);
    expect(docker!.containers().sort()).toEqual(nodes);
    // The figures are those of all nodes together.
    await daemon.until(async () => (await metrics(daemon)).engine_table_rows === status.events.stored);
    const numbers = await metrics(daemon);
    expect(numbers['log_events_total{event="engine_container_died"}']).toBeGreaterThan(0);
    expect(numbers.engine_restarts_total).toBeGreaterThan(0);
    expect(numbers.engine_container_memory_max_bytes).toBe(3 * 768 * 1024 ** 2);

    await daemon.stop();
    for (const node of nodes) expect(docker!.inspect(node, '.State.Status')).toBe('exited');
  });
});

async function accepted(daemon: TestDaemon, oracle: Oracle): Promise<void> {
  const before = oracle.acknowledged();
  await daemon.until(async () => oracle.acknowledged() > before + EVENTS_BETWEEN);
}

/** What is accepted by now has reached ClickHouse. */
async function stored(daemon: TestDaemon): Promise<void> {
  const { accepted: waiting } = (await daemon.status()).events;
  await daemon.until(async () => {
    const { engine, events } = await daemon.status();
    return engine.shards!.every(({ state }) => state === 'ready') && events.stored >= waiting;
  });
}
