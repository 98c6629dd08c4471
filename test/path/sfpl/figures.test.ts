import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRig, type SfplRig } from './rig.ts';

/** Health, metrics and status in the JSON of that tracker (reference/seed-systems.md 2.11). */
const MIB = 1024 * 1024;
let rig: SfplRig;

beforeAll(async () => {
  rig = await openRig({ 'spool.bytesMax': MIB, 'flush.bytesMax': MIB });
});

afterAll(() => rig.daemon[Symbol.asyncDispose]());

const json = async (path: string) =>
  JSON.parse((await rig.ask(path, { headers: { accept: 'application/json' } })).body);

test('W23: .batching is complete, and its averages are averages', async () => {
  for (let index = 0; index < 30; index++) {
    await rig.post('/tr/v1/tr/', { ename: 'a' });
    if (index % 10 === 0) await rig.daemon.drained();
  }
  await rig.post('/tr/v1/ltv/', { orid: 'o', amt: 1 });
  await rig.daemon.drained();
  const { metrics, batching, calculated, timestamp } = await json('/metrics');
  expect(metrics).toMatchObject({ event_count: 31, error_count: 0, health_status: 'healthy', mthreads_ops: 0 });
  expect(metrics.total_latency_ns).toBeGreaterThan(0);
  expect(metrics.last_processed_unix).toBeGreaterThanOrEqual(metrics.start_time_unix);
  expect(batching).toMatchObject({
    enabled: true,
    total_items: 31,
    failed_batches: 0,
    queued_items: 0,
    memory_usage_mb: 0,
  });
  expect(batching.avg_batch_size).toBeCloseTo(31 / batching.total_batches, 3);
  const plain = (await rig.ask('/metrics')).body;
  const seconds = Number(/^trackflow_flush_insert_seconds_total (\S+)$/m.exec(plain)![1]);
  expect(batching.avg_flush_latency_ms).toBeCloseTo((seconds * 1_000) / batching.total_batches, 1);
  expect(Date.parse(batching.last_flush_time)).toBeLessThanOrEqual(Date.parse(timestamp));
  expect(batching.batch_success_rate).toBe(1);
  expect(Object.keys(calculated).sort()).toEqual([
    'avg_items_per_batch',
    'avg_latency_ms',
    'batch_success_rate',
    'error_rate',
    'events_per_second',
    'uptime_seconds',
  ]);
});

test('queued items are told while the engine is away, and fall when it is back', async () => {
  process.kill(await rig.daemon.enginePid(), 'SIGSTOP');
  try {
    for (let index = 0; index < 5; index++) await rig.post('/tr/v1/tr/', { ename: 'waits' });
    expect((await json('/metrics')).batching.queued_items).toBeGreaterThan(0);
  } finally {
    process.kill(await rig.daemon.enginePid(), 'SIGCONT');
  }
  await rig.daemon.drained();
  expect((await json('/metrics')).batching.queued_items).toBe(0);
});

test('W22: who asks for JSON gets all of it with health and status too; a probe is no event', async () => {
  const before = (await rig.daemon.status()).events.accepted;
  expect(await json('/health')).toMatchObject({
    status: 'ok',
    metrics: { health_status: 'healthy' },
    batching: { enabled: true },
  });
  expect(await json('/status')).toMatchObject({ state: 'running', calculated: { error_rate: expect.any(Number) } });
  expect(JSON.parse((await rig.ask('/health')).body)).toEqual({ status: 'ok', engine: 'ready' });
  expect((await rig.ask('/metrics', { headers: { accept: '*/*' } })).body).toContain(
    '# TYPE trackflow_events_accepted_total',
  );
  expect((await rig.daemon.status()).events.accepted).toBe(before);
});

test('W2, W24: a full spool is told with 503 and when to come back; what was answered is stored once there is room', async () => {
  const pad = 'x'.repeat(8_000);
  const taken: number[] = [];
  process.kill(await rig.daemon.enginePid(), 'SIGSTOP');
  try {
    let refused: Awaited<ReturnType<SfplRig['post']>> | null = null;
    for (let index = 0; refused === null && index < 1_000; index++) {
      const answer = await rig.post('/tr/v1/tr/', { oid: 'full', ename: `n${index}`, a: pad, b: pad, c: pad });
      if (answer.status === 200) taken.push(index);
      else refused = answer;
    }
    expect([refused?.status, Number(refused?.headers['retry-after'])]).toEqual([503, expect.any(Number)]);
    const payment = await rig.post('/tr/v1/ltv/', { oid: 'full', orid: 'o', amt: 1 });
    expect(payment.status).toBe(503);
    expect((await rig.post('/tr/v1/ppi/agree', { vid: 'full', cflags: 1024 })).status).toBe(503);
  } finally {
    process.kill(await rig.daemon.enginePid(), 'SIGCONT');
  }
  const rows = await rig.events<{ name: string }>('full', 'name');
  expect(rows.map(({ name }) => name).sort()).toEqual(taken.map((index) => `n${index}`).sort());
  expect((await rig.post('/tr/v1/tr/', { oid: 'full', ename: 'after' })).status).toBe(200);
});

test('what is refused is counted as an error', async () => {
  const { metrics } = await json('/metrics');
  await rig.post('/tr/v1/tr/', '{');
  expect((await json('/metrics')).metrics.error_count).toBe(metrics.error_count + 1);
});
