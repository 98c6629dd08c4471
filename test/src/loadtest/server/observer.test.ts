import { describe, expect, it } from 'vitest';
import type { StreamLine } from '../../../../src/control/stream.ts';
import { bytesPerEvent, settledTableSize, tableSize } from '../../../../src/loadtest/server/disk-use.ts';
import { ServerObserver, type StreamSource } from '../../../../src/loadtest/server/observer.ts';
import { serverFigures } from '../../../../src/loadtest/server/server-figures.ts';
import { type ServerSecond, serverPart } from '../../../../src/loadtest/server/server-second.ts';
import { until } from '../../../support/until.ts';
import { type Figures, history, T0, tick } from '../../dashboard/stream-lines.ts';

const WAIT_MS = 10_000;
const never = (signal: AbortSignal) => new Promise((resolve) => signal.addEventListener('abort', resolve));

/** An observer that has read `lines`. The run began at T0. */
async function observed(...lines: readonly StreamLine[]): Promise<ServerObserver> {
  const over = new AbortController();
  let isRead = false;
  async function* source(signal: AbortSignal): AsyncGenerator<StreamLine> {
    yield* lines;
    isRead = true;
    await never(signal);
  }
  const observer = new ServerObserver({ source, startedAt: T0 });
  const running = observer.run(over.signal);
  await until(() => isRead, WAIT_MS);
  over.abort();
  await running;
  return observer;
}

describe('the observer', () => {
  it('knows the seconds of the run, and what was before from the history', async () => {
    const figures = (second: number): Figures => ({ stored: second, table_rows: 7 });
    const observer = await observed(history(5, figures), tick(1, { stored: 100 }), tick(2, { stored: 200, lag_ms: 5 }));
    expect(observer.at(0)).toMatchObject({ second: 0, stored: 100, lag_ms: null });
    expect(observer.at(1)).toMatchObject({ second: 1, stored: 200, lag_ms: 5 });
    expect(observer.at(-1)).toMatchObject({ second: -1, stored: 4, table_rows: 7 });
    expect(observer.at(2)).toBeNull();
    expect(observer.latest).toMatchObject({ second: 1 });
    expect(observer.between(0, 10).map(({ stored }) => stored)).toEqual([100, 200]);
  });

  it('reads series by their names, whatever their order and whichever are there', async () => {
    const { series, ...rest } = history(2, () => ({ stored: 9, lag_ms: 3 }));
    const order = series.filter((name) => name !== 'engine_parts').toReversed();
    const reorder = (values: readonly unknown[]) => order.map((name) => values[series.indexOf(name)]);
    const other = {
      ...rest,
      series: order,
      rings: rest.rings.map((ring) => ({ ...ring, values: reorder(ring.values) })),
    } as unknown as StreamLine;
    const next = tick(1, { stored: 11, lag_ms: 4, engine_parts: 5 });
    const observer = await observed(other, { ...next, values: reorder(next.values) } as StreamLine);
    expect(observer.at(-1)).toMatchObject({ stored: 9, lag_ms: 3, engine_parts: null });
    expect(observer.at(0)).toMatchObject({ stored: 11, lag_ms: 4, engine_parts: null });
  });

  it('finds a daemon again that went, and reads what its rings kept', async () => {
    const over = new AbortController();
    let connections = 0;
    const source: StreamSource = async function* (signal) {
      connections++;
      if (connections === 1) {
        yield history(0, () => ({}));
        yield tick(1, { stored: 1 });
        throw new Error('killed');
      }
      if (connections === 2) throw new Error('not there yet');
      yield { ...history(3, (second) => ({ stored: 10 + second })), rings: laterRings() };
      await never(signal);
    };
    const laterRings = () =>
      history(3, (second) => ({ stored: 10 + second })).rings.map((ring) => ({ ...ring, endsAt: T0 + 5_000 }));
    const observer = new ServerObserver({ source, startedAt: T0 });
    const running = observer.run(over.signal);
    await until(() => observer.at(4) !== null, WAIT_MS);
    expect(observer.between(0, 5).map(({ second, stored }) => [second, stored])).toEqual([
      [0, 1],
      [2, 10],
      [3, 11],
      [4, 12],
    ]);
    expect(observer.failure).toBe('not there yet');
    over.abort();
    await running;
  });

  it('gives up a connection that fell silent', { timeout: 20_000 }, async () => {
    const over = new AbortController();
    let connections = 0;
    const source: StreamSource = async function* (signal) {
      connections++;
      yield tick(connections, {});
      await never(signal);
    };
    const observer = new ServerObserver({ source, startedAt: T0 });
    const running = observer.run(over.signal);
    await until(() => connections === 2, 15_000);
    over.abort();
    await running;
  });

  it('keeps six hours', async () => {
    const lines = Array.from({ length: 21_700 }, (_, second) => tick(second + 1, { stored: second }));
    const observer = await observed(
      history(0, () => ({})),
      ...lines,
    );
    expect(observer.at(50)).toBeNull();
    expect(observer.at(150)).toMatchObject({ stored: 150 });
    expect(observer.at(21_699)).toMatchObject({ stored: 21_699 });
  });
});

function seconds(figures: readonly Figures[]): ServerSecond[] {
  return figures.map((one, second) => ({ ...NOTHING, ...one, second }));
}

const NOTHING: ServerSecond = {
  second: 0,
  stored: null,
  inserts: null,
  inserted_rows: null,
  insert_ms: null,
  lag_ms: null,
  spool_rows: null,
  spool_bytes: null,
  daemon_cpu: null,
  engine_cpu: null,
  daemon_rss_bytes: null,
  engine_rss_bytes: null,
  engine_parts: null,
  engine_merges: null,
  table_rows: null,
  table_bytes: null,
};

describe('the figures of the server', () => {
  it('are peaks, means and percentiles of the seconds that told', () => {
    const told = Array.from({ length: 200 }, (_, second) => ({
      lag_ms: second + 1,
      daemon_cpu: second % 2,
      spool_rows: second === 77 ? 9_000 : 10,
      inserts: second % 2,
      inserted_rows: second % 2 === 1 ? 500 : 0,
    }));
    expect(serverFigures(seconds([...told, {}, {}]), 42)).toMatchObject({
      lagP50Ms: 100,
      lagP99Ms: 198,
      lagMaxMs: 200,
      daemonCpu: 0.5,
      queueRowsPeak: 9_000,
      rowsPerInsert: 500,
      insertP99Ms: null,
      bytesPerEvent: 42,
    });
  });

  it('find memory that grows in the second half by least squares, over gaps', () => {
    const told = Array.from({ length: 240 }, (_, second) => {
      const grown = second < 120 ? 5e9 - second * 1e6 : 1e6 + second * 1_000 + (second % 2 === 0 ? 300 : -300);
      return second % 7 === 0 ? {} : { daemon_rss_bytes: grown, engine_rss_bytes: 4e8 };
    });
    const { daemonRssSlope, engineRssSlope, daemonRssPeak } = serverFigures(seconds(told), null)!;
    expect(daemonRssSlope / 60_000).toBeCloseTo(1, 1);
    expect(engineRssSlope).toBe(0);
    expect(daemonRssPeak).toBe(5e9 - 1e6);
  });

  it('are none when the daemon told nothing, and no slope where there is one point', () => {
    expect(serverFigures([], null)).toBeNull();
    expect(serverFigures(seconds([{ daemon_rss_bytes: 5 }]), null)).toMatchObject({
      daemonRssSlope: 0,
      lagP99Ms: null,
    });
  });

  it('of one second are null where it told nothing', () => {
    expect(serverPart(null)).toEqual({ stored: null, queueRows: null, lagMs: null, daemonCpu: null, engineCpu: null });
    expect(serverPart({ ...NOTHING, spool_rows: 3 })).toMatchObject({ queueRows: 3, stored: null });
  });
});

describe('the disk that an event takes', () => {
  it('is the growth of the table by its rows, when enough came', () => {
    const before = { rows: 50_000, bytes: 1_000_000 };
    expect(bytesPerEvent(before, { rows: 250_000, bytes: 9_000_000 })).toBe(40);
    expect(bytesPerEvent(before, { rows: 149_999, bytes: 9_000_000 })).toBeNull();
    expect(bytesPerEvent(null, { rows: 250_000, bytes: 9_000_000 })).toBeNull();
    expect(bytesPerEvent(before, null)).toBeNull();
  });

  it('is not known when merges made the table smaller than it was', () => {
    expect(bytesPerEvent({ rows: 0, bytes: 9e9 }, { rows: 200_000, bytes: 1e9 })).toBeNull();
  });

  const size = (rows: number, engine_merges = 0): Figures => ({
    table_rows: rows,
    table_bytes: rows * 40,
    engine_merges,
  });

  it('is read from the last second that told', async () => {
    const observer = await observed(
      history(3, () => size(10)),
      tick(1, size(20)),
      tick(2, {}),
    );
    expect(tableSize(observer)).toEqual({ rows: 20, bytes: 800 });
    expect(tableSize(observer, -1)).toEqual({ rows: 10, bytes: 400 });
    expect(tableSize(await observed())).toBeNull();
  });

  it('is weighed when no merge ran and no row came for two answers of the engine, or the time is over', async () => {
    const over = new AbortController();
    let send = (_line: StreamLine) => {};
    const source: StreamSource = async function* (signal) {
      yield history(0, () => ({}));
      yield tick(1, size(10, 1));
      for (let second = 2; !signal.aborted; second++) {
        yield await new Promise<StreamLine>((resolve) => {
          send = resolve;
          signal.addEventListener('abort', () => resolve(tick(second, {})));
        });
      }
    };
    const observer = new ServerObserver({ source, startedAt: T0 });
    const running = observer.run(over.signal);
    await until(() => observer.latest !== null, WAIT_MS);
    let isSettled = false;
    const settled = settledTableSize(observer, { timeoutMs: 60_000, signal: over.signal }).finally(() => {
      isSettled = true;
    });
    for (let second = 2; second <= 16; second++) {
      expect(isSettled).toBe(false);
      send(tick(second, second < 5 ? size(90 + second, 1) : size(100)));
      await until(() => observer.at(second - 1) !== null, WAIT_MS);
    }
    expect(await settled).toEqual({ rows: 100, bytes: 4_000 });
    expect(await settledTableSize(observer, { timeoutMs: 0, signal: over.signal })).toEqual({
      rows: 100,
      bytes: 4_000,
    });
    over.abort();
    await running;
  });
});
