import type { ColumnFigures, TableFigures } from '../../../control/storage.ts';
import { gauge } from '../../../terminal/charts/gauge.ts';
import { type Column, table } from '../../../terminal/charts/table.ts';
import { fullNumber, percent, shortNumber, UNKNOWN } from '../../../terminal/numbers.ts';
import { terminalText } from '../../../terminal/text.ts';
import { bytesText, type Scene } from '../../screen/scene.ts';
import { storagePanel } from './known-storage.ts';

const GAUGE_COLUMNS = 10;

/** Each table: what it holds, what that takes, and how well it is compressed. */
export const tables = storagePanel('tables', 'Tables', (figures, scene, width, height) => ({
  note: bytesText(scene, sum(figures.tables, 'diskBytes')),
  lines:
    figures.tables.length === 0
      ? ['', ' no tables yet']
      : table(tableColumns(scene), figures.tables, { width, height, look: scene.look }),
}));

/** Where the bytes of the events are. */
export const columns = storagePanel('columns', 'Columns of events', (figures, scene, width, height) => {
  const events = figures.tables.find(({ name }) => name === 'events');
  if (figures.columns.length === 0) return { lines: ['', ' sizes come with parts above 128 MB'] };
  const all = events?.compressedBytes ?? sum(figures.columns, 'compressedBytes');
  return {
    note: `${figures.columns.length} largest`,
    lines: table(columnColumns(scene, all), figures.columns, { width, height, look: scene.look }),
  };
});

function tableColumns(scene: Scene): readonly Column<TableFigures>[] {
  const size = (value: number) => bytesText(scene, value);
  return [
    { title: 'TABLE', priority: 0, shrinkTo: 6, cell: ({ name }) => terminalText(name) },
    { title: 'ROWS', priority: 1, right: true, cell: ({ rows }) => shortNumber(rows) },
    { title: 'DISK', priority: 2, right: true, cell: ({ diskBytes }) => size(diskBytes) },
    { title: 'RATIO', priority: 3, right: true, cell: ratio },
    { title: 'PARTS', priority: 4, right: true, cell: ({ parts }) => fullNumber(parts) },
    { title: 'PACKED', priority: 5, right: true, cell: ({ compressedBytes }) => size(compressedBytes) },
    { title: 'RAW', priority: 6, right: true, cell: ({ uncompressedBytes }) => size(uncompressedBytes) },
    {
      title: 'B/ROW',
      priority: 7,
      right: true,
      cell: ({ diskBytes, rows }) => (rows === 0 ? UNKNOWN : fullNumber(diskBytes / rows)),
    },
  ];
}

function columnColumns(scene: Scene, all: number): readonly Column<ColumnFigures>[] {
  const share = ({ compressedBytes }: ColumnFigures) => (all === 0 ? 0 : compressedBytes / all);
  return [
    { title: 'COLUMN', priority: 0, shrinkTo: 8, cell: ({ name }) => terminalText(name) },
    { title: 'PACKED', priority: 1, right: true, cell: ({ compressedBytes }) => bytesText(scene, compressedBytes) },
    { title: 'SHARE', priority: 2, right: true, cell: (one) => percent(share(one)) },
    { title: 'RATIO', priority: 3, right: true, cell: ratio },
    { title: 'RAW', priority: 5, right: true, cell: ({ uncompressedBytes }) => bytesText(scene, uncompressedBytes) },
    { title: '', priority: 4, cell: (one) => gauge(share(one), GAUGE_COLUMNS, scene.look) },
  ];
}

/** `9.1x`: raw bytes in one packed byte. */
function ratio({ compressedBytes, uncompressedBytes }: ColumnFigures | TableFigures): string {
  return compressedBytes === 0 ? UNKNOWN : `${(uncompressedBytes / compressedBytes).toFixed(1)}x`;
}

function sum<Name extends string>(list: readonly Readonly<Record<Name, number>>[], name: Name): number {
  return list.reduce((total, one) => total + one[name], 0);
}
