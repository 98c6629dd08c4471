import { describe, expect, it } from 'vitest';
import type { ControlClient } from '../../../../src/control/client.ts';
import { accountPrefix } from '../../../../src/loadtest/plan/plan.ts';
import { waitForDrain } from '../../../../src/loadtest/server/drain.ts';
import { ServerObserver } from '../../../../src/loadtest/server/observer.ts';
import { probeAccount } from '../../../../src/loadtest/server/probe-event.ts';
import { probeVisibility } from '../../../../src/loadtest/server/visibility-probe.ts';
import { startDaemon } from '../../../support/daemon.ts';
import { pauseProcess } from '../../../support/pause.ts';
import { until } from '../../../support/until.ts';

const WAIT_MS = 60_000;
const RUN = '1a2b3c4d';
const event = { name: 'signup', account: 'web' };

describe('against a real daemon', { timeout: 120_000 }, () => {
  it('what it stores is observed second by second, over its death', async () => {
    await using daemon = await startDaemon();
    const over = new AbortController();
    const observer = new ServerObserver({ source: (signal) => daemon.control.stream(signal), startedAt: Date.now() });
    const running = observer.run(over.signal);
    const stored = () => observer.between(0, 600).reduce((sum, second) => sum + (second.stored ?? 0), 0);
    await daemon.post(Array.from({ length: 50 }, () => event));
    await until(() => stored() === 50, WAIT_MS);
    expect(observer.latest!.daemon_rss_bytes).toBeGreaterThan(1e6);
    await daemon.kill();
    await daemon.start();
    await daemon.post([event, event, event]);
    await until(() => stored() === 53, WAIT_MS);
    over.abort();
    await running;
  });

  it('a probe is found by a query, after the time that its lag was, and not taken for an event of the run', async () => {
    await using daemon = await startDaemon({ settings: { 'flush.strategy': 'immediate' } });
    const over = new AbortController();
    const found: number[] = [];
    const options = { url: daemon.url, run: RUN, key: null, everyMs: 1, record: (ms: number) => found.push(ms) };
    const probing = probeVisibility({ ...options, control: daemon.control }, over.signal);
    await until(() => found.length >= 3, WAIT_MS);
    over.abort();
    await probing;
    for (const ms of found) expect(ms).toBeGreaterThan(0);
    const rows = await daemon.query<{ account: string }>('SELECT DISTINCT account FROM events');
    expect(rows).toEqual([{ account: probeAccount(RUN) }]);
    expect(probeAccount(RUN).startsWith(accountPrefix(RUN))).toBe(false);
  });

  it('probes end soon when they are told to, also while one waits, and survive a daemon that is away', async () => {
    await using daemon = await startDaemon();
    const over = new AbortController();
    let asked = 0;
    const control: Pick<ControlClient, 'query'> = {
      query: async () => {
        asked++;
        throw new Error('away');
      },
    };
    const found: number[] = [];
    const record = (ms: number) => found.push(ms);
    const waiting = probeVisibility({ url: daemon.url, run: RUN, key: null, control, record, everyMs: 1 }, over.signal);
    await daemon.until(async () => asked > 2);
    await daemon.kill();
    const refused = probeVisibility({ url: daemon.url, run: RUN, key: null, control, record, everyMs: 1 }, over.signal);
    const askedThen = asked;
    await until(() => asked > askedThen, WAIT_MS);
    over.abort();
    await Promise.all([waiting, refused]);
    expect(found).toEqual([]);
  });

  it('the drain waits until the spool is empty, and tells how much waits', async () => {
    await using daemon = await startDaemon();
    const { engine } = await daemon.status();
    const told: (number | null)[] = [];
    const never = new AbortController().signal;
    {
      using engineStopped = pauseProcess(engine.pid);
      await daemon.post(Array.from({ length: 20 }, () => event));
      const early = await waitForDrain({ control: daemon.control, timeoutMs: 500 }, never);
      expect(early).toMatchObject({ drained: false, rows: 20 });
      engineStopped.resume();
    }
    const options = {
      control: daemon.control,
      timeoutMs: WAIT_MS,
      onProgress: (rows: number | null) => told.push(rows),
    };
    expect(await waitForDrain(options, never)).toMatchObject({ drained: true, rows: 0 });
    expect(told.at(-1)).toBe(0);
    const [row] = await daemon.query<{ n: number }>('SELECT count() AS n FROM events');
    expect(Number(row!.n)).toBe(20);
  });

  it('the drain of a daemon that is gone ends in time, and says that it knows nothing', async () => {
    await using daemon = await startDaemon();
    await daemon.kill();
    const options = { control: daemon.control, timeoutMs: 300 };
    expect(await waitForDrain(options, new AbortController().signal)).toMatchObject({ drained: false, rows: null });
    expect(await waitForDrain({ ...options, timeoutMs: WAIT_MS }, AbortSignal.abort())).toMatchObject({
      drained: false,
    });
  });
});
