import { describe, expect, test } from 'vitest';
import { readLedgers } from '../../../../src/loadtest/ledger/view.ts';
import type { LoadPlan, Stage } from '../../../../src/loadtest/plan/plan.ts';
import { samplePlan } from '../../../support/load-plan.ts';
import { ledgerFile, startLoop } from '../../../support/load-run.ts';
import { accepted, eventsIn, openStub, respond, type StubAnswer } from '../../../support/stub-collector.ts';
import { ack, openStubWebSockets } from '../../../support/stub-websocket.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';
import { until } from '../../../support/until.ts';

const steady = (rate: number, durationMs: number): Stage => ({ fromRate: rate, toRate: rate, durationMs });
const plan = (url: string, changes: Partial<LoadPlan> = {}): LoadPlan =>
  samplePlan({ url, badRate: 0, startedAt: Date.now() + 50, timeoutMs: 1_000, ...changes });
const acceptAll: StubAnswer = (socket, { body }) => socket.write(accepted(eventsIn(body)));
const idsIn = (body: string): string[] => [JSON.parse(body)].flat().map(({ event_id }) => event_id);

describe('the open model', () => {
  test('sends what the schedule says, when it says it, and counts each second', async () => {
    await using stub = await openStub(acceptAll);
    const stages = [{ fromRate: 0, toRate: 200, durationMs: 1_000 }, steady(200, 1_000), steady(0, 500)];
    const { sums, done, accepted } = startLoop(plan(stub.url, { stages }));
    expect(await done).toBe(0);
    expect(sums.ticks.slice(0, 2).map(({ second }) => second)).toEqual([0, 1]);
    // What is due within half a millisecond is taken along; what a busy machine is late for counts in the next second.
    const scheduled = sums.ticks.map(({ requests }) => requests.scheduled);
    expect(scheduled[0]).toBeLessThanOrEqual(101);
    expect(scheduled[0]).toBeGreaterThan(20);
    expect(scheduled.reduce((sum, count) => sum + count)).toBe(300);
    expect([sums.scheduled, sums.sent, stub.requests.length, accepted()]).toEqual([300, 300, 300, 300]);
    expect(sums.outcomes).toEqual({ accepted: 300 });
    expect(sums.histogram('latency').count).toBe(300);
    expect(sums.events('bytes')).toBe(stub.requests.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0));
    expect(new Set(stub.requests.flatMap(({ body }) => idsIn(body))).size).toBe(300);
  });

  test('shows a stall of 1.4 s in the latency, which the time of the answers hides', async () => {
    let stalledUntil = 0;
    await using stub = await openStub((socket, { index }) => {
      if (index === 100) stalledUntil = performance.now() + 1_400;
      setTimeout(() => socket.write(accepted(1)), Math.max(0, stalledUntil - performance.now()));
    });
    const { sums, done } = startLoop(plan(stub.url, { stages: [steady(200, 5_000)], timeoutMs: 5_000 }));
    expect(await done).toBe(0);
    expect(sums.outcomes).toEqual({ accepted: 1_000 });
    const [latency, service] = [sums.histogram('latency').percentiles(), sums.histogram('service').percentiles()];
    expect(latency.p99!).toBeGreaterThan(1_200);
    expect(latency.max!).toBeGreaterThan(1_390);
    // 280 requests were due meanwhile, and only the four connections' own took long.
    expect(service.p90!).toBeLessThan(latency.p90! / 2);
    expect(service.p99!).toBeLessThan(latency.p99!);
    expect(sums.late).toBeGreaterThan(200);
  });

  test('drops what found no connection by the end and never had been sent', async () => {
    const folder = temporaryHome();
    await using stub = await openStub((socket) => setTimeout(() => socket.write(accepted(1)), 200));
    const slow = plan(stub.url, { stages: [steady(100, 1_000)], connections: 1, timeoutMs: 600 });
    const { sums, done } = startLoop(slow, { folder });
    const dropped = await done;
    expect(dropped).toBeGreaterThan(80);
    expect(sums.scheduled).toBe(100);
    expect(sums.sent + dropped).toBe(100);
    expect(stub.requests).toHaveLength(sums.sent);
    const ledger = readLedgers([ledgerFile(folder, 0)], slow);
    expect(ledger.counts).toEqual({ acknowledged: sums.sent, rejected: 0, unknown: 0 });
    expect(ledger.stateOf(99)).toBe('unsent');
    ledger.close();
  });

  test('stops when it is told to: what waits is dropped, what is under way gets its answer', async () => {
    await using stub = await openStub((socket) => setTimeout(() => socket.write(accepted(1)), 300));
    const { loop, sums, done } = startLoop(plan(stub.url, { stages: [steady(100, 60_000)], connections: 2 }));
    await until(() => stub.requests.length === 2, 5_000);
    loop.stop();
    const dropped = await done;
    expect(sums.outcomes).toEqual({ accepted: 2 });
    expect(stub.requests).toHaveLength(2);
    expect(sums.scheduled).toBe(2 + dropped);
  });

  test('workers share one schedule, and each sends its own requests', async () => {
    await using stub = await openStub(acceptAll);
    const shared = plan(stub.url, { stages: [steady(400, 500)], sizes: [1, 3], workers: 2, arrival: 'poisson' });
    const runs = [0, 1].map((worker) => startLoop(shared, { worker }));
    await Promise.all(runs.map(({ done }) => done));
    const ids = stub.requests.flatMap(({ body }) => idsIn(body));
    expect(new Set(ids).size).toBe(ids.length);
    const [first, second] = runs.map(({ sums }) => sums.sent);
    expect(first! + second!).toBe(stub.requests.length);
    expect(Math.abs(first! - second!)).toBeLessThanOrEqual(1);
  });

  test('leaves out of the histograms what was due in the warm-up and answered after it', async () => {
    await using stub = await openStub((socket) => setTimeout(() => socket.write(accepted(1)), 400));
    const warm = plan(stub.url, { stages: [steady(10, 2_000)], warmupMs: 1_000, connections: 20 });
    const { sums, done } = startLoop(warm);
    await done;
    expect(sums.outcomes).toEqual({ accepted: 20 });
    // Those due in the last 400 ms of the warm-up.
    expect(sums.histogram('latency').count).toBeGreaterThanOrEqual(15);
    expect(sums.histogram('latency').count).toBeLessThanOrEqual(17);
  });
});

describe('every request has one outcome', () => {
  const refusal = (code: string) => `{"error":{"code":"${code}","message":"…"}}`;
  const bad = '{"accepted":0,"duplicates":0,"rejected":[{"index":0,"reason":"missing","field":"name"}],"receipt":""}';
  const answers: readonly StubAnswer[] = [
    (socket) => socket.write(accepted(1)),
    (socket) => socket.write(respond(503, refusal('spool_full'))),
    (socket) => socket.write(respond(503, '<html>')),
    (socket) => socket.write(respond(400, bad)),
    (socket) => socket.write(respond(500, refusal('internal'))),
    (socket) => socket.write('HTTP/1.1 202', () => socket.resetAndDestroy()),
    (socket) => socket.write('nonsense\r\n\r\n'),
    (socket) => socket.write(accepted(2)),
    () => {},
  ];

  test('and its events one state, in the counts and in the ledger', async () => {
    const folder = temporaryHome();
    await using stub = await openStub((socket, request) => answers[request.index % answers.length]!(socket, request));
    const each = 20;
    const total = each * answers.length;
    const mixed = plan(stub.url, { stages: [steady(total, 1_000)], connections: 40, timeoutMs: 300 });
    const { sums, done } = startLoop(mixed, { folder });
    const dropped = await done;
    expect(sums.sent + dropped).toBe(total);
    const { outcomes } = sums;
    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(sums.sent);
    expect(sums.sent).toBe(stub.requests.length);
    const of = (index: number) => stub.requests.filter((request) => request.index % answers.length === index).length;
    expect(outcomes).toEqual({
      accepted: of(0),
      backpressure: of(1) + of(2),
      rejected: of(3),
      server_error: of(4),
      reset: of(5),
      mismatch: of(6) + of(7),
      timeout: of(8),
    });
    expect(sums.events('acknowledged')).toBe(of(0));
    expect(sums.events('rejected')).toBe(of(1) + of(3));
    expect(sums.events('unknown')).toBe(sums.sent - of(0) - of(1) - of(3));
    expect(sums.rejectedBy).toEqual({ spool_full: of(1), missing: of(3) });
    expect(sums.histogram('latency').count).toBe(of(0));
    expect(sums.histogram('failureLatency').count).toBe(sums.sent - of(0));
    expect(sums.histogram('failureLatency').percentiles().max!).toBeGreaterThan(290);
    const ledger = readLedgers([ledgerFile(folder, 0)], mixed);
    const [acknowledged, rejected, unknown] = (['acknowledged', 'rejected', 'unknown'] as const).map(sums.events, sums);
    expect(ledger.counts).toEqual({ acknowledged, rejected, unknown });
    ledger.close();
  });

  test('refused ones never left', async () => {
    const folder = temporaryHome();
    const stub = await openStub(() => {});
    const { url } = stub;
    await stub.close();
    const lost = plan(url, { stages: [steady(100, 500)], timeoutMs: 300 });
    const { sums, done } = startLoop(lost, { folder });
    const dropped = await done;
    expect(sums.outcomes).toEqual({ refused: sums.sent });
    expect(sums.sent).toBeGreaterThan(0);
    expect(sums.sent + dropped).toBe(50);
    expect([sums.events('acknowledged'), sums.events('rejected'), sums.events('unknown')]).toEqual([0, 0, 0]);
    const ledger = readLedgers([ledgerFile(folder, 0)], lost);
    expect(ledger.counts).toEqual({ acknowledged: 0, rejected: 0, unknown: 0 });
    ledger.close();
  });

  test('a collector that comes back is found again', async () => {
    await using stub = await openStub(acceptAll);
    const { port } = stub;
    const { sums, done } = startLoop(plan(stub.url, { stages: [steady(100, 5_000)], timeoutMs: 5_000 }));
    await until(() => stub.requests.length > 50, 5_000);
    await stub.close();
    await until(() => sums.ticks.some(({ requests }) => requests.outcomes.refused > 0), 5_000);
    const before = stub.requests.length;
    await stub.listen(port);
    await done;
    expect(stub.requests.length - before).toBeGreaterThan(50);
    expect(sums.outcomes.accepted).toBeGreaterThan(100);
  });
});

describe('requests sent again on purpose', () => {
  /** Keeps what it was sent; `forgetful` takes everything for new. */
  function keeper(forgetful: boolean): StubAnswer {
    const known = new Set<string>();
    return (socket, { body }) => {
      const ids = idsIn(body);
      const fresh = forgetful ? ids.length : ids.filter((id) => !known.has(id)).length;
      for (const id of ids) known.add(id);
      const counts = `"accepted":${fresh},"duplicates":${ids.length - fresh}`;
      socket.write(respond(202, `{${counts},"rejected":[],"receipt":"r"}`));
    };
  }

  test('are the same bytes, and are counted apart', async () => {
    await using stub = await openStub(keeper(false));
    const again = plan(stub.url, { stages: [steady(200, 1_000)], sizes: [2], resendRate: 0.1 });
    const { sums, done } = startLoop(again);
    await done;
    expect([sums.sent, sums.events('sent'), sums.events('acknowledged')]).toEqual([100, 200, 200]);
    expect([sums.events('resent'), sums.events('duplicates')]).toEqual([20, 20]);
    expect(stub.requests).toHaveLength(110);
    expect(new Set(stub.requests.map(({ body }) => body)).size).toBe(100);
    expect(sums.outcomes).toEqual({ accepted: 100 });
  });

  test('show a collector that takes them for new', async () => {
    await using stub = await openStub(keeper(true));
    const { sums, done } = startLoop(plan(stub.url, { stages: [steady(100, 500)], resendRate: 1 }));
    await done;
    expect([sums.events('resent'), sums.events('duplicates')]).toEqual([50, 0]);
  });
});

describe('the closed model', () => {
  test('sends the next request when the last one is answered, until its time is over', async () => {
    let [underWay, most] = [0, 0];
    await using stub = await openStub((socket) => {
      most = Math.max(most, ++underWay);
      setTimeout(() => {
        underWay--;
        socket.write(accepted(1));
      }, 20);
    });
    const closed = plan(stub.url, { model: 'closed', stages: [steady(1, 1_000)], connections: 3 });
    const { sums, done } = startLoop(closed);
    expect(await done).toBe(0);
    expect(most).toBe(3);
    expect(sums.sent).toBe(stub.requests.length);
    expect(sums.sent).toBeGreaterThan(50);
    expect(sums.sent).toBeLessThanOrEqual(153);
    expect([sums.scheduled, sums.late]).toEqual([sums.sent, 0]);
    expect(sums.histogram('latency').percentiles()).toEqual(sums.histogram('service').percentiles());
  });
});

test('WebSockets carry messages, and their acks count like answers', async () => {
  await using stub = await openStubWebSockets((socket, text, number) => socket.send(ack(number, eventsIn(text))));
  const messages = plan(stub.url, {
    profile: 'websocket',
    stages: [steady(1_000, 1_000)],
    sizes: [10],
    connections: 2,
  });
  const { sums, done } = startLoop(messages);
  expect(await done).toBe(0);
  expect([sums.sent, sums.events('acknowledged')]).toEqual([100, 1_000]);
  expect(stub.userAgents).toHaveLength(2);
});

test('a machine without sockets ends the run', async () => {
  await using stub = await openStub(acceptAll);
  const { loop, done } = startLoop(plan(stub.url));
  loop.exhausted(new Error('connect EMFILE'));
  await expect(done).rejects.toThrow('this machine has no more sockets for the generator: connect EMFILE');
});
