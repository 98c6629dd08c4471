import { expect, it } from 'vitest';
import type { MigrationProgress, TableProgress } from '../../../../src/control/migration.ts';
import { DashStore } from '../../../../src/dashboard/store/store.ts';
import { history, T0, tick } from '../stream-lines.ts';
import { drawn } from './drawn.ts';

const table = (target: string, changes: Partial<TableProgress>): TableProgress => ({
  source: `"public"."${target}"`,
  target,
  state: 'waiting',
  error: '',
  rows: 0,
  rowsTotal: 1_000,
  bytes: 0,
  rowsPerSecond: 0,
  bytesPerSecond: 0,
  etaSeconds: null,
  chunks: 0,
  chunksVerified: 0,
  chunksRepeated: 0,
  ...changes,
});

const progress: MigrationProgress = {
  kind: 'migration',
  phase: 'copying',
  lagRows: null,
  lag: null,
  tablesTotal: 3,
  tablesVerified: 1,
  tables: [
    table('moving', {
      state: 'copying',
      rows: 250,
      rowsPerSecond: 123_000,
      bytesPerSecond: 31_500_000,
      etaSeconds: 75,
    }),
    table('hostile\x1b[2J', { state: 'failed', error: 'no such thing' }),
    table('done', { state: 'verified', rows: 1_000 }),
  ],
};

function withMigration(view: 'tasks' | 'overview') {
  const store = new DashStore({ view, allowActions: false });
  store.receive(history(5, () => ({})));
  const task = {
    id: '7',
    kind: 'migrate',
    state: 'running' as const,
    progress: 0.4,
    step: 'copy',
    error: '',
    createdAt: new Date(T0).toISOString(),
    finishedAt: null,
    nextAt: null,
    detail: progress,
  };
  store.receive(tick(1, {}, { tasks: [task] }));
  return drawn(store, 140, 32);
}

it('shows the tables of a running migration in the view of the tasks, with what each does', () => {
  const lines = withMigration('tasks').split('\n');
  const at = lines.findIndex((line) => line.includes('migration copying: 1 of 3 tables verified'));
  expect(lines[at + 2]).toMatch(/moving +copying +\S+ 25% +250 +123k +31\.5 +1m15s/);
  expect(lines[at + 3]).toContain('hostile\\u{1b}[2J');
  expect(lines[at + 3]).toContain('no such thing');
  expect(lines[at + 4]).toMatch(/done +verified/);
});

it('shows none of them elsewhere', () => {
  expect(withMigration('overview')).not.toContain('migration copying');
});
