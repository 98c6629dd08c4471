/**
 * ClickHouse as a source of chunks: ranges of a moment, and among rows of the same of the hash of their ids.
 *
 * Promises: a range holds the same rows whenever it is read, as long as none of before the plan's cutoff comes, goes or
 * changes there; a range is read whole or ends with an error. Always true: only SELECT is sent, and no setting, so that a
 * user who may only read will do. There are no snapshots: an epoch is how many rows the tables have, so that rows that come
 * late are found and their chunks compared anew. Rows that the target has from elsewhere are no rows of a range.
 */
import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Cursor, Range } from '../chunk.ts';
import type { TablePlan } from '../column.ts';
import type { RowStream, Source, SourceReader } from '../sides.ts';
import type { SourceColumnSums } from '../sums.ts';
import type { Presence, Window } from './presence.ts';
import { Rows } from './rows.ts';
import {
  boundStatement,
  countStatement,
  type Ids,
  idsStatement,
  lastBoundStatement,
  momentOfBound,
  momentStatement,
  rowsStatement,
  type SumsRow,
  sourceSumsStatement,
  sumsOf,
} from './source-statements.ts';

/** Rows of one chunk at the most: a server sorts them in memory. */
const CHUNK_ROWS_MAX = 100_000;
/** Bytes of a row before its first chunk says better. */
const ROW_BYTES = 500;
const STATEMENT_MS = 3_600_000;
/** Ids in one statement, whose text a server reads up to 256 KiB. */
const IDS_AT_ONCE = 4_000;

export interface ClickHouseSourceParts {
  /** Closed with the source. */
  readonly client: ClickHouse;
  readonly tables: readonly TablePlan[];
  readonly presence: Presence;
}

export class ClickHouseSource implements Source {
  readonly #parts: ClickHouseSourceParts;

  constructor(parts: ClickHouseSourceParts) {
    this.#parts = parts;
  }

  async open(): Promise<SourceReader> {
    const counts: string[] = [];
    for (const table of this.#parts.tables) {
      const [row] = await this.#parts.client.query<{ rows: string }>(
        countStatement(table),
        {},
        { timeoutMs: STATEMENT_MS },
      );
      counts.push(row!.rows);
    }
    return new ClickHouseReader(this.#parts, counts.join(':'));
  }

  /** Every reader sees what is there when it opens. */
  async renew(): Promise<void> {}

  close(): Promise<void> {
    return this.#parts.client.close();
  }
}

class ClickHouseReader implements SourceReader {
  readonly epoch: string;
  readonly current = true;
  readonly broken = false;
  readonly #parts: ClickHouseSourceParts;
  /** What was last found of a range, so that its rows are those that its sums are of. */
  #last: { readonly range: string; readonly ids: Ids } | null = null;

  constructor(parts: ClickHouseSourceParts, epoch: string) {
    this.#parts = parts;
    this.epoch = epoch;
  }

  async carve(table: TablePlan, { part, from }: Cursor, size: { rows: number; bytes: number }): Promise<Range | null> {
    if (part >= table.parts.length) return null;
    const rest: Range = { part, by: 'key', from, to: null };
    const rowBytes = table.rows === 0 ? ROW_BYTES : Math.max(table.bytes / table.rows, 1);
    const rows = Math.max(1, Math.floor(Math.min(size.rows, size.bytes / rowBytes, CHUNK_ROWS_MAX)));
    const [found] = await this.#query<{ moment: string }>(momentStatement(table, rest, rows));
    const last = found && boundStatement(table, rest, rows, found.moment);
    const to = await this.#bound(last ?? lastBoundStatement(table, rest));
    return to === null ? null : { ...rest, to };
  }

  async sums(table: TablePlan, range: Range): Promise<SourceColumnSums> {
    const ids = await this.#ids(table, range);
    const found: SumsRow[] = [];
    for (const some of portions(ids))
      found.push(...(await this.#query<SumsRow>(sourceSumsStatement(table, range, some))));
    return sumsOf(table, found);
  }

  rows(table: TablePlan, range: Range): RowStream {
    return new Rows(this.#pieces(table, range));
  }

  select(): string {
    throw new Error('rows of a ClickHouse are not fetched by the engine');
  }

  async greatestKey(): Promise<null> {
    return null;
  }

  async keyAfter(): Promise<null> {
    return null;
  }

  async count(): Promise<number> {
    return 0;
  }

  hasEnded(): boolean {
    return false;
  }

  async close(): Promise<void> {}

  async *#pieces(table: TablePlan, range: Range): AsyncGenerator<Uint8Array> {
    const known = this.#last?.range === keyOf(table, range) ? this.#last.ids : await this.#ids(table, range);
    for (const some of portions(known)) {
      const { body } = await this.#parts.client.stream(rowsStatement(table, range, some), 'TabSeparated', {
        timeoutMs: STATEMENT_MS,
      });
      for await (const piece of body) yield piece as Uint8Array;
    }
  }

  /** Null: all rows of the range; else the ids of those that the target does not have from elsewhere. */
  async #ids(table: TablePlan, range: Range): Promise<Ids> {
    const { presence } = this.#parts;
    const window: Window = {
      from: range.from === null ? null : momentOfBound(range.from),
      to: range.to === null ? null : momentOfBound(range.to),
    };
    let ids: Ids = null;
    if (await presence.hasOthers(table, window)) {
      const all = (await this.#query<{ id: string }>(idsStatement(table, range))).map(({ id }) => id);
      const present = await presence.among(table, all, window);
      if (present.size > 0) ids = all.filter((id) => !present.has(id));
    }
    this.#last = { range: keyOf(table, range), ids };
    return ids;
  }

  async #bound(statement: string): Promise<string | null> {
    const [row] = await this.#query<{ bound: string }>(statement);
    return row?.bound ?? null;
  }

  #query<Row>(statement: string): Promise<Row[]> {
    return this.#parts.client.query<Row>(statement, {}, { timeoutMs: STATEMENT_MS });
  }
}

function keyOf(table: TablePlan, range: Range): string {
  return `${table.target} ${JSON.stringify(range)}`;
}

/** Ids in pieces that fit a statement each; all rows in one. */
function portions(ids: Ids): Ids[] {
  if (ids === null) return [null];
  const pieces: Ids[] = [];
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) pieces.push(ids.slice(at, at + IDS_AT_ONCE));
  return pieces;
}
