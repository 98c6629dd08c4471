/**
 * Rows that are kept in PostgreSQL, as tables of ClickHouse: under the names and with the columns that questions know, in a
 * database of their own beside the one that ClickHouse's own tables are in.
 *
 * That database is forgotten when the engine ends: it holds no row, and where PostgreSQL is no longer the store the engine
 * would not start with tables that name it.
 *
 * Each table is a view over a table of ClickHouse's engine PostgreSQL: that engine knows no JSON, and of times it reads
 * microseconds only (as milliseconds they come out wrong, without an error). A condition does not pass a view: whoever knows
 * that rows outside of it do not matter asks through `narrowed`, which puts it where PostgreSQL gets it.
 */
import { TABLES, type TableName } from '../event/tables.ts';

/** Named collection of the engine's configuration that says how PostgreSQL is reached. */
export const STORE_COLLECTION = 'trackflow_store';
const SCHEMA = 'trackflow';

/** The database that holds the views. */
export function storeDatabase(database: string): string {
  return `${database}_postgres`;
}

/** Conditions on rows of a table that what is asked implies, in names of its columns alone or behind the table's. */
export interface Narrow {
  readonly table: TableName;
  readonly where: string;
}

/**
 * How text becomes JSON in the views: a string that looks like a time stays the string it is. The same settings as those of an
 * insert (`settings.ts`).
 */
export const STORE_SETTINGS = {
  type_json_skip_duplicated_paths: 1,
  input_format_try_infer_dates: 0,
  input_format_try_infer_datetimes: 0,
} as const;

/** Statements that make the views in `database`, each of which may be repeated. PostgreSQL need not answer for them. */
export function storeStatements(database: string): string[] {
  return [
    `CREATE DATABASE IF NOT EXISTS ${database} ENGINE = Memory`,
    `CREATE TABLE IF NOT EXISTS ${database}.table_sizes (name String, rows Int64, bytes Int64)
     ENGINE = PostgreSQL(${STORE_COLLECTION}, schema = '${SCHEMA}', table = 'table_sizes')`,
    `CREATE TABLE IF NOT EXISTS ${database}.schema_migrations (number Int32, name String, sha256 String)
     ENGINE = PostgreSQL(${STORE_COLLECTION}, schema = '${SCHEMA}', table = 'schema_migrations')`,
    ...(Object.keys(TABLES) as TableName[]).flatMap((table) => [
      `CREATE TABLE IF NOT EXISTS ${database}.${rowsOf(table)} (${columnsOf(table)})
       ENGINE = PostgreSQL(${STORE_COLLECTION}, schema = '${SCHEMA}', table = '${table}')`,
      `CREATE VIEW IF NOT EXISTS ${database}.${table} AS ${selectRows(table, `${database}.${rowsOf(table)}`)}`,
    ]),
  ];
}

/** The statement `sql` over the rows that meet the condition: PostgreSQL sends no others. */
export function narrowed(sql: string, { table, where }: Narrow): string {
  const rows = `(SELECT * FROM ${rowsOf(table)} AS ${table} WHERE ${where})`;
  return `WITH ${table} AS (${selectRows(table, rows)}) ${sql}`;
}

function rowsOf(table: TableName): string {
  return `${table}_rows`;
}

function columnsOf(table: TableName): string {
  const columns = TABLES[table].columns.map(({ name, blockType }) => `${name} ${STORED_AS[blockType] ?? blockType}`);
  return [...columns, 'batch Int64'].join(', ');
}

const DATETIME = "DateTime64(3, 'UTC')";
const JSON_TYPE = 'JSON(max_dynamic_paths=256)';
const STORED_AS: Readonly<Record<string, string>> = { [DATETIME]: "DateTime64(6, 'UTC')", [JSON_TYPE]: 'String' };

/** `from`: a table, or a question in parentheses. */
function selectRows(table: TableName, from: string): string {
  const columns = TABLES[table].columns.map(({ name, blockType }) => {
    if (blockType === DATETIME) return `toDateTime64(r.${name}, 3, 'UTC') AS ${name}`;
    return blockType === JSON_TYPE ? `CAST(r.${name} AS ${JSON_TYPE}) AS ${name}` : `r.${name} AS ${name}`;
  });
  const hashes = table === 'events' ? HASHES : [];
  return `SELECT ${[...columns, 'toUInt64(r.batch) AS batch', ...hashes].join(', ')} FROM ${from} AS r`;
}

/** As the table of ClickHouse itself computes them. */
const HASHES = ['visitor', 'session'].map((name) => `cityHash64(r.${name}_id) AS ${name}_hash`);
