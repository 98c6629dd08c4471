import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { STAND_IN, startTestDocker } from '../support/docker.ts';
import { metrics } from '../support/metrics.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

/** Small batches and short ages: many inserts, so that a fault meets every step of them. */
const BUSY_FLUSH = { 'flush.rowsMax': 400, 'flush.ageMsMax': 30, 'flush.timeoutMs': 5_000 };
/** Events between two faults: enough that some are on every part of their way. */
const EVENTS_BETWEEN = 100;

const docker = await startTestDocker();
afterAll(() => docker?.stop());

/** Ways in which a container ends without us. */
const FAULTS: Readonly<Record<string, (name: string) => void | Promise<void>>> = {
  'its process is killed': (name) => void process.kill(Number(docker!.inspect(name, '.State.Pid')), 'SIGKILL'),
  'somebody kills it': (name) => void docker!.run('kill', name),
  'somebody stops it': (name) => void docker!.run('stop', name),
  'somebody removes it': (name) => void docker!.run('rm', '--force', name),
  'Docker is restarted': () => docker!.restart('SIGTERM'),
  'Docker is killed': () => docker!.restart('SIGKILL'),
};

describe.skipIf(docker === null)('an acknowledged event is stored exactly once', () => {
  test('whatever ends the container of the engine under load', async () => {
    const seed = testSeed();
    const random = seededRandom(seed);
    const engine = { 'engine.kind': 'docker', 'engine.image': STAND_IN, 'engine.dockerHost': docker!.host };
    await using daemon = await startDaemon({ settings: { ...BUSY_FLUSH, ...engine } });
    const { instance } = JSON.parse(readFileSync(`${daemon.home}/run/engine.json`, 'utf8')) as { instance: string };
    const name = `trackflow-${instance}`;
    const url = () => daemon.url;
    const oracles = [
      new Oracle({ account: 'plain', url, random, connections: 4 }),
      new Oracle({ account: 'retrying', url, random, connections: 4, retry: true, repeat: 0.05 }),
    ].map((oracle) => oracle.start());
    for (const [fault, strike] of Object.entries(FAULTS)) {
      await accepted(daemon, oracles[0]!);
      const before = docker!.inspect(name, '.State.StartedAt');
      await strike(name);
      await daemon
        .until(async () => docker!.inspect(name, '.State.StartedAt') !== before)
        .catch((error) => {
          throw new Error(`${fault}: the container did not come back`, { cause: error });
        });
      await back(daemon, fault);
    }
    await accepted(daemon, oracles[0]!);
    await Promise.all(oracles.map((oracle) => oracle.stop()));
    const status = await daemon.drained();
    for (const oracle of oracles) {
      const verdict = await oracle.verdict(daemon);
      expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
      expect(verdict.refused).toBe(0);
    }
    expect(status.events.accepted).toBe(status.events.stored);
    expect(docker!.containers()).toEqual([name]);
    const numbers = await metrics(daemon);
    expect(numbers.engine_restarts_total).toBeGreaterThanOrEqual(Object.keys(FAULTS).length - 1);
    expect(numbers['log_events_total{event="engine_container_died"}']).toBeGreaterThanOrEqual(4);
    expect(numbers.engine_container_memory_max_bytes).toBeGreaterThan(0);
  }, 120_000);
});

async function accepted(daemon: TestDaemon, oracle: Oracle): Promise<void> {
  const before = oracle.acknowledged();
  await daemon.until(async () => oracle.acknowledged() > before + EVENTS_BETWEEN);
}

/** What waited during the fault has reached ClickHouse. */
async function back(daemon: TestDaemon, fault: string): Promise<void> {
  const { accepted: waiting } = (await daemon.status()).events;
  await daemon
    .until(async () => {
      const { engine, events } = await daemon.status();
      return engine.state === 'ready' && events.stored >= waiting;
    })
    .catch((error) => {
      throw new Error(`${fault}: the engine did not come back`, { cause: error });
    });
}
