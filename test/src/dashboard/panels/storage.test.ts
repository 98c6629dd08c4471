import { expect, it } from 'vitest';
import type { StorageReport } from '../../../../src/control/storage.ts';
import { DashStore } from '../../../../src/dashboard/store/store.ts';
import { history, STATE, T0, tick } from '../stream-lines.ts';
import { drawn, storageFigures } from './drawn.ts';

const HOSTILE = '\u001b[2J\u001b]0;owned\u0007\u202e';

function showing(storage: StorageReport | undefined, second = 2, state = STATE): DashStore {
  const store = new DashStore({ view: 'storage' });
  store.receive({ ...history(10, () => ({ engine_parts: 118 })), state });
  store.receive(tick(second, { engine_parts: 118 }, storage === undefined ? {} : { storage }));
  return store;
}

it('shows parts against the limit of the fullest partition, sizes and the compression', () => {
  const text = drawn(showing({ figures: storageFigures(), failure: '' }));
  expect(text).toMatch(/parts +90 of 3,000 .*3%/);
  expect(text).toMatch(/fullest +events 202511 +slowed from 1,000/);
  expect(text).toMatch(/events +1\.9M +38M +9\.1x +118 +36M +328M +21/);
  expect(text).toContain('sizes come with parts above 128 MB');
  expect(text).toContain('none was running when asked');
  expect(text).toContain('none waits, none failed');
  expect(text).toMatch(/asked +2s ago +took 14 ms +every 5s/);
});

it('shows merges with their progress, and why a mutation fails without obeying it', () => {
  const merge = {
    table: 'events',
    partition: HOSTILE,
    mutation: false,
    progress: 0.61,
    elapsedSeconds: 83,
    parts: 6,
    compressedBytes: 2_048,
    rowsRead: 1_000,
    rowsWritten: 900,
    memoryBytes: 4_096,
  };
  const mutation = {
    table: 'events',
    id: 'mutation_1.txt',
    command: `DELETE WHERE name = '${HOSTILE}'`,
    createdAt: T0 - 60_000,
    partsToDo: 3,
    done: false,
    failure: `Code: 243. DB::Exception: no ${HOSTILE} space`,
  };
  const figures = storageFigures({
    merges: [merge],
    mergesRunning: 31,
    mutations: [{ ...mutation, failure: '' }, mutation],
    mutationsPending: 2,
    columns: [{ name: 'url\u001b', compressedBytes: 18 * 1024 ** 2, uncompressedBytes: 180 * 1024 ** 2 }],
  });
  const text = drawn(showing({ figures, failure: '' }));
  expect(text).toMatch(/merges +31 running .*61%/);
  expect(text).toMatch(/61% +1m23s +6 +2K/);
  expect(text).toMatch(/mutations +2 waiting +1 failing/);
  expect(text).toMatch(/FAILS +events +3 +1m02s +DELETE WHERE .* no \\u\{1b\}/);
  expect(text).toMatch(/waits +events/);
  expect(text).toMatch(/url\\u\{1b\} +18M +50% +10\.0x .*180M/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  expect(text).not.toMatch(/[\u0007\u001b\u202e]/);
});

it('says how old the figures are, and why there are none that are newer', () => {
  const store = showing({ figures: storageFigures(), failure: 'the engine is down' }, 42);
  const text = drawn(store);
  expect(text).toMatch(/Storage ─+ 42s old/);
  expect(text).toMatch(/Merges ─+ 0 running {2}42s old/);
  expect(text).toMatch(/asked +42s ago +the engine is down/);
  expect(text).toMatch(/events +1\.9M/);
});

it('says why nothing is known', () => {
  expect(drawn(showing({ figures: null, failure: 'Not enough privileges \u001b[2J' }))).toContain(
    'Not enough privileges \\u{1b}[2J',
  );
  expect(drawn(showing({ figures: null, failure: '' }))).toContain('asking ClickHouse…');
  expect(drawn(showing(undefined))).toContain('this daemon does not tell');
});

it('shows the retention and its next run', () => {
  const report = { figures: storageFigures(), failure: '' };
  const kept = (retention: { days: number; nextAt: string | null }) =>
    drawn(showing(report, 2, { ...STATE, retention }));
  expect(kept({ days: 0, nextAt: null })).toMatch(/retention +kept for ever/);
  const nextAt = new Date(T0 + 4 * 3_600_000 + 2_000).toISOString();
  expect(kept({ days: 90, nextAt })).toMatch(/retention +90 days +next run in 4h/);
});

it('shows health, memory, CPU and restarts of a container, beside the storage and in the panel of ClickHouse', () => {
  const container = {
    name: `trackflow-0123${HOSTILE}`,
    image: 'clickhouse/clickhouse-server:26.8',
    status: 'running',
    health: 'unhealthy',
    memoryBytesMax: 2 * 1024 ** 3,
  };
  const state = { ...STATE, engine: { ...STATE.engine, kind: 'docker', restarts: 3, container } };
  const store = showing({ figures: storageFigures(), failure: '' }, 2, state);
  store.receive(tick(3, { engine_rss_bytes: 410 * 1024 ** 2, engine_cpu: 1.5 }));
  const rows = drawn(store).match(/container +unhealthy {2}410M\/2G {2}cpu 150% {2}3 restarts/g);
  expect(rows).toHaveLength(2);
  expect(drawn(store)).not.toContain('\u001b[2J');
  expect(drawn(showing({ figures: storageFigures(), failure: '' }))).not.toContain('container');
});
