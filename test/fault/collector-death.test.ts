import fs from 'node:fs';
import { expect, test } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { INSPECTABLE, runInThread } from '../support/inspector.ts';
import { faults, NO_FAULTS, Oracle } from '../support/oracle.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

const TF_IO = 74;
const THROW = `setTimeout(() => { throw new Error('struck') })`;

test('a collector that dies is replaced, the others go on, and no acknowledged event is lost', async () => {
  const seed = testSeed();
  await using daemon = await startDaemon({ settings: { 'listen.collectors': 2 }, environment: INSPECTABLE });
  const url = () => daemon.url;
  const random = seededRandom(seed);
  const oracles = [
    new Oracle({ account: 'plain', url, random }),
    new Oracle({ account: 'retrying', url, random, retry: true }),
  ].map((oracle) => oracle.start());
  await daemon.until(async () => oracles.every((oracle) => oracle.acknowledged() > 200));
  for (let death = 1; death <= 3; death++) {
    await runInThread(daemon, 'collector-thread', THROW);
    await daemon.until(async () => deaths(daemon) === death);
    const before = oracles.map((oracle) => oracle.acknowledged());
    await daemon.until(async () => oracles.every((oracle, index) => oracle.acknowledged() > before[index]! + 200));
  }
  await daemon.until(async () => listeners(daemon) === 2);
  await Promise.all(oracles.map((oracle) => oracle.stop()));
  await daemon.drained();
  for (const oracle of oracles) {
    const verdict = await oracle.verdict(daemon);
    expect({ seed, ...faults(verdict) }).toEqual({ seed, ...NO_FAULTS });
  }
  expect((await daemon.status()).pid).toBe(daemon.pid);
});

test('a spool thread that dies takes the daemon with it, and the next start is exact', async () => {
  const seed = testSeed();
  await using daemon = await startDaemon({ environment: INSPECTABLE });
  const url = () => daemon.url;
  const oracle = new Oracle({ account: 'plain', url, random: seededRandom(seed) }).start();
  await daemon.until(async () => oracle.acknowledged() > 200);
  await runInThread(daemon, 'spool-thread', THROW);
  expect(await daemon.exited()).toBe(TF_IO);
  await oracle.stop();
  await daemon.start();
  await daemon.drained();
  expect({ seed, ...faults(await oracle.verdict(daemon)) }).toEqual({ seed, ...NO_FAULTS });
});

function deaths(daemon: TestDaemon): number {
  return daemon.log(1_000).split('"collector_restart"').length - 1;
}

/** Sockets that listen on the daemon's port: one per collector. */
function listeners(daemon: TestDaemon): number {
  const port = Number(new URL(daemon.url).port).toString(16).toUpperCase().padStart(4, '0');
  const sockets = fs.readFileSync(`/proc/${daemon.pid}/net/tcp`, 'utf8');
  return sockets.split('\n').filter((line) => line.includes(`:${port} 00000000:0000 ${LISTEN} `)).length;
}

/** State of a listening socket in `/proc/net/tcp`. */
const LISTEN = '0A';
