import type { MergeFigures, MutationFigures } from '../../../control/storage.ts';
import { gauge } from '../../../terminal/charts/gauge.ts';
import { type Column, table } from '../../../terminal/charts/table.ts';
import { duration, fullNumber, percent, shortNumber } from '../../../terminal/numbers.ts';
import { terminalText } from '../../../terminal/text.ts';
import { bytesText, type Scene } from '../../screen/scene.ts';
import { storagePanel } from './known-storage.ts';

const GAUGE_COLUMNS = 8;

/** Merges that run, the longest first. */
export const merges = storagePanel('merges', 'Merges', (figures, scene, width, height) => ({
  note: `${fullNumber(figures.mergesRunning)} running`,
  lines:
    figures.merges.length === 0
      ? ['', ' none was running when asked']
      : table(mergeColumns(scene), figures.merges, { width, height, look: scene.look }),
}));

/** Mutations that are not done, or failed, the newest first. */
export const mutations = storagePanel('mutations', 'Mutations', (figures, scene, width, height) => ({
  note: `${fullNumber(figures.mutationsPending)} waiting`,
  lines:
    figures.mutations.length === 0
      ? ['', ' none waits, none failed']
      : table(mutationColumns(scene), figures.mutations, { width, height, look: scene.look }),
}));

function mergeColumns(scene: Scene): readonly Column<MergeFigures>[] {
  const { look } = scene;
  return [
    { title: 'TABLE', priority: 0, shrinkTo: 6, cell: ({ table: name }) => terminalText(name) },
    {
      title: 'PROGRESS',
      priority: 1,
      cell: ({ progress }) => `${look.paint('accent', gauge(progress, GAUGE_COLUMNS, look))} ${percent(progress)}`,
    },
    { title: 'SINCE', priority: 2, right: true, cell: ({ elapsedSeconds }) => duration(elapsedSeconds * 1_000) },
    { title: 'PARTS', priority: 3, right: true, cell: ({ parts }) => fullNumber(parts) },
    { title: 'SIZE', priority: 4, right: true, cell: ({ compressedBytes }) => bytesText(scene, compressedBytes) },
    { title: 'READ', priority: 6, right: true, cell: ({ rowsRead }) => shortNumber(rowsRead) },
    { title: 'WRITTEN', priority: 5, right: true, cell: ({ rowsWritten }) => shortNumber(rowsWritten) },
    { title: 'MEMORY', priority: 8, right: true, cell: ({ memoryBytes }) => bytesText(scene, memoryBytes) },
    { title: 'PARTITION', priority: 7, cell: ({ partition }) => terminalText(partition) },
    { title: 'KIND', priority: 9, cell: ({ mutation }) => (mutation ? 'mutation' : 'merge') },
  ];
}

function mutationColumns({ look, snapshot }: Scene): readonly Column<MutationFigures>[] {
  return [
    { title: 'STATE', priority: 0, cell: ({ failure }) => (failure === '' ? 'waits' : look.paint('bad', 'FAILS')) },
    { title: 'TABLE', priority: 4, shrinkTo: 6, cell: ({ table: name }) => terminalText(name) },
    { title: 'TO DO', priority: 3, right: true, cell: ({ partsToDo }) => fullNumber(partsToDo) },
    { title: 'AGE', priority: 4, right: true, cell: ({ createdAt }) => duration(snapshot.receivedAt - createdAt) },
    { title: 'COMMAND', priority: 2, shrinkTo: 12, cell: ({ command }) => terminalText(command) },
    { title: 'REASON', priority: 1, shrinkTo: 12, cell: ({ failure }) => look.paint('bad', reasonText(failure)) },
  ];
}

/** What ClickHouse writes before every reason says nothing, and would be all that a narrow screen shows. */
function reasonText(failure: string): string {
  return terminalText(failure.replace(/^Code: \d+\. DB::Exception: /, ''));
}
