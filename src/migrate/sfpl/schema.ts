import type { ClickHouse } from '../../clickhouse/client.ts';
import { quoted } from '../../clickhouse/quoted.ts';
import { TrackflowError } from '../../errors/error.ts';

/** A column of a table of that tracker, by whatever type a version of it gives it. */
export interface SourceColumn {
  readonly name: string;
  /** As ClickHouse writes it, without `LowCardinality` and `Nullable` around it. */
  readonly type: string;
  readonly nullable: boolean;
}

/** One table, or several that are read as one: `agreements` and `agreed` hold the same agreements. */
export interface SourceTable {
  /** For people: `sfpla.events`. */
  readonly name: string;
  /** What stands behind FROM. */
  readonly relation: string;
  readonly columns: ReadonlyMap<string, SourceColumn>;
}

/**
 * The tables of that database by these names that are there, read as one; null where none is. Of several tables those
 * columns are read that all of them have by the same type.
 */
export async function readTable(
  client: ClickHouse,
  database: string,
  names: readonly string[],
): Promise<SourceTable | null> {
  const found: { name: string; columns: Map<string, SourceColumn> }[] = [];
  for (const name of names) {
    const rows = await client.query<{ name: string; type: string }>(
      `SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {name:String}
       AND default_kind NOT IN ('ALIAS', 'EPHEMERAL') ORDER BY position`,
      { database, name },
    );
    if (rows.length > 0) found.push({ name, columns: new Map(rows.map((row) => [row.name, columnOf(row)])) });
  }
  const [first, ...others] = found;
  if (first === undefined) return null;
  const columns = new Map(
    [...first.columns].filter(([name, column]) =>
      others.every((other) => JSON.stringify(other.columns.get(name)) === JSON.stringify(column)),
    ),
  );
  const list = [...columns.keys()].map(quoted).join(', ');
  const selects = found.map(({ name }) => `SELECT ${list} FROM ${quoted(database)}.${quoted(name)}`);
  return {
    name: found.map(({ name }) => `${database}.${name}`).join(' and '),
    relation: others.length === 0 ? `${quoted(database)}.${quoted(first.name)}` : `(${selects.join(' UNION ALL ')})`,
    columns,
  };
}

/** Throws TF_INPUT for a table without a column that says when its rows came. */
export function needColumn({ name, columns }: SourceTable, column: string): SourceColumn {
  const found = columns.get(column);
  if (found !== undefined) return found;
  throw new TrackflowError('TF_INPUT', `${name} has no column ${column}: it is no table of sfproductlabs/tracker`);
}

function columnOf({ name, type }: { readonly name: string; readonly type: string }): SourceColumn {
  const plain = unwrapped(type, 'LowCardinality');
  const bare = unwrapped(plain, 'Nullable');
  return { name, type: bare, nullable: bare !== plain };
}

function unwrapped(type: string, wrapper: string): string {
  return type.startsWith(`${wrapper}(`) ? type.slice(wrapper.length + 1, -1) : type;
}
