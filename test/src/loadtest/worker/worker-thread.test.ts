import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLedgers } from '../../../../src/loadtest/ledger/view.ts';
import { accountPrefix, type LoadPlan } from '../../../../src/loadtest/plan/plan.ts';
import type { FromWorker, WorkerTask } from '../../../../src/loadtest/worker/messages.ts';
import { startDaemon, type TestDaemon } from '../../../support/daemon.ts';
import { samplePlan } from '../../../support/load-plan.ts';
import { ledgerFile, TickSums } from '../../../support/load-run.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';

const FILE = new URL('../../../../src/loadtest/worker/worker-thread.ts', import.meta.url);

interface ThreadRun {
  readonly sums: TickSums;
  readonly worker: Worker;
  /** The last thing that it said. */
  readonly ended: Promise<FromWorker>;
}

function startThread(task: Omit<WorkerTask, 'acknowledged'>, acknowledged = new SharedArrayBuffer(8)): ThreadRun {
  const sums = new TickSums();
  const worker = new Worker(FILE, { workerData: { ...task, acknowledged } satisfies WorkerTask });
  let last: FromWorker | undefined;
  worker.on('message', (message: FromWorker) => {
    if (message.type === 'tick') sums.add(message);
    last = message;
  });
  return { sums, worker, ended: once(worker, 'exit').then(() => last!) };
}

describe('against the collector', () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await startDaemon();
  });
  afterAll(() => daemon[Symbol.asyncDispose]());

  test('every event is in the state that its answer gave it, and in the database or not accordingly', async () => {
    const folder = temporaryHome();
    const plan: LoadPlan = samplePlan({
      url: daemon.url,
      profile: 'mixed',
      stages: [{ fromRate: 2_000, toRate: 2_000, durationMs: 2_000 }],
      sizes: [1, 1, 10],
      arrival: 'poisson',
      connections: 16,
      workers: 2,
      badRate: 0.05,
      resendRate: 0.1,
      startedAt: Date.now() + 500,
    });
    const acknowledged = new SharedArrayBuffer(8);
    const runs = [0, 1].map((worker) =>
      startThread({ plan, worker, key: null, ledgerFile: ledgerFile(folder, worker) }, acknowledged),
    );
    for (const { ended } of runs) expect(await ended).toMatchObject({ type: 'done', dropped: 0 });
    const sums = new TickSums();
    for (const run of runs) for (const tick of run.sums.ticks) sums.add(tick);

    const { accepted = 0, rejected = 0, ...others } = sums.outcomes;
    expect(others).toEqual({});
    expect(accepted + rejected).toBe(sums.sent);
    expect(new Int32Array(acknowledged).reduce((sum, count) => sum + count, 0)).toBe(accepted);
    expect(sums.sent).toBeGreaterThan(800);
    expect(sums.events('acknowledged') + sums.events('rejected')).toBe(sums.events('sent'));
    expect(sums.events('rejected')).toBeGreaterThan(50);
    expect(Object.values(sums.rejectedBy).reduce((sum, count) => sum + count, 0)).toBe(sums.events('rejected'));
    expect(sums.events('resent')).toBeGreaterThan(50);
    expect(sums.events('duplicates')).toBe(sums.events('resent'));

    const ledger = readLedgers(
      [0, 1].map((worker) => ledgerFile(folder, worker)),
      plan,
    );
    expect(ledger.counts).toEqual({
      acknowledged: sums.events('acknowledged'),
      rejected: sums.events('rejected'),
      unknown: 0,
    });
    ledger.close();
    await daemon.drained();
    const [stored] = await daemon.query(
      `SELECT count() AS n, uniqExact(event_id) AS ids FROM events WHERE startsWith(account, '${accountPrefix(plan.run)}')`,
    );
    expect(stored).toEqual({ n: sums.events('acknowledged'), ids: sums.events('acknowledged') });
  });

  test('a thread that is told to stop ends in order', async () => {
    const plan = samplePlan({ url: daemon.url, run: '0a1b2c3e', badRate: 0, startedAt: Date.now() });
    const { worker, sums, ended } = startThread({ plan, worker: 0, key: null, ledgerFile: null });
    await once(worker, 'message');
    worker.postMessage({ type: 'stop' });
    const done = await ended;
    expect(done).toEqual({ type: 'done', worker: 0, dropped: expect.any(Number) });
    // What was due and had found no connection yet is dropped, and nothing else.
    expect(sums.sent + (done as { dropped: number }).dropped).toBe(sums.scheduled);
    expect(sums.outcomes).toEqual({ accepted: sums.sent });
    expect(sums.sent).toBeLessThan(1_000);
  });
});

test('a thread whose ledger cannot be made says so and ends', async () => {
  const { ended } = startThread({ plan: samplePlan(), worker: 0, key: null, ledgerFile: '/nowhere/ledger-0.bits' });
  expect(await ended).toEqual({
    type: 'failed',
    worker: 0,
    message: expect.stringContaining('cannot create /nowhere/ledger-0.bits'),
  });
});
