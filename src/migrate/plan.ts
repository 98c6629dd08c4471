import { quoted } from '../clickhouse/quoted.ts';
import { TrackflowError } from '../errors/error.ts';
import { chText } from './clickhouse/quote.ts';
import type { ColumnPlan, TablePlan } from './column.ts';

/** Everything that is decided before the first row moves; kept with the task, so a restart goes on with the same. */
export interface MigrationPlan {
  /** The rest is said of a PostgreSQL only. */
  readonly server: { readonly version: string; readonly walLevel?: string; readonly isReplica?: boolean };
  readonly tables: readonly TablePlan[];
}

/** Column of a table of ours that says which chunk brought a row. */
export const BATCH_COLUMN = '_batch';

/** An insert that is answered is on disk: only then may a checkpoint say so. The same as for events. */
const DURABLE = `old_parts_lifetime = 480, fsync_after_insert = 1, fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1`;

/** DDL of a new table for those columns. `partitionBy` is SQL of ClickHouse, empty for none. */
export function createTable(options: {
  readonly target: string;
  readonly columns: readonly ColumnPlan[];
  readonly batchColumn: string;
  readonly orderBy: readonly string[];
  readonly partitionBy: string;
}): string {
  const { target, columns, batchColumn, orderBy, partitionBy } = options;
  const lines = [
    ...columns.map(({ name, type }) => `${quoted(name)} ${type}`),
    `${quoted(batchColumn)} UInt64 CODEC(T64, ZSTD(1))`,
    `INDEX ${quoted(`${batchColumn}_minmax`)} ${quoted(batchColumn)} TYPE minmax GRANULARITY 1`,
  ];
  const order = orderBy.length === 0 ? 'tuple()' : `(${orderBy.map(quoted).join(', ')})`;
  const partition = partitionBy === '' ? '' : `\nPARTITION BY ${partitionBy}`;
  return `CREATE TABLE IF NOT EXISTS ${quoted(target)}\n(\n  ${lines.join(',\n  ')}\n)\nENGINE = MergeTree${partition}\nORDER BY ${order}\nSETTINGS ${DURABLE}`;
}

/** The same with the mark by which the migration knows its own table again. */
export function withOwner(create: string, owner: string): string {
  return `${create}\nCOMMENT ${chText(owner)}`;
}

/** Columns whose mapping may lose something, with what. */
export function lossyColumns({ columns }: TablePlan): readonly ColumnPlan[] {
  return columns.filter(({ loss }) => loss !== null);
}

/** Throws TF_INPUT for a mapping that loses something of every value, unless that is `allowed`. */
export function refuseLossyPlan({ tables }: MigrationPlan, allowed: boolean): void {
  const lossy = tables.flatMap((table) =>
    lossyColumns(table).flatMap(({ name, loss }) =>
      loss!.of === 'every' ? [`${table.target}.${name}: ${loss!.what}`] : [],
    ),
  );
  if (allowed || lossy.length === 0) return;
  throw new TrackflowError('TF_INPUT', `the plan loses something (${lossy.join('; ')})`, {
    hints: ['--allow-lossy copies it all the same', '--dry-run prints the plan'],
  });
}

/** Throws TF_INPUT where no table can be followed, neither by the log nor by a key that grows. */
export function refuseUnfollowed({ tables }: MigrationPlan): void {
  if (tables.some(({ key, log }) => key !== null || log !== undefined)) return;
  throw new TrackflowError(
    'TF_INPUT',
    'no table can be followed: that takes a primary key of one number or time that only grows, or wal_level logical',
    {
      hints: [
        '--dry-run --follow says of each table why',
        'a --map file names one as key',
        'without --follow everything is copied once',
      ],
    },
  );
}

const ROWS_PER_SECOND = 250_000;
const BYTES_PER_SECOND = 40_000_000;

/** How long tables of that size take, from what was measured on two cores with verification (test/bench/README.md). */
export function estimateSeconds(rows: number, bytes: number): number {
  return Math.max(rows / ROWS_PER_SECOND, bytes / BYTES_PER_SECOND);
}
