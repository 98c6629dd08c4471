/**
 * ClickHouse as the target of chunks.
 *
 * Promises: when `insert` resolves, the rows are in parts on disk; when it rejects nobody knows, and `idle`, then `sums` or
 * `batches` tell. Always true: a batch number is in each row, so what an attempt left behind can be found and removed. A
 * table is only ever made here, or was made by this very migration: its comment says so.
 */
import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type ClickHouse, ClickHouseError } from '../../clickhouse/client.ts';
import { quoted } from '../../clickhouse/quoted.ts';
import { TrackflowError } from '../../errors/error.ts';
import { batchesOf } from '../chunk.ts';
import type { TablePlan } from '../column.ts';
import { withOwner } from '../plan.ts';
import type { Target } from '../sides.ts';
import type { Sums, SumsBy } from '../sums.ts';
import {
  type EngineAccess,
  fetchStatement,
  INSERT_SETTINGS,
  insertStatement,
  removeOlderStatements,
  sumsStatement,
} from './statements.ts';

/** An insert of the largest chunk on a machine that does other things too. */
const INSERT_MS = 3_600_000;
const STATEMENT_MS = 600_000;
const IDLE_WAIT_MS = 120_000;
const IDLE_POLL_MS = 50;
/** The answer comes when the part is in place, not with the first bytes. */
const ANSWERED_AT_THE_END = { ...INSERT_SETTINGS, wait_end_of_query: 1 } as const;
/** Numbers of batches in one statement. */
const REMOVED_AT_ONCE = 1_000;

export interface TargetParts {
  readonly client: ClickHouse;
  /** Of the migration, in its batch numbers. */
  readonly job: number;
  /** Resolves when the engine answers. */
  readonly ready: () => Promise<void>;
  /** How the engine reaches the source; null: it is not to. */
  readonly source: EngineAccess | null;
}

export class ClickHouseTarget implements Target {
  readonly #parts: TargetParts;
  readonly #client: ClickHouse;
  readonly #owner: string;

  constructor(parts: TargetParts) {
    this.#parts = parts;
    this.#client = parts.client;
    this.#owner = `trackflow migrate ${parts.job}`;
  }

  async prepare({ target, create }: TablePlan): Promise<void> {
    if (create === null) return;
    const [found] = await this.#client.query<{ comment: string }>(
      'SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = {target:String}',
      { target },
    );
    if (found === undefined) await this.#client.command(withOwner(create, this.#owner));
    else if (found.comment !== this.#owner) {
      throw new TrackflowError(
        'TF_INPUT',
        `ClickHouse has a table ${target} already, which this migration did not make`,
        {
          hints: [
            '--into NAME, or into in a --map file, gives it another name',
            '--resume goes on with an earlier migration',
          ],
        },
      );
    }
  }

  async insert(
    table: TablePlan,
    batch: bigint,
    rows: Readable | AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#client.insertRows(insertStatement(table, batch), rows, ANSWERED_AT_THE_END, {
      timeoutMs: INSERT_MS,
      signal,
      queryId: this.#queryId(batch),
    });
  }

  async fetch(table: TablePlan, batch: bigint, select: string, signal: AbortSignal): Promise<void> {
    const { source } = this.#parts;
    if (source === null) throw new Error('the engine has no way to the source');
    // Not as a query beside a body: that would stand in the URL, password and all.
    const statement = fetchStatement(table, batch, select, source);
    await this.#client.command(statement, {}, { timeoutMs: INSERT_MS, signal, queryId: this.#queryId(batch) });
  }

  async sums(table: TablePlan, batch: bigint | 'all', by: SumsBy): Promise<Sums> {
    const batches = batch === 'all' ? batchesOf(this.#parts.job) : { first: batch, last: batch };
    const [row] = await this.#client.query<Sums>(sumsStatement(table, batches, by), {}, { timeoutMs: STATEMENT_MS });
    return row!;
  }

  async batches({ target, batchColumn }: TablePlan): Promise<ReadonlyMap<bigint, number>> {
    const { first, last } = batchesOf(this.#parts.job);
    const column = quoted(batchColumn);
    const rows = await this.#client.query<{ number: string; rows: number }>(
      `SELECT toString(${column}) AS number, toFloat64(count()) AS rows FROM ${quoted(target)}
       WHERE ${column} BETWEEN ${first} AND ${last} GROUP BY ${column}`,
      {},
      { timeoutMs: STATEMENT_MS },
    );
    return new Map(rows.map(({ number, rows: count }) => [BigInt(number), count]));
  }

  async remove({ target, batchColumn }: TablePlan, batches: readonly bigint[]): Promise<void> {
    for (let at = 0; at < batches.length; at += REMOVED_AT_ONCE) {
      const list = batches.slice(at, at + REMOVED_AT_ONCE).join(', ');
      await this.#client.command(
        `DELETE FROM ${quoted(target)} WHERE ${quoted(batchColumn)} IN (${list}) SETTINGS lightweight_deletes_sync = 2`,
        {},
        { timeoutMs: STATEMENT_MS },
      );
    }
  }

  async removeOlder(
    table: TablePlan,
    before: bigint,
    identities: readonly (readonly string[])[] | 'all',
  ): Promise<void> {
    const { first } = batchesOf(this.#parts.job);
    for (const statement of removeOlderStatements(table, { first, before }, identities))
      await this.#client.command(statement, {}, { timeoutMs: STATEMENT_MS });
  }

  async greatest({ target }: TablePlan, column: string): Promise<string | null> {
    const [row] = await this.#client.query<{ rows: number; greatest: string }>(
      `SELECT toFloat64(count()) AS rows, toString(max(${quoted(column)})) AS greatest FROM ${quoted(target)}`,
      {},
      { timeoutMs: STATEMENT_MS },
    );
    return row!.rows === 0 ? null : row!.greatest;
  }

  async idle(batch: bigint): Promise<void> {
    const prefix = `${this.#queryPrefix(batch)}%`;
    for (let waited = 0; waited < IDLE_WAIT_MS; waited += IDLE_POLL_MS) {
      const [row] = await this.#client.query<{ running: number }>(
        'SELECT toFloat64(count()) AS running FROM system.processes WHERE query_id LIKE {prefix:String}',
        { prefix },
      );
      if (row!.running === 0) return;
      if (waited === 0) await this.#kill(prefix);
      await new Promise((resolve) => setTimeout(resolve, IDLE_POLL_MS));
    }
    throw new TrackflowError(
      'TF_TIMEOUT',
      `an insert of an earlier attempt has been running for ${IDLE_WAIT_MS / 1_000} s in ClickHouse`,
    );
  }

  ready(): Promise<void> {
    return this.#parts.ready();
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** Whoever may not kill waits. */
  async #kill(prefix: string): Promise<void> {
    try {
      await this.#client.command('KILL QUERY WHERE query_id LIKE {prefix:String} ASYNC', { prefix });
    } catch (cause) {
      if (!(cause instanceof ClickHouseError)) throw cause;
    }
  }

  #queryPrefix(batch: bigint): string {
    return `trackflow-migrate-${batch.toString(16)}-`;
  }

  /** Two attempts may have the same batch number only when the first of them was killed before it began. */
  #queryId(batch: bigint): string {
    return `${this.#queryPrefix(batch)}${randomBytes(6).toString('hex')}`;
  }
}
