import { expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import type { RingPoints, SeriesName, StreamHistory, StreamTick } from '../../src/control/stream.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { metric } from '../support/metrics.ts';

/** Somebody who watches a daemon's control stream until the test is over. */
class Viewer {
  history: StreamHistory | null = null;
  readonly ticks: StreamTick[] = [];
  readonly #ended = new AbortController();

  constructor(daemon: TestDaemon) {
    void this.#watch(daemon);
    onTestFinished(() => this.close());
  }

  close(): void {
    this.#ended.abort();
  }

  /** Sum of a rate over all seconds since the rings began: the number of things that happened. */
  total(name: SeriesName): number {
    const series = this.history!.series.indexOf(name);
    const seconds = this.history!.rings[0]!.values[series]!;
    const before = seconds.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    return Math.round(this.ticks.reduce((sum, { values }) => sum + (values[series] ?? 0), before) * 100) / 100;
  }

  last(name: SeriesName): number | null {
    return this.ticks.at(-1)!.values[this.history!.series.indexOf(name)]!;
  }

  async #watch(daemon: TestDaemon): Promise<void> {
    try {
      for await (const line of daemon.control.stream(this.#ended.signal)) {
        if (line.type === 'history') this.history = line;
        else this.ticks.push(line);
      }
    } catch {
      // The daemon was killed, or the test is over.
    }
  }
}

async function watch(daemon: TestDaemon): Promise<Viewer> {
  const viewer = new Viewer(daemon);
  await daemon.until(async () => viewer.ticks.length > 0);
  return viewer;
}

/** 30 requests with 60 new events of 12 visitors, 10 duplicates and 20 that are rejected. */
async function load(daemon: TestDaemon): Promise<void> {
  for (let request = 0; request < 30; request++) {
    const own = { event_id: `0190aaaa-bbbb-7ccc-8ddd-${String(request % 20).padStart(12, '0')}` };
    const answer = await daemon.post([
      { ...own, name: 'page_view', account: 'acme', visitor_id: `visitor-${request % 12}` },
      { name: 'sign_up', visitor_id: `visitor-${request % 12}` },
      ...(request < 10 ? [{ name: 'extra', account: 'acme', visitor_id: 'visitor-0' }] : []),
      ...(request < 20 ? [{ account: 'acme' }] : []),
    ]);
    expect(answer.status).toBe(202);
  }
}

async function sendByWebSocket(daemon: TestDaemon, messages: number): Promise<void> {
  const socket = new WebSocket(`${daemon.url.replace('http', 'ws')}/v1/ws`);
  let acks = 0;
  socket.on('message', () => {
    acks += 1;
  });
  socket.on('open', () => {
    for (let index = 0; index < messages; index++) socket.send('{"name":"scroll","visitor_id":"visitor-1"}');
  });
  await daemon.until(async () => acks === messages);
  socket.terminate();
}

test('every number of the stream is that of /metrics, of ClickHouse and of the status', {
  timeout: 120_000,
}, async () => {
  await using daemon = await startDaemon({ settings: { 'listen.collectors': 2 } });
  const early = await watch(daemon);
  await load(daemon);
  await sendByWebSocket(daemon, 5);
  const status = await daemon.drained();
  await daemon.until(async () => early.total('stored') === status.events.stored);
  await daemon.until(async () => (early.last('live_visitors') ?? 0) > 0);
  const late = await watch(daemon);

  const [stored] = await daemon.query<{ n: number; visitors: number }>(
    'SELECT count() AS n, uniqExact(visitor_id) AS visitors FROM events',
  );
  expect(stored).toEqual({ n: 65, visitors: 12 });
  for (const viewer of [early, late]) {
    expect(viewer.total('accepted')).toBe(65);
    expect(viewer.total('stored')).toBe(65);
    expect(viewer.total('inserted_rows')).toBe(65);
    expect(viewer.total('duplicates')).toBe(10);
    expect(viewer.total('rejected')).toBe(20);
    expect(viewer.total('websocket_messages')).toBe(5);
    expect(viewer.total('received_bytes')).toBe(await metric(daemon, 'receive_bytes_total'));
    expect(viewer.total('inserts')).toBe(await metric(daemon, 'flush_inserts_total{outcome="stored"}'));
    expect(viewer.total('commits')).toBe(await metric(daemon, 'spool_commits_total'));
  }
  expect(status.events).toMatchObject({ accepted: 65, stored: 65, duplicates: 10, rejected: 20, deadLettered: 0 });
  expect(await metric(daemon, 'events_accepted_total')).toBe(65);
  expect(await metric(daemon, 'events_stored_total')).toBe(65);
  expect(early.last('live_visitors')).toBe(12);
  expect(late.history!.state.rejectedByReason.missing).toBe(20);

  const answered = await metric(daemon, 'receive_requests_total{code="2xx"}');
  // That question was one more.
  await daemon.until(async () => early.total('requests_2xx') === answered + 1);
  const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
  expect(metrics).toContain('trackflow_receive_ack_seconds_count 35\n');
  expect(metrics).toContain('trackflow_receive_ack_seconds_bucket{le="+Inf"} 35\n');
  const answers = (early.history!.rings[0] as RingPoints).latency.concat(early.ticks.map(({ latency }) => latency));
  expect(answers.flat().reduce((sum, count, index) => sum + (index % 2 === 1 ? count : 0), 0)).toBe(35);

  const sources = early.ticks.flatMap((tick) => tick.sources);
  const sum = (name: string, figure: 'events' | 'rejected' | 'duplicates') =>
    sources.filter((source) => source.name === name).reduce((total, source) => total + source[figure], 0);
  expect([sum('page_view', 'events'), sum('page_view', 'duplicates')]).toEqual([20, 10]);
  expect([sum('sign_up', 'events'), sum('extra', 'events'), sum('scroll', 'events')]).toEqual([30, 10, 5]);
  expect(sum('', 'rejected')).toBe(20);
});

test('engine and system figures are what the machine says', async () => {
  await using daemon = await startDaemon();
  await load(daemon);
  await daemon.drained();
  const viewer = await watch(daemon);
  await daemon.until(async () => viewer.last('table_rows') === 60);
  const [parts] = await daemon.query<{ n: number }>('SELECT uniqExact(_part) AS n FROM events');
  expect(viewer.last('engine_parts')).toBe(parts!.n);
  expect(viewer.last('table_bytes')).toBeGreaterThan(1_000);
  expect(viewer.last('daemon_rss_bytes')).toBeGreaterThan(50e6);
  expect(viewer.last('engine_rss_bytes')).toBeGreaterThan(50e6);
  expect(viewer.last('disk_free_bytes')).toBeGreaterThan(0);
  expect(viewer.last('open_files')).toBeGreaterThan(10);
  expect(viewer.last('host_cpu')).toBeGreaterThanOrEqual(0);
  const { limits } = (viewer.ticks.findLast(({ state }) => state !== undefined) ?? viewer.history!).state!;
  expect(limits.cores).toBeGreaterThan(0);
  expect(limits.diskBytes).toBeGreaterThan(viewer.last('disk_free_bytes')!);
});

test('the lag is the time that a reader waits for an event', async () => {
  await using daemon = await startDaemon({ settings: { 'flush.ageMsMax': 700 } });
  const viewer = await watch(daemon);
  await daemon.post({ name: 'probe' });
  const acknowledged = Date.now();
  await daemon.until(async () => (await daemon.query<{ n: number }>('SELECT count() AS n FROM events'))[0]!.n === 1);
  const waited = Date.now() - acknowledged;
  await daemon.until(async () => (await metric(daemon, 'lag_measurements_total')) === 1);
  const lag = (await metric(daemon, 'lag_seconds')) * 1_000;
  expect(lag).toBeGreaterThan(650);
  expect(Math.abs(lag - waited)).toBeLessThan(250);
  const series = viewer.history!.series.indexOf('lag_ms');
  await daemon.until(async () => viewer.ticks.some(({ values }) => values[series] === lag));
});

test('the rings outlive a stop and a kill, and the totals stay exact', { timeout: 120_000 }, async () => {
  await using daemon = await startDaemon();
  await load(daemon);
  await daemon.drained();
  expect(await daemon.stop()).toBe(0);

  await daemon.start();
  const second = await watch(daemon);
  expect([second.total('accepted'), second.total('stored')]).toEqual([60, 60]);
  await load(daemon);
  await daemon.until(async () => second.total('accepted') === 60 + 40);
  await daemon.kill();

  await daemon.start();
  const third = await watch(daemon);
  // Of the charts, a kill loses what came after the last save; of the events nothing.
  expect(third.total('accepted')).toBeGreaterThanOrEqual(60);
  const { events } = await daemon.drained();
  expect([events.accepted, events.stored]).toEqual([100, 100]);
  const [stored] = await daemon.query<{ n: number }>('SELECT count() AS n FROM events');
  expect(stored!.n).toBe(100);
});

test('a viewer that went is forgotten, and one that stays does not hold up the stop', async () => {
  await using daemon = await startDaemon();
  const viewers = [await watch(daemon), await watch(daemon)];
  for (const viewer of viewers) viewer.close();
  await load(daemon);
  const later = await watch(daemon);
  expect(later.total('accepted')).toBe(60);
  await daemon.drained();
  expect(await daemon.stop()).toBe(0);
});
