/**
 * Which rows the target has already, brought there by something else than this migration: an earlier run, or events that
 * came twice. They are known by their ids.
 */
import type { ClickHouse } from '../../clickhouse/client.ts';
import { quoted } from '../../clickhouse/quoted.ts';
import { batchesOf } from '../chunk.ts';
import type { TablePlan } from '../column.ts';
import { chText } from './quote.ts';

/** How far the times of one row may be apart here and there. */
const APART_MS = 86_400_000;
const LATEST_MS = Date.UTC(2299, 11, 31);
/** Ids in one statement: its text stays below what a server reads without being told otherwise. */
const IDS_AT_ONCE = 4_000;
const STATEMENT_MS = 600_000;

/** From one moment to another, in milliseconds since the epoch; null has no end. */
export interface Window {
  readonly from: number | null;
  readonly to: number | null;
}

export class Presence {
  readonly #client: ClickHouse;
  readonly #job: number;

  /** `client` is closed by the caller. */
  constructor(client: ClickHouse, job: number) {
    this.#client = client;
    this.#job = job;
  }

  /** Whether anything else has brought rows of about that time. */
  async hasOthers(table: TablePlan, window: Window): Promise<boolean> {
    const rows = await this.#client.query(
      `SELECT 1 AS found FROM ${this.#others(table, window)} LIMIT 1`,
      {},
      { timeoutMs: STATEMENT_MS },
    );
    return rows.length > 0;
  }

  /** Those of `ids` that something else has brought. */
  async among(table: TablePlan, ids: readonly string[], window: Window): Promise<ReadonlySet<string>> {
    const id = quoted(table.columns[0]!.name);
    const found = new Set<string>();
    for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
      const list = ids
        .slice(at, at + IDS_AT_ONCE)
        .map(chText)
        .join(', ');
      const rows = await this.#client.query<{ id: string }>(
        `SELECT DISTINCT toString(${id}) AS id FROM ${this.#others(table, window)} AND ${id} IN (${list})`,
        {},
        { timeoutMs: STATEMENT_MS },
      );
      for (const row of rows) found.add(row.id);
    }
    return found;
  }

  #others({ target, batchColumn, columns }: TablePlan, { from, to }: Window): string {
    const { first, last } = batchesOf(this.#job);
    const time = quoted(columns.find(({ ordered, type }) => ordered && type.startsWith('DateTime'))!.name);
    const at = (ms: number) => `fromUnixTimestamp64Milli(toInt64(${Math.min(Math.max(ms, 0), LATEST_MS)}), 'UTC')`;
    const bounds = [
      ...(from === null ? [] : [`${time} >= ${at(from - APART_MS)}`]),
      ...(to === null ? [] : [`${time} <= ${at(to + APART_MS)}`]),
    ];
    return `${quoted(target)} WHERE ${[`${quoted(batchColumn)} NOT BETWEEN ${first} AND ${last}`, ...bounds].join(' AND ')}`;
  }
}
