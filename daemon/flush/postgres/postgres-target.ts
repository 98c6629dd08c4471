import type { Migration } from '../../../src/clickhouse/migrate.ts';
import { readBlock } from '../../../src/clickhouse/native/read-block.ts';
import { applyStoreSchema } from '../../../src/postgres/schema.ts';
import { openStoreSession, ServerRefusal, type StoreSession } from '../../../src/postgres/session.ts';
import { STORE_SCHEMA, type StoreAccess } from '../../../src/postgres/store-access.ts';
import { MonthCounter } from '../../spool/months.ts';
import { inPieces } from '../../spool/pieces.ts';
import type { LaneTarget, TargetTable } from '../lane-target.ts';
import type { CountFailure, InsertOutcome, StoredIds } from '../target.ts';
import { copyColumns, copyRows } from './copy-rows.ts';
import { classifySqlState } from './sql-state.ts';

/** What the network and the server need on top of the time of a statement. */
const GRACE_MS = 2_000;
/** Rows whose months are counted in one piece, about a millisecond. */
const MONTHS_PER_PIECE = 10_000;

export interface PostgresTargetOptions {
  readonly access: StoreAccess;
  readonly table: TargetTable;
  readonly timeoutMs: number;
  readonly migrations: readonly Migration[];
}

/**
 * PostgreSQL as the flush sees it: an insert is one transaction that writes the batch into `trackflow.batches` and its rows by
 * COPY.
 *
 * Promises: a token and a month are stored once, whatever comes twice or late: their row in `batches` is the lock and the proof.
 * A count is what `batches` says, so it is exact also while rows of the batch are deleted. Always true: a batch is in `batches`
 * as long as the flush may ask for it (`settled` comes after it has left the spool). One connection, opened when it is needed;
 * the schema is brought up to date with it. While PostgreSQL is away every answer is "refused, try again" with the reason.
 */
export class PostgresTarget implements LaneTarget {
  readonly #options: PostgresTargetOptions;
  #session: StoreSession | null = null;
  #served = false;
  #aborted = false;
  /** A batch that the flush is done with: its rows in `batches` go with the next insert. */
  #settled: bigint | null = null;

  constructor(options: PostgresTargetOptions) {
    this.#options = options;
  }

  get ready(): boolean {
    return this.#served;
  }

  use(place: object | null): void {
    this.#served = place !== null;
  }

  abort(): void {
    this.#aborted = true;
    this.#session?.destroy();
  }

  async close(): Promise<void> {
    await this.#session?.close();
    this.#session = null;
  }

  settled(batch: bigint): void {
    this.#settled = batch;
  }

  async insert(block: Buffer, token: string): Promise<InsertOutcome> {
    let session: StoreSession;
    try {
      session = await this.#connected();
    } catch (error) {
      return { seen: 'refused', because: 'other', error: textOf(error) };
    }
    const late = this.#limit(session);
    try {
      return { seen: 'stored', writtenRows: await this.#store(session, block, token) };
    } catch (error) {
      if (!(error instanceof ServerRefusal)) {
        this.#drop(session);
        return { seen: 'unknown', timedOut: late.isOver, error: late.isOver ? `no answer in time` : textOf(error) };
      }
      const because = classifySqlState(error.sqlState);
      if (because === 'unknown') return { seen: 'unknown', timedOut: true, error: error.message };
      return { seen: 'refused', because, error: error.message };
    } finally {
      late.end();
    }
  }

  count(batch: bigint): Promise<ReadonlyMap<number, number> | CountFailure> {
    return this.#read(async (session) => {
      const rows = await session.query<{ month: number; rows: number }>(
        `SELECT month, sum(rows)::float8 AS rows FROM ${BATCHES} WHERE target = $1 AND batch = $2 GROUP BY month`,
        [this.#options.table.name, batch.toString()],
      );
      return new Map(rows.map(({ month, rows }) => [month, rows]));
    });
  }

  ids(batch: bigint, months: readonly number[]): Promise<StoredIds | CountFailure> {
    const { name, id, time } = this.#options.table;
    return this.#read(async (session) => {
      const rows = await session.query<{ month: number; id: string; rows: number }>(
        `SELECT to_char(${time}, 'YYYYMM')::int AS month, ${id}::text AS id, count(*)::float8 AS rows
         FROM ${STORE_SCHEMA}.${name} WHERE batch = $1 AND to_char(${time}, 'YYYYMM')::int = ANY ($2) GROUP BY 1, 2`,
        [batch.toString(), months],
      );
      const found = new Map(months.map((month) => [month, new Map<string, number>()]));
      for (const { month, id: one, rows: count } of rows) found.get(month)?.set(one, count);
      return found;
    });
  }

  /** One transaction. Returns how many rows it wrote: none of the months that are there under this token. */
  async #store(session: StoreSession, block: Buffer, token: string): Promise<number> {
    const { table } = this.#options;
    const read = await inPieces(readBlock(block));
    const column = (name: string) => read.columns.find((one) => one.name === name)!.start;
    const { months, counted } = await inPieces(monthsOf(block, column(table.time), read.rows));
    const batch = block.readBigInt64LE(column('batch'));
    await session.query('BEGIN');
    try {
      await this.#forget(session);
      const claimed = await session.query<{ month: number; rows: number }>(
        `INSERT INTO ${BATCHES} (target, batch, token, month, rows)
         SELECT $1, $2, $3, month, rows FROM unnest($4::int[], $5::bigint[]) AS counted (month, rows)
         ON CONFLICT DO NOTHING RETURNING month, rows::float8 AS rows`,
        [table.name, batch.toString(), token, [...counted.keys()], [...counted.values()]],
      );
      const fresh = new Set(claimed.map(({ month }) => month));
      if (fresh.size > 0) {
        const sql = `COPY ${STORE_SCHEMA}.${table.name} (${copyColumns(read)}) FROM STDIN (FORMAT binary)`;
        await session.copyIn(
          sql,
          copyRows(block, read, (row) => fresh.has(months[row]!)),
        );
      }
      await session.query('COMMIT');
      this.#settled = null;
      return claimed.reduce((sum, { rows }) => sum + rows, 0);
    } catch (error) {
      if (error instanceof ServerRefusal) await session.query('ROLLBACK');
      throw error;
    }
  }

  async #forget(session: StoreSession): Promise<void> {
    if (this.#settled === null) return;
    const params = [this.#options.table.name, this.#settled.toString()];
    await session.query(`DELETE FROM ${BATCHES} WHERE target = $1 AND batch = $2`, params);
  }

  async #read<T>(ask: (session: StoreSession) => Promise<T>): Promise<T | CountFailure> {
    let session: StoreSession | null = null;
    try {
      session = await this.#connected();
      const late = this.#limit(session);
      try {
        return await ask(session);
      } finally {
        late.end();
      }
    } catch (error) {
      if (session !== null && !(error instanceof ServerRefusal)) this.#drop(session);
      return { error: textOf(error) };
    }
  }

  async #connected(): Promise<StoreSession> {
    if (this.#aborted) throw new Error('the daemon stops');
    if (!this.#served) throw new Error('the store is not ready');
    if (this.#session?.isOpen) return this.#session;
    const { access, timeoutMs, migrations } = this.#options;
    const session = await openStoreSession(access, timeoutMs);
    const late = this.#limit(session);
    try {
      await applyStoreSchema(session, migrations);
    } catch (error) {
      session.destroy();
      throw error;
    } finally {
      late.end();
    }
    this.#session = session;
    return session;
  }

  #drop(session: StoreSession): void {
    session.destroy();
    if (this.#session === session) this.#session = null;
  }

  /** A server that says nothing any more: its connection is ended when the time is up. */
  #limit(session: StoreSession): { readonly isOver: boolean; end(): void } {
    const limit = { isOver: false, end: () => clearTimeout(timer) };
    const timer = setTimeout(() => {
      limit.isOver = true;
      session.destroy();
    }, this.#options.timeoutMs + GRACE_MS);
    return limit;
  }
}

/** The month of each row, whose times begin at `start`, and how many rows each has. */
function* monthsOf(
  block: Buffer,
  start: number,
  rows: number,
): Generator<void, { readonly months: Int32Array; readonly counted: ReadonlyMap<number, number> }> {
  const months = new Int32Array(rows);
  const counted = new Map<number, number>();
  const counter = new MonthCounter();
  for (let row = 0; row < rows; row++) {
    const month = counter.add(Number(block.readBigInt64LE(start + row * 8)));
    months[row] = month;
    counted.set(month, (counted.get(month) ?? 0) + 1);
    if (row % MONTHS_PER_PIECE === MONTHS_PER_PIECE - 1) yield;
  }
  return { months, counted };
}

const BATCHES = `${STORE_SCHEMA}.batches`;

function textOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
