/** What that tracker keeps that is no row of ours: short links with their history, and what visitors agreed to last. */
import type { ClickHouse } from '../../clickhouse/client.ts';
import { quoted } from '../../clickhouse/quoted.ts';
import { DEFAULT_ACCOUNT } from '../../event/limits.ts';
import { chText } from '../clickhouse/quote.ts';
import { needColumn, readTable, type SourceTable } from './schema.ts';
import { momentOf, textOf } from './values.ts';

const PAGE_ROWS = 5_000;
const STATEMENT_MS = 600_000;

/** A short link as that tracker has it. */
export interface Redirect {
  readonly from: string;
  readonly to: string;
  readonly account: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly changedAt: number;
  /** Where it led, the oldest first; empty where nothing is known. */
  readonly history: readonly { readonly target: string; readonly at: number }[];
}

export interface LastAgreement {
  readonly account: string;
  readonly visitorId: string;
  readonly flags: number;
  readonly at: number;
}

/** Every short link once, as it is now, in pages. */
export async function* readRedirects(client: ClickHouse, database: string): AsyncGenerator<readonly Redirect[]> {
  const table = await readTable(client, database, ['redirects']);
  if (table === null) return;
  const history = await readTable(client, database, ['redirect_history']);
  const of = (name: string) => textOf(table.columns.get(name));
  const updated = msOf(table, 'updated_at');
  const created = table.columns.has('created_at') ? msOf(table, 'created_at') : updated;
  for (let last = ''; ; ) {
    const rows = await client.query<Omit<Redirect, 'history'>>(
      `SELECT ${of('urlfrom')} AS "from", argMax(${of('urlto')}, ${updated}) AS "to", argMax(${of('oid')}, ${updated}) AS account,
         toFloat64(min(${created})) AS "createdAt", toFloat64(max(${updated})) AS "changedAt"
       FROM ${table.relation} AS t WHERE ${of('urlfrom')} > ${chText(last)} GROUP BY "from" ORDER BY "from" LIMIT ${PAGE_ROWS}`,
      {},
      { timeoutMs: STATEMENT_MS },
    );
    if (rows.length === 0) return;
    const changes = history === null ? new Map() : await readHistory(client, history, rows[0]!.from, rows.at(-1)!.from);
    yield rows.map((row) => ({
      ...row,
      account: row.account || DEFAULT_ACCOUNT,
      history: changes.get(row.from) ?? [],
    }));
    last = rows.at(-1)!.from;
  }
}

async function readHistory(client: ClickHouse, table: SourceTable, first: string, last: string) {
  const from = textOf(needColumn(table, 'urlfrom'));
  const rows = await client.query<{ from: string; target: string; at: number }>(
    `SELECT ${from} AS "from", ${textOf(needColumn(table, 'urlto'))} AS target, toFloat64(max(${msOf(table, 'updated_at')})) AS at
     FROM ${table.relation} AS t WHERE ${from} BETWEEN ${chText(first)} AND ${chText(last)}
     GROUP BY "from", target, ${quoted('updated_at')} ORDER BY "from", at DESC LIMIT 100 BY "from"`,
    {},
    { timeoutMs: STATEMENT_MS },
  );
  const changes = new Map<string, { target: string; at: number }[]>();
  for (const { from: link, target, at } of rows) changes.set(link, [{ target, at }, ...(changes.get(link) ?? [])]);
  return changes;
}

/** What each visitor agreed to last, in pages. */
export async function* readLastAgreements(
  client: ClickHouse,
  database: string,
): AsyncGenerator<readonly LastAgreement[]> {
  const table = await readTable(client, database, ['agreements', 'agreed']);
  if (table === null) return;
  const of = (name: string) => textOf(table.columns.get(name));
  const created = msOf(table, 'created_at');
  const who = `tuple(${of('vid')}, ${of('oid')})`;
  for (let last: { visitorId: string; account: string } | null = null; ; ) {
    const after =
      last === null ? `${of('vid')} != ''` : `${who} > tuple(${chText(last.visitorId)}, ${chText(last.account)})`;
    const rows: LastAgreement[] = await client.query<LastAgreement>(
      `SELECT ${of('vid')} AS "visitorId", ${of('oid')} AS account, toFloat64(argMax(${flagsOf(table)}, ${created})) AS flags,
         toFloat64(max(${created})) AS at
       FROM ${table.relation} AS t WHERE ${after} GROUP BY "visitorId", account ORDER BY "visitorId", account LIMIT ${PAGE_ROWS}`,
      {},
      { timeoutMs: STATEMENT_MS },
    );
    if (rows.length === 0) return;
    yield rows.map((row) => ({ ...row, account: row.account || DEFAULT_ACCOUNT }));
    last = rows.at(-1)!;
  }
}

function flagsOf(table: SourceTable): string {
  return `toInt64OrZero(${textOf(needColumn(table, 'cflags'))})`;
}

function msOf(table: SourceTable, column: string): string {
  return `toUnixTimestamp64Milli(toDateTime64(${momentOf(needColumn(table, column))}, 3, 'UTC'))`;
}
