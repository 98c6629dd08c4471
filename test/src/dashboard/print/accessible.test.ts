import { expect, it } from 'vitest';
import type { TaskFigures } from '../../../../src/control/stream.ts';
import { type Said, sentences } from '../../../../src/dashboard/print/accessible.ts';
import { DashStore } from '../../../../src/dashboard/store/store.ts';
import { history, STATE, T0, tick } from '../stream-lines.ts';

const FIGURES = { accepted: 1_000, stored: 990, rejected: 3, ack_p50_ms: 4, ack_p99_ms: 38, lag_ms: 420 };

/** Says what there is to say of the store, and remembers what was said. */
function speaker(store: DashStore): () => string[] {
  let said: Said = new Map();
  return () => {
    const next = sentences(store.getSnapshot(), said);
    said = next.said;
    return next.text;
  };
}

function live(): DashStore {
  const store = new DashStore();
  store.receive(history(5, () => FIGURES));
  store.receive(tick(1, FIGURES));
  return store;
}

it('says everything at first, then only what changed by more than a little', () => {
  const store = live();
  const say = speaker(store);
  expect(say()).toEqual(
    expect.arrayContaining([
      'The figures are live.',
      'default is running.',
      'Accepted 1,000 per second.',
      'Rejected 3 per second.',
      'Lag until queryable 420 ms.',
      'Answers take 4 ms, the slowest percent 38 ms.',
    ]),
  );
  expect(say()).toEqual([]);
  store.receive(tick(2, { ...FIGURES, accepted: 1_015 }));
  expect(say()).toEqual([]);
  store.receive(tick(3, { ...FIGURES, accepted: 1_400 }));
  expect(say()).toEqual(['Accepted 1,400 per second.']);
});

it('tells problems, failed tasks, and the newest warning, harmless', () => {
  const store = live();
  const say = speaker(store);
  say();
  const failed: TaskFigures = {
    id: '1',
    kind: 'retention',
    state: 'failed',
    progress: null,
    step: '',
    error: 'no',
    createdAt: '',
    finishedAt: null,
    nextAt: null,
  };
  const entry = { id: 1, at: T0, level: 'warn' as const, step: 'flush', event: 'slow\u001b[2J', fields: {} };
  const state = { ...STATE, problems: ['the disk is full'] };
  store.receive(tick(2, FIGURES, { state, tasks: [failed], log: [entry] }));
  expect(say()).toEqual([
    'default is running. Problem: the disk is full.',
    '1 tasks failed.',
    'Warning: flush: slow\\u{1b}[2J.',
  ]);
});

it('tells that the daemon is gone, and that it is back', () => {
  const store = live();
  const say = speaker(store);
  say();
  store.setConnection({ kind: 'reconnecting', attempt: 1, why: 'broke off' });
  expect(say()).toEqual(['The connection is reconnecting.']);
  store.setConnection({ kind: 'not-running' });
  expect(say()).toEqual(['TrackFlow is not running.']);
  store.receive(tick(2, FIGURES));
  expect(say()).toEqual(['The figures are live.', 'default is running.']);
});
