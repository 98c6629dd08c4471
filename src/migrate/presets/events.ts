import type { ColumnPlan, TablePlan } from '../column.ts';
import type { Relation } from '../postgres/catalog.ts';
import { sqlName } from '../postgres/quote.ts';

/** Table and column of ours that events go into; the column has an index, and chunks have numbers of their own there. */
const TARGET = 'events';
const BATCH = 'batch';

const base = { store: '{}', nullable: false, ordered: false, loss: null } as const;

/** A text of an event; NULL is the empty text. */
export function eventText(name: string, from: string, sql: string): ColumnPlan {
  const value = `coalesce(${sql}, '')`;
  return {
    ...base,
    name,
    from,
    type: 'String',
    read: value,
    wire: 'String',
    canonical: { source: value, target: 'toString({})' },
  };
}

export function eventUuid(name: string, from: string, sql: string): ColumnPlan {
  const canonical = { source: `(${sql})::text`, target: 'toString({})' };
  return { ...base, name, from, type: 'UUID', read: sql, wire: 'UUID', canonical };
}

/** A time; events hold milliseconds of the years 1970 to 2299. `sql` is a timestamp without zone, in UTC. */
export function eventTime(name: string, from: string, sql: string): ColumnPlan {
  const least = `timestamp '1970-01-01'`;
  const most = `timestamp '2299-12-31 23:59:59.999'`;
  const read = `CASE WHEN ${sql} IS NULL OR ${sql} < ${least} THEN ${least} WHEN ${sql} > ${most} THEN ${most} ELSE date_trunc('milliseconds', ${sql}) END`;
  return {
    ...base,
    name,
    from,
    type: "DateTime64(3, 'UTC')",
    read,
    wire: "DateTime64(3, 'UTC')",
    canonical: { source: `(${read})::text`, target: `trimRight(trimRight(toString({}), '0'), '.')` },
    ordered: true,
    loss: {
      of: 'some',
      condition: `(${read}) IS DISTINCT FROM ${sql}`,
      what: 'microseconds are cut; NULL, infinity and times before 1970 or after 2299 become the nearest',
    },
  };
}

/** Money as events hold it, four decimals. */
export function eventMoney(name: string, from: string, sql: string): ColumnPlan {
  const read = `coalesce(round((${sql})::numeric, 4), 0.0000)`;
  return {
    ...base,
    name,
    from,
    type: 'Decimal(18, 4)',
    read,
    wire: 'Decimal(18, 4)',
    canonical: { source: `(${read})::numeric(18, 4)::text`, target: 'toDecimalString({}, 4)' },
    ordered: true,
  };
}

export function eventFlag(name: string, from: string, sql: string): ColumnPlan {
  const read = `coalesce((${sql})::int, 0)`;
  return {
    ...base,
    name,
    from,
    type: 'UInt8',
    read,
    wire: 'UInt8',
    canonical: { source: `(${read})::text`, target: 'toString({})' },
  };
}

/** Keys, or in a group of its own a value that holds nothing further. Of JSON that was written by either side. */
const LEAF = String.raw`"(?:[^"\\]|\\.)*"\s*:|("(?:[^"\\]|\\.)*"|[^][,}{:"\s]+)`;

/**
 * Properties; `sql` is jsonb. ClickHouse keeps paths and values, not the text: NULL and empty objects are dropped, a key
 * `a.b` is the same path as b in a. So what is compared is every value, in an order of its own.
 */
export function eventProperties(name: string, from: string, sql: string): ColumnPlan {
  const value = `coalesce((${sql})::text, '{}')`;
  // A number has the digits that are left when ClickHouse writes it.
  const leaf = `CASE WHEN m[1] ~ '^-?[0-9]+[.][0-9]+$' THEN trim_scale(m[1]::numeric)::text ELSE m[1] END`;
  const source = `CASE WHEN ${value} = '{}' THEN '' ELSE (SELECT coalesce(string_agg(v, E'\\x1d' ORDER BY v COLLATE "C"), '') FROM (SELECT ${leaf} AS v FROM regexp_matches(${value}, $re$${LEAF}$re$, 'g') m WHERE m[1] IS NOT NULL AND m[1] <> 'null') leaves) END`;
  const pattern = LEAF.replace('[^]', String.raw`[^\]`).replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  const target = `arrayStringConcat(arraySort(arrayFilter(v -> v NOT IN ('', 'null'), extractAll(toJSONString({}), '${pattern}'))), '\\x1d')`;
  return {
    ...base,
    name,
    from,
    type: 'JSON(max_dynamic_paths=256)',
    read: value,
    wire: 'JSON(max_dynamic_paths=256)',
    canonical: { source, target },
  };
}

/** The plan of a table whose rows become events. */
export function eventsPlan(
  relation: Relation,
  parts: {
    readonly columns: readonly ColumnPlan[];
    readonly joins?: string;
    readonly where?: string;
    readonly notes?: readonly string[];
  },
): TablePlan {
  return {
    source: relation.sql,
    target: TARGET,
    create: null,
    batchColumn: BATCH,
    columns: parts.columns,
    joins: parts.joins ?? '',
    where: parts.where ?? '',
    parts: relation.parts,
    key: relation.key,
    rows: relation.rows,
    bytes: relation.bytes,
    notes: parts.notes ?? [],
  };
}

/** SQL of a column that some versions of a schema lack; the text `''` then. */
export function optional(relation: Relation, alias: string, ...names: readonly string[]): string {
  const found = names.find((name) => relation.columns.some((column) => column.name === name));
  return found === undefined ? `''` : `${alias}.${sqlName(found)}`;
}
