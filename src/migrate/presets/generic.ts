import { quoted } from '../../clickhouse/quoted.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { ColumnPlan, KeyPlan, LogPlan, TablePlan } from '../column.ts';
import type { TableMap } from '../map-file.ts';
import { BATCH_COLUMN, createTable } from '../plan.ts';
import type { Relation } from '../postgres/catalog.ts';
import { sqlName, sqlText } from '../postgres/quote.ts';
import { ASKED_TYPES, canBeAsked, columnPlan } from '../postgres/types.ts';
import { type Identity, logPlan } from '../postgres/wal/identity.ts';

/** From this many rows on a table is cut by months, so that old ones can be dropped. */
const PARTITION_ROWS_MIN = 20_000_000;

export interface TableOptions {
  readonly into?: string | undefined;
  readonly map?: TableMap | undefined;
  /** Of a table whose changes are to be followed. */
  readonly identity?: Identity | undefined;
  readonly since?: { readonly column: string | null; readonly value: string } | undefined;
}

/** Any table as a new one of ClickHouse, column by column. Throws TF_INPUT for what a map file has wrong. */
export function genericPlan(relation: Relation, options: TableOptions): TablePlan {
  const { map = {} } = options;
  const shown = `${relation.schema}.${relation.name}`;
  refuseUnknown(relation, map, shown);
  const columns = relation.columns.flatMap((column) => {
    const said = map.columns?.[column.name];
    if (said === false) return [];
    return [columnPlan(column, { ...(said?.into && { into: said.into }), ...(said?.type && { type: said.type }) })];
  });
  if (columns.length === 0) throw new TrackflowError('TF_INPUT', `${shown} has no column to copy`);
  const names = new Map(
    relation.columns
      .map(({ name }, index) => [name, map.columns?.[name], index] as const)
      .flatMap(([name, said]) => (said === false ? [] : [[name, said?.into ?? name] as const])),
  );
  const target =
    options.into ?? map.into ?? (relation.schema === 'public' ? relation.name : `${relation.schema}_${relation.name}`);
  let batchColumn = BATCH_COLUMN;
  while (columns.some(({ name }) => name === batchColumn)) batchColumn = `_${batchColumn}`;
  const orderBy = map.orderBy ?? sortKey(relation, columns, names);
  const partitionBy = map.partitionBy ?? partition(relation, columns);
  const key = keyFor(relation, map.key, shown);
  const log = options.identity && logPlan(options.identity, { columns }, relation.columns, names);
  return {
    source: relation.sql,
    target,
    ...(typeof log === 'object' && { log }),
    create: createTable({ target, columns, batchColumn, orderBy, partitionBy }),
    batchColumn,
    columns,
    joins: '',
    where: [sinceCondition(relation, options.since), map.where]
      .filter(Boolean)
      .map((one) => `(${one})`)
      .join(' AND '),
    parts: relation.parts,
    key,
    rows: relation.rows,
    bytes: relation.bytes,
    notes: [
      `sorted by ${orderBy.join(', ') || 'nothing: it has no key'}${partitionBy === '' ? '' : `, partitioned by ${partitionBy}`}`,
      `the column ${batchColumn} says which chunk brought a row; drop it when you like, once the migration is done`,
      ...(log === undefined ? [] : [followNote(log, key)]),
    ],
  };
}

function followNote(log: LogPlan | string, key: KeyPlan | null): string {
  if (typeof log === 'object') return "followed by the source's log: new, changed and deleted rows";
  const how = key === null ? 'not followed' : `followed by ${key.column}: new rows only`;
  return `${how}; not by the log: ${log}`;
}

function refuseUnknown(relation: Relation, map: TableMap, shown: string): void {
  const names = relation.columns.map(({ name }) => name);
  for (const [name, said] of Object.entries(map.columns ?? {})) {
    if (!names.includes(name))
      throw new TrackflowError(
        'TF_INPUT',
        `--map: ${shown} has no column ${JSON.stringify(name)}; it has ${names.join(', ')}`,
      );
    if (said !== false && said.type !== undefined && !canBeAsked(said.type)) {
      throw new TrackflowError(
        'TF_INPUT',
        `--map: ${shown}.${name} has the type ${JSON.stringify(said.type)}; allowed: ${ASKED_TYPES}`,
      );
    }
  }
}

/** The primary key, where ClickHouse can sort by it: no NULL, no array. */
function sortKey(relation: Relation, columns: readonly ColumnPlan[], names: ReadonlyMap<string, string>): string[] {
  const wanted = relation.primaryKey.map((name) => columns.find((column) => column.name === names.get(name)));
  const usable = wanted.every(
    (column) => column !== undefined && !column.nullable && !/^(Array|JSON|Float)/.test(column.type),
  );
  return usable ? wanted.map((column) => column!.name) : [];
}

function partition(relation: Relation, columns: readonly ColumnPlan[]): string {
  if (relation.rows < PARTITION_ROWS_MIN) return '';
  const time = columns.find(({ type, nullable }) => /^(DateTime64|Date32)/.test(type) && !nullable);
  return time === undefined ? '' : `toYYYYMM(${quoted(time.name)})`;
}

function keyFor(relation: Relation, asked: string | undefined, shown: string): KeyPlan | null {
  if (asked === undefined) return relation.key;
  const column = relation.columns.find(({ name }) => name === asked);
  if (column?.notNull) return { column: column.name, type: column.type.name };
  throw new TrackflowError('TF_INPUT', `--map: ${shown} has no column ${JSON.stringify(asked)} without NULL to go by`);
}

const TIMES = ['timestamptz', 'timestamp', 'date'];

/** `--since VALUE` or `--since COLUMN=VALUE`. Throws TF_INPUT where nobody knows which column is meant. */
function sinceCondition(relation: Relation, since: TableOptions['since']): string {
  if (since === undefined) return '';
  const times = relation.columns.filter(({ type }) => TIMES.includes(type.name)).map(({ name }) => name);
  const column = since.column ?? (times.length === 1 ? times[0] : undefined);
  if (column === undefined || !relation.columns.some(({ name }) => name === column)) {
    throw new TrackflowError(
      'TF_INPUT',
      `--since: which column of ${relation.schema}.${relation.name} is meant? Times are ${times.join(', ') || 'none'}`,
      {
        hints: ['--since created_at=2026-01-01'],
      },
    );
  }
  return `t.${sqlName(column)} >= ${sqlText(since.value)}`;
}
