import { type ClickHouse, ClickHouseError, ConnectionError, openClickHouse } from '../../src/clickhouse/client.ts';
import type { Endpoint } from '../../src/clickhouse/endpoint.ts';
import { quoted } from '../../src/clickhouse/quoted.ts';
import type { LaneTarget, TargetTable } from './lane-target.ts';
import { classifyRefusal, TIMEOUT_EXCEEDED } from './refusal.ts';
import type { CountFailure, InsertOutcome, StoredIds } from './target.ts';

/** Ids of one batch that are read to mend a partial month: more than a batch can hold. */
const IDS_MAX = 1_000_000;

/**
 * ClickHouse as the flush sees it. Without an endpoint (the engine is away or its schema is not in place yet) every
 * answer is "refused, try again", at once and without a connection.
 */
export class ClickHouseTarget implements LaneTarget {
  readonly #table: TargetTable;
  readonly #timeoutMs: number;
  #client: ClickHouse | null = null;
  #url = '';
  #endpoint: Endpoint | null = null;
  #abort = new AbortController();

  constructor(options: { readonly table: TargetTable; readonly timeoutMs: number }) {
    this.#table = options.table;
    this.#timeoutMs = options.timeoutMs;
  }

  get ready(): boolean {
    return this.#endpoint !== null;
  }

  use(endpoint: Endpoint | null): void {
    if (endpoint !== null && endpoint.url !== this.#url) {
      // Another replica of the shard. What is under way on the one before ends there, or its time is up.
      void this.#client?.close();
      this.#client = openClickHouse(endpoint, 'writer');
      this.#url = endpoint.url;
    }
    this.#endpoint = endpoint;
  }

  abort(): void {
    this.#abort.abort();
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }

  async insert(block: Buffer, token: string): Promise<InsertOutcome> {
    const client = this.#available();
    if (client === null) return { seen: 'refused', because: 'other', error: AWAY };
    try {
      const { writtenRows } = await client.insertNative(this.#table.name, block, {
        token,
        timeoutMs: this.#timeoutMs,
        signal: this.#abort.signal,
      });
      return { seen: 'stored', writtenRows };
    } catch (error) {
      if (!(error instanceof ClickHouseError)) {
        return { seen: 'unknown', timedOut: error instanceof ConnectionError && error.timedOut, error: String(error) };
      }
      const refusal = classifyRefusal(error.code);
      if (refusal === 'unknown') {
        return { seen: 'unknown', timedOut: error.code === TIMEOUT_EXCEEDED, error: error.message };
      }
      return { seen: 'refused', because: refusal, error: error.message };
    }
  }

  count(batch: bigint): Promise<ReadonlyMap<number, number> | CountFailure> {
    const { name, time } = this.#table;
    return this.#read(async (client) => {
      const rows = await client.query<{ month: number; rows: number }>(
        `SELECT toYYYYMM(${time}) AS month, toFloat64(count()) AS rows FROM ${name}
         WHERE batch = {batch:UInt64} GROUP BY month`,
        { batch: batch.toString() },
        { timeoutMs: this.#timeoutMs, signal: this.#abort.signal },
      );
      return new Map(rows.map(({ month, rows }) => [month, rows]));
    });
  }

  ids(batch: bigint, months: readonly number[]): Promise<StoredIds | CountFailure> {
    const { name, id, time } = this.#table;
    return this.#read(async (client) => {
      const rows = await client.query<{ month: number; id: string; rows: number }>(
        `SELECT toYYYYMM(${time}) AS month, toString(${id}) AS id, toFloat64(count()) AS rows FROM ${name}
         WHERE batch = {batch:UInt64} AND has({months:Array(UInt32)}, month) GROUP BY month, id`,
        { batch: batch.toString(), months },
        { timeoutMs: this.#timeoutMs, signal: this.#abort.signal, rowsMax: IDS_MAX },
      );
      const found = new Map(months.map((month) => [month, new Map<string, number>()]));
      for (const { month, id, rows: count } of rows) found.get(month)?.set(id, count);
      return found;
    });
  }

  /** What another replica took is here before anything is counted, or the count has to wait. */
  async #catchUp(client: ClickHouse): Promise<void> {
    const options = { timeoutMs: this.#timeoutMs, signal: this.#abort.signal };
    await client.command(`SYSTEM SYNC REPLICA ${quoted(this.#table.name)} LIGHTWEIGHT`, {}, options);
  }

  #available(): ClickHouse | null {
    return this.#endpoint === null ? null : this.#client;
  }

  async #read<T>(ask: (client: ClickHouse) => Promise<T>): Promise<T | CountFailure> {
    const client = this.#available();
    if (client === null) return { error: AWAY };
    try {
      if (this.#endpoint?.replicated) await this.#catchUp(client);
      return await ask(client);
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }
}

const AWAY = 'the engine is not ready';
