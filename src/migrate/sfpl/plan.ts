import type { ClickHouse } from '../../clickhouse/client.ts';
import { TrackflowError } from '../../errors/error.ts';
import { chText } from '../clickhouse/quote.ts';
import { countStatement, lossStatement } from '../clickhouse/source-statements.ts';
import type { TablePlan } from '../column.ts';
import { lossyColumns, type MigrationPlan } from '../plan.ts';
import { agreementsPlan } from './agreements.ts';
import { eventsPlan } from './events.ts';
import { paymentsPlan } from './payments.ts';
import type { SfplParams } from './request.ts';
import { readTable, type SourceTable } from './schema.ts';

/** Where the tables of each part are, and what makes a plan of them. */
const TABLES = [
  { part: 'events', names: ['events'], plan: eventsPlan },
  { part: 'payments', names: ['payments'], plan: paymentsPlan },
  { part: 'agreements', names: ['agreements', 'agreed'], plan: agreementsPlan },
] as const;
const COUNT_MS = 600_000;
/** Bytes of a row in memory for one on disk. */
const COMPRESSION = 5;

/** What of that tracker's tables is copied and how: all rows of before now, by its clock. Writes nothing. Throws TF_INPUT. */
export async function planSfpl(client: ClickHouse, database: string, params: SfplParams): Promise<MigrationPlan> {
  const [server] = await client.query<{ version: string; now: string }>(
    `SELECT version() AS version, toString(toTimeZone(now64(3), 'UTC')) AS now`,
  );
  const { version, now } = server!;
  const tables: TablePlan[] = [];
  for (const { part, names, plan } of TABLES) {
    if (!params.parts.includes(part)) continue;
    const table = await readTable(client, database, names);
    if (table !== null)
      tables.push(await sized(client, database, table, names, plan(table, now, params.keepAddresses)));
  }
  const hasRedirects =
    params.parts.includes('redirects') && (await readTable(client, database, ['redirects'])) !== null;
  if (tables.length > 0 || hasRedirects) return { server: { version }, tables };
  throw new TrackflowError('TF_INPUT', `the database ${database} has none of the tables ${params.parts.join(', ')}`, {
    hints: ['clickhouse://USER@HOST:PORT/DATABASE names another one'],
  });
}

/** How many rows would lose something, by column that may; null where nobody could count. */
export async function countSfplLosses(client: ClickHouse, table: TablePlan): Promise<readonly number[] | null> {
  if (lossyColumns(table).length === 0) return [];
  const [row] = await client.query<{ lost: string[] }>(lossStatement(table), {}, { timeoutMs: COUNT_MS });
  return row!.lost.map(Number);
}

async function sized(
  client: ClickHouse,
  database: string,
  { relation }: SourceTable,
  names: readonly string[],
  plan: Omit<TablePlan, 'rows' | 'bytes' | 'parts'>,
): Promise<TablePlan> {
  const part = { relation, rows: 0, bytes: 0, hasBlocks: false };
  const bare: TablePlan = { ...plan, parts: [part], rows: 0, bytes: 0 };
  const [counted] = await client.query<{ rows: string }>(countStatement(bare), {}, { timeoutMs: COUNT_MS });
  // Unknown for a table that is spread over servers.
  const [stored] = await client.query<{ bytes: string }>(
    `SELECT toString(sum(ifNull(total_bytes, 0))) AS bytes FROM system.tables
     WHERE database = ${chText(database)} AND name IN (${names.map(chText).join(', ')})`,
  );
  const size = { rows: Number(counted!.rows), bytes: Number(stored!.bytes) * COMPRESSION };
  return { ...bare, ...size, parts: [{ ...part, ...size }] };
}
