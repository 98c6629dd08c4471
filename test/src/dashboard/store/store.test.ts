import { describe, expect, it } from 'vitest';
import {
  cellsOf,
  cellValues,
  latencyCounts,
  seriesValues,
  valueAt,
  WINDOWS_MS,
} from '../../../../src/dashboard/store/series.ts';
import { DashStore } from '../../../../src/dashboard/store/store.ts';
import { history, STATE, T0, tick } from '../stream-lines.ts';

function counted(store: DashStore): { readonly calls: number } {
  let calls = 0;
  store.subscribe(() => {
    calls++;
  });
  return {
    get calls() {
      return calls;
    },
  };
}

describe('store', () => {
  it('starts with the history and goes on with ticks', () => {
    const store = new DashStore();
    expect(store.getSnapshot().connection.kind).toBe('connecting');
    store.receive(history(300, (second) => ({ accepted: second })));
    store.receive(tick(1, { accepted: 1_000 }));
    const { rings, viewAt, connection } = store.getSnapshot();
    expect(connection.kind).toBe('live');
    expect(viewAt).toBe(T0 + 1_000);
    const cells = cellsOf(rings, { endsAt: viewAt, lengthMs: 60_000 }, 60);
    expect(seriesValues('accepted', cells).slice(-3)).toEqual([298, 299, 1_000]);
  });

  it('tells each tick once', () => {
    const store = new DashStore();
    store.receive(history(10, () => ({})));
    const heard = counted(store);
    for (let second = 1; second <= 5; second++) store.receive(tick(second, {}));
    expect(heard.calls).toBe(5);
  });

  it('gives the same snapshot until something changed', () => {
    const store = new DashStore();
    store.receive(history(10, () => ({})));
    expect(store.getSnapshot()).toBe(store.getSnapshot());
    store.update((ui) => ui);
    const before = store.getSnapshot();
    store.update((ui) => ({ ...ui, view: 'logs' }));
    expect(store.getSnapshot()).not.toBe(before);
  });

  it('keeps what comes while it is paused, without a word', () => {
    const store = new DashStore();
    store.receive(history(10, () => ({ accepted: 1 })));
    store.update((ui) => ({ ...ui, pausedAt: T0 }));
    const heard = counted(store);
    const paused = store.getSnapshot();
    for (let second = 1; second <= 5; second++) store.receive(tick(second, { accepted: 70 }));
    expect(heard.calls).toBe(0);
    expect(store.getSnapshot()).toBe(paused);
    expect(valueAt(paused.rings, 'accepted', paused.viewAt)).toBe(1);
    store.update((ui) => ({ ...ui, message: 'a key' }));
    expect(store.getSnapshot().acceptedWhilePaused).toBe(350);
    expect(store.getSnapshot().facts.sources).toEqual([]);
    store.update((ui) => ({ ...ui, pausedAt: null }));
    expect(valueAt(store.getSnapshot().rings, 'accepted', store.getSnapshot().viewAt)).toBe(70);
    expect(store.getSnapshot().facts.sources).toHaveLength(2);
  });

  it('shows every second tick when it is asked for two seconds', () => {
    const store = new DashStore({ refreshMs: 2_000 });
    store.receive(history(10, () => ({})));
    const heard = counted(store);
    for (let second = 1; second <= 6; second++) store.receive(tick(second, {}));
    expect(heard.calls).toBe(3);
  });

  it('shows a gap where nothing was heard, and fills it from the history of the next connection', () => {
    const store = new DashStore();
    store.receive(history(10, () => ({ accepted: 1 })));
    store.receive(tick(1, { accepted: 2 }));
    store.receive(tick(31, { accepted: 3 }));
    const last = () => {
      const { rings, viewAt } = store.getSnapshot();
      return seriesValues('accepted', cellsOf(rings, { endsAt: viewAt, lengthMs: 60_000 }, 60)).slice(-31);
    };
    expect(last()).toEqual([2, ...Array(29).fill(Number.NaN), 3]);
  });

  it('draws at most every other tick while it is slow, and lets the clock go on between ticks only below a second', () => {
    const store = new DashStore();
    store.receive(history(10, () => ({})));
    const heard = counted(store);
    store.beat(500);
    expect(heard.calls).toBe(0);
    store.update((ui) => ({ ...ui, refreshMs: 500 }));
    store.receive(tick(1, {}));
    store.beat(500);
    expect(heard.calls).toBe(3);
    const { clockAt, receivedAt, viewAt } = store.getSnapshot();
    expect([clockAt - receivedAt, viewAt - receivedAt]).toEqual([500, 0]);
    store.update((ui) => ({ ...ui, refreshMs: 1_000 }));
    store.setSlowness('terminal');
    for (let second = 2; second <= 7; second++) store.receive(tick(second, {}));
    expect(heard.calls).toBe(4 + 3);
  });

  it('takes an entry of the log once that is in the history and in the next tick', () => {
    const entry = (id: number) => ({ id, at: T0, level: 'warn' as const, step: 'flush', event: 'slow', fields: {} });
    const store = new DashStore();
    store.receive({ ...history(1, () => ({})), log: [entry(1), entry(2)] });
    store.receive(tick(1, {}, { log: [entry(2), entry(3)] }));
    expect(store.getSnapshot().facts.log.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it('ignores lines of a type that it does not know', () => {
    const store = new DashStore();
    store.receive({ type: 'later' } as never);
    expect(store.getSnapshot().connection.kind).toBe('connecting');
  });

  it('keeps the state that a tick does not repeat', () => {
    const store = new DashStore();
    store.receive(history(1, () => ({})));
    store.receive(tick(1, {}));
    store.receive(tick(2, {}, { state: { ...STATE, problems: ['the disk is full'] } }));
    store.receive(tick(3, {}));
    expect(store.getSnapshot().facts.state?.problems).toEqual(['the disk is full']);
  });
});

describe('rings', () => {
  it('fold seconds into longer points: rates to their mean, worsts to their worst, levels to the last', () => {
    const store = new DashStore();
    store.receive(history(0, () => ({})));
    for (let second = 1; second <= 10; second++) {
      store.receive(tick(second, { accepted: second, ack_p99_ms: 50 - second, spool_rows: second }));
    }
    const ring = store.getSnapshot().rings.all[1]!;
    expect(ring.read('accepted', ring.newest)).toBeCloseTo(5.5);
    expect(ring.read('ack_p99_ms', ring.newest)).toBe(49);
    expect(ring.read('spool_rows', ring.newest)).toBe(10);
    expect(ring.readLatency(ring.newest)).toEqual([8, 900, 16, 100]);
  });

  it('take ticks that come a little early or late as neighbours', () => {
    const store = new DashStore();
    store.receive(history(1, () => ({ accepted: 0 })));
    for (const [second, at] of [1_049, 1_960, 3_040, 3_970].entries()) {
      store.receive({ ...tick(0, { accepted: second + 1 }), at: T0 + at });
    }
    const [ring] = store.getSnapshot().rings.all;
    const values = Array.from({ length: 5 }, (_, back) => ring!.read('accepted', ring!.newest - back));
    expect(values).toEqual([4, 3, 2, 1, 0]);
  });

  it('keep the peak of a latency that a cell of the chart covers, and the mean of a rate', () => {
    const store = new DashStore();
    store.receive(history(300, (second) => ({ ack_p99_ms: second === 150 ? 900 : 5, accepted: second % 2 })));
    const { rings, viewAt } = store.getSnapshot();
    const cells = cellsOf(rings, { endsAt: viewAt, lengthMs: 300_000 }, 30);
    expect(Math.max(...seriesValues('ack_p99_ms', cells))).toBe(900);
    expect(seriesValues('accepted', cells).at(-2)).toBeCloseTo(0.5);
    expect(latencyCounts(cells).at(-2)).toHaveLength(17);
  });

  it.each(
    WINDOWS_MS.flatMap((lengthMs) => [1, 7, 43, 92, 149, 184, 400].map((columns) => [lengthMs, columns] as const)),
  )('shows a window of %i ms exactly in %i columns, and each of its points somewhere', (lengthMs, columns) => {
    const store = new DashStore();
    store.receive(history(900, () => ({ accepted: 1 })));
    const { rings, viewAt } = store.getSnapshot();
    const cells = cellsOf(rings, { endsAt: viewAt, lengthMs }, columns);
    expect(cells.spanMs).toBe(lengthMs);
    expect(cells.count * cells.slotsPerCell * cells.ring.stepMs).toBe(lengthMs);
    expect(cells.count).toBeLessThanOrEqual(columns);
    expect(seriesValues('accepted', cells)).toHaveLength(columns);
  });

  it('loses no peak where a window of 60 points takes 92 columns, and none where it takes 43', () => {
    for (let second = 240; second < 300; second++) {
      const store = new DashStore();
      store.receive(history(300, (at) => ({ ack_p99_ms: at === second ? 900 : 5 })));
      const { rings, viewAt } = store.getSnapshot();
      for (const columns of [92, 43]) {
        const cells = cellsOf(rings, { endsAt: viewAt, lengthMs: 60_000 }, columns);
        // The oldest cell may begin a little after the window does.
        if (second - 240 >= cells.slotsPerCell) expect(seriesValues('ack_p99_ms', cells)).toContain(900);
      }
    }
  });

  it('keeps points in their cells from tick to tick', () => {
    const store = new DashStore();
    store.receive(history(300, (second) => ({ ack_p99_ms: (second * 37) % 101 })));
    const shown = () => {
      const { rings, viewAt } = store.getSnapshot();
      return cellValues('ack_p99_ms', cellsOf(rings, { endsAt: viewAt, lengthMs: 300_000 }, 80)).slice(2, -2);
    };
    const before = new Set(shown());
    store.receive(tick(1, { ack_p99_ms: 1 }));
    store.receive(tick(2, { ack_p99_ms: 1 }));
    expect(
      shown()
        .slice(0, -1)
        .filter((value) => !before.has(value)),
    ).toEqual([]);
  });
});
