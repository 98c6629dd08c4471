import type { ClickHouse } from '../../src/clickhouse/client.ts';
import { quoted } from '../../src/clickhouse/quoted.ts';
import { MARK } from './claim.ts';

/** A table that is carried over, with what its rows are told apart by. */
export interface MovedTable {
  readonly name: string;
  /** Columns that are stored as they were given; the others ClickHouse makes from them. */
  readonly columns: readonly string[];
  /** One number for the whole row, as SQL. */
  readonly hash: string;
  /** The same of what is read in a tenth of the time: numbers, times and ids. Tells rows apart, not what all their texts say. */
  readonly quickHash: string;
  /** `FINAL` where merges take rows away, else empty. */
  readonly final: string;
  /** Whether rows carry the number of the batch that brought them. */
  readonly hasBatch: boolean;
}

/** Made on either side by the migrations. */
const LEDGER = 'schema_migrations';
const TABLES = `SELECT name, engine FROM system.tables
 WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name NOT IN ('${LEDGER}', '${MARK}') ORDER BY name`;
const COLUMNS = `SELECT name, type FROM system.columns
 WHERE database = currentDatabase() AND table = {table:String} AND default_kind NOT IN ('MATERIALIZED', 'ALIAS', 'EPHEMERAL')
 ORDER BY position`;

/** Tables of ours, which the migrations have made on both sides, and names of others that stay behind. */
export async function movedTables(
  from: ClickHouse,
  to: ClickHouse,
): Promise<{ readonly tables: readonly MovedTable[]; readonly leftBehind: readonly string[] }> {
  const there = new Set((await to.query<{ name: string }>(TABLES)).map(({ name }) => name));
  const here = await from.query<{ name: string; engine: string }>(TABLES);
  const tables: MovedTable[] = [];
  for (const { name, engine } of here) {
    if (!there.has(name)) continue;
    const columns = await from.query<Column>(COLUMNS, { table: name });
    const short = columns.filter(({ type }) => FIXED_SIZE.test(type));
    tables.push({
      name,
      columns: columns.map((column) => column.name),
      hash: hashOf(columns),
      quickHash: hashOf(short.length > 0 ? short : columns),
      final: /^(Replicated)?MergeTree$/.test(engine) ? '' : 'FINAL',
      hasBatch: columns.some((column) => column.name === 'batch'),
    });
  }
  return { tables, leftBehind: here.map(({ name }) => name).filter((name) => !there.has(name)) };
}

const FIXED_SIZE = /^(UUID|U?Int\d+|Date|Decimal|Float|Bool|IPv)/;

function hashOf(columns: readonly Column[]): string {
  return `cityHash64(${columns.map(hashed).join(', ')})`;
}

interface Column {
  readonly name: string;
  readonly type: string;
}

/** JSON has no hash of its own that would not depend on how its paths are stored; its text does not. */
function hashed({ name, type }: Column): string {
  return /^(JSON|Dynamic|Variant|Object)/.test(type) ? `toJSONString(${quoted(name)})` : quoted(name);
}
