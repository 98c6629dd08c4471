/** What the source says of itself: tables, columns, keys, partitions, sizes. Reads only; costs no scan of a table. */
import { TrackflowError } from '../../errors/error.ts';
import type { KeyPlan, PartPlan } from '../column.ts';
import type { Session } from './connection.ts';
import type { PgColumn, PgType } from './mapping.ts';
import { sqlName } from './quote.ts';

export interface Relation {
  readonly schema: string;
  readonly name: string;
  /** Quoted, with schema. */
  readonly sql: string;
  readonly columns: readonly PgColumn[];
  /** Columns of the primary key, else of a unique index without NULL; empty where there is none. */
  readonly primaryKey: readonly string[];
  /** A key of one column with an order, for ranges. */
  readonly key: KeyPlan | null;
  readonly parts: readonly PartPlan[];
  readonly rows: number;
  readonly bytes: number;
}

export interface Server {
  readonly version: string;
  readonly walLevel: string;
  readonly isReplica: boolean;
  readonly encoding: string;
}

const TABLES_MAX = 1_000;
const KINDS = { r: 'table', p: 'partitioned table', m: 'materialized view', f: 'foreign table', v: 'view' } as const;
const COPIED_KINDS = ['r', 'p', 'm', 'f'];

export async function readServer(session: Session): Promise<Server> {
  const [row] = await session.query<Server>(
    `SELECT current_setting('server_version') AS version, current_setting('wal_level') AS "walLevel",
       pg_is_in_recovery() AS "isReplica", current_setting('server_encoding') AS encoding`,
  );
  return row!;
}

/** Every table of ours to copy: no system tables, and no partition or child, whose rows come with its parent. */
export async function listTables(session: Session): Promise<readonly number[]> {
  const rows = await session.query<{ oid: string }>(
    `SELECT c.oid::text AS oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
     ORDER BY n.nspname, c.relname LIMIT $1`,
    [TABLES_MAX + 1],
  );
  if (rows.length <= TABLES_MAX) return rows.map(({ oid }) => Number(oid));
  throw new TrackflowError(
    'TF_INPUT',
    `the source has more than ${TABLES_MAX} tables; name those to copy with --table`,
  );
}

/** The table that `name` means, quoted as in SQL or just as it is. Throws TF_INPUT. */
export async function findTable(session: Session, name: string): Promise<number> {
  const [exact] = await session.query<{ oid: string }>(
    `SELECT c.oid::text AS oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'm', 'f', 'v') AND (c.relname = $1 AND pg_table_is_visible(c.oid) OR n.nspname || '.' || c.relname = $1)
     ORDER BY pg_table_is_visible(c.oid) DESC LIMIT 1`,
    [name],
  );
  const [parsed] = exact
    ? [exact]
    : await session.query<{ oid: string | null }>(`SELECT to_regclass($1)::oid::text AS oid`, [name]).catch(() => []);
  if (parsed?.oid != null) return Number(parsed.oid);
  throw new TrackflowError('TF_INPUT', `the source has no table ${JSON.stringify(name)}`, {
    hints: ['write SCHEMA.TABLE; psql \\dt *.* lists them'],
  });
}

/** All that a plan needs to know of one. Throws TF_INPUT for what has no rows of its own, like a view. */
export async function readRelation(session: Session, oid: number): Promise<Relation> {
  const [row] = await session.query<{ schema: string; name: string; kind: keyof typeof KINDS }>(
    `SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1`,
    [oid],
  );
  const { schema, name, kind } = row!;
  if (!COPIED_KINDS.includes(kind)) {
    const what = KINDS[kind] ?? 'no table';
    throw new TrackflowError('TF_INPUT', `${schema}.${name} is a ${what}; tables and materialized views can be copied`);
  }
  const columns = await readColumns(session, oid);
  const parts = await readParts(session, oid);
  const primaryKey = await readKey(session, oid);
  return {
    schema,
    name,
    sql: `${sqlName(schema)}.${sqlName(name)}`,
    columns,
    primaryKey,
    key: keyOf(primaryKey, columns),
    parts,
    rows: parts.reduce((sum, part) => sum + part.rows, 0),
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
  };
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly modifier: number;
  readonly typeText: string;
  readonly notNull: boolean;
  readonly generated: boolean;
  readonly distinct: number | null;
}

async function readColumns(session: Session, oid: number): Promise<PgColumn[]> {
  const rows = await session.query<ColumnRow>(
    `SELECT a.attname AS name, a.atttypid::text AS type, a.atttypmod AS modifier, format_type(a.atttypid, a.atttypmod) AS "typeText",
       a.attnotnull AS "notNull", a.attgenerated <> '' AS generated, s.n_distinct::float8 AS distinct
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
       AND s.inherited = (c.relkind = 'p')
     WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [oid],
  );
  const types = await readTypes(
    session,
    rows.map(({ type }) => type),
  );
  return rows.map(({ name, type, modifier, typeText, notNull, generated, distinct }) => {
    const resolved = resolveType(types, type, modifier);
    return {
      name,
      type: resolved.type,
      typeText,
      notNull: notNull || resolved.notNull,
      generated,
      distinct: distinct ?? 0,
    };
  });
}

interface TypeRow {
  readonly oid: string;
  readonly name: string;
  readonly kind: string;
  readonly category: string;
  readonly base: string;
  readonly baseModifier: number;
  readonly element: string;
  readonly notNull: boolean;
}

/** Those types, and what they are domains over and arrays of. */
async function readTypes(session: Session, oids: readonly string[]): Promise<ReadonlyMap<string, TypeRow>> {
  const rows = await session.query<TypeRow>(
    `WITH RECURSIVE used AS (
       SELECT unnest($1::oid[]) AS oid
       UNION SELECT next.oid FROM used JOIN pg_type t ON t.oid = used.oid
         CROSS JOIN LATERAL (VALUES (t.typbasetype), (CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END)) next (oid)
         WHERE next.oid <> 0)
     SELECT t.oid::text AS oid, t.typname AS name, t.typtype AS kind, t.typcategory AS category, t.typbasetype::text AS base,
       t.typtypmod AS "baseModifier", t.typelem::text AS element, t.typnotnull AS "notNull"
     FROM pg_type t WHERE t.oid IN (SELECT oid FROM used)`,
    [oids],
  );
  return new Map(rows.map((row) => [row.oid, row]));
}

function resolveType(
  types: ReadonlyMap<string, TypeRow>,
  oid: string,
  modifier: number,
): { readonly type: PgType; readonly notNull: boolean } {
  const row = types.get(oid)!;
  if (row.kind === 'd') {
    const base = resolveType(types, row.base, row.baseModifier);
    return { type: base.type, notNull: row.notNull || base.notNull };
  }
  const isArray = row.category === 'A' && row.element !== '0';
  const element = isArray ? resolveType(types, row.element, modifier).type : null;
  return { type: { name: row.name, kind: row.kind, modifier, element }, notNull: false };
}

/** The table itself and all below it that hold rows. Rows are estimates of the last ANALYZE. */
async function readParts(session: Session, oid: number): Promise<PartPlan[]> {
  const rows = await session.query<{ schema: string; name: string; kind: string; rows: number; bytes: number }>(
    `WITH RECURSIVE tree AS (SELECT $1::oid AS oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid)
     SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind, greatest(c.reltuples, 0)::float8 AS rows,
       CASE WHEN c.relkind = 'f' THEN 0 ELSE pg_table_size(c.oid)::float8 END AS bytes
     FROM tree JOIN pg_class c ON c.oid = tree.oid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm', 'f') ORDER BY n.nspname, c.relname`,
    [oid],
  );
  return rows.map(({ schema, name, kind, rows: count, bytes }) => ({
    // Children are parts of their own: without ONLY their rows would come twice.
    relation: `${kind === 'f' ? '' : 'ONLY '}${sqlName(schema)}.${sqlName(name)}`,
    rows: count,
    bytes,
    hasBlocks: kind !== 'f',
  }));
}

async function readKey(session: Session, oid: number): Promise<string[]> {
  const [row] = await session.query<{ columns: string[] }>(
    `SELECT array_agg(a.attname::text ORDER BY k.place) AS columns
     FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, place)
     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
     WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place <= i.indnkeyatts
     GROUP BY i.indexrelid, i.indisprimary HAVING bool_and(a.attnotnull)
     ORDER BY i.indisprimary DESC, count(*) LIMIT 1`,
    [oid],
  );
  return row?.columns ?? [];
}

/** Types whose values a sequence or a clock makes: what is new has the greatest. */
const KEY_TYPES = ['int2', 'int4', 'int8', 'timestamptz', 'timestamp'];

function keyOf(primaryKey: readonly string[], columns: readonly PgColumn[]): KeyPlan | null {
  const column = columns.find(({ name }) => primaryKey.length === 1 && name === primaryKey[0]);
  if (column === undefined || !KEY_TYPES.includes(column.type.name)) return null;
  return { column: column.name, type: column.type.name };
}
