import { AnyOf } from '../clickhouse/any-of.ts';
import type { ClickHouse, QueryOptions, ReadLimits } from '../clickhouse/client.ts';
import type { Endpoint } from '../clickhouse/endpoint.ts';
import { narrowed } from '../clickhouse/postgres-tables.ts';
import type { QueryAnswer } from '../control/protocol.ts';
import { readFailure } from './failure.ts';
import { ShardedReads } from './missing-shards.ts';
import type { Reader, ReadOptions } from './reader.ts';
import { checkSql, toQueryAnswer } from './sql.ts';

/** The user of ClickHouse that may only read, held to `limits`. Connects at the first question. */
export class ClickHouseReader implements Reader {
  readonly #servers: AnyOf;
  readonly #limits: ReadLimits;
  readonly #viewsPostgres: boolean;
  /** Null where there is one shard, which is there or not. */
  readonly #sharded: ShardedReads | null;

  constructor(endpoint: Endpoint, limits: ReadLimits) {
    this.#servers = new AnyOf(endpoint, 'reader', limits);
    this.#limits = limits;
    this.#viewsPostgres = endpoint.viewsPostgres ?? false;
    this.#sharded = endpoint.shards === undefined ? null : new ShardedReads(endpoint.shards);
  }

  async query<T>(sql: string, params: Record<string, unknown>, options: ReadOptions = {}): Promise<T[]> {
    try {
      const { narrow, ...rest } = options;
      const statement = this.#viewsPostgres && narrow !== undefined ? narrowed(sql, narrow) : sql;
      return await this.#read(rest, (server, call) => server.query<T>(statement, params, call));
    } catch (thrown) {
      throw readFailure(thrown, this.#limits, 'ours');
    }
  }

  /**
   * The answer to one statement that a person typed (`trackflow query`). Rejects with TF_QUERY when it is not a
   * reading one, when ClickHouse refuses it or when the answer is over a limit, which the message names: an answer is
   * whole or an error, never cut. One without the rows of shards that are away names them.
   */
  async sql(text: string, options: ReadOptions = {}): Promise<QueryAnswer> {
    const statement = checkSql(text);
    let missing: readonly number[] = [];
    const onMissing = (shards: readonly number[]) => {
      missing = shards;
    };
    try {
      const table = await this.#read({ ...options, onMissing }, (server, call) => server.untrusted(statement, call));
      return { ...toQueryAnswer(table), ...(missing.length > 0 && { missingShards: missing }) };
    } catch (thrown) {
      throw readFailure(thrown, this.#limits, 'typed');
    }
  }

  close(): Promise<void> {
    return this.#servers.close();
  }

  #read<T>(
    { onMissing, ...options }: ReadOptions,
    ask: (server: ClickHouse, call: QueryOptions) => Promise<T>,
  ): Promise<T> {
    return this.#servers.run(async (server) => {
      // Nobody would hear what is missing: then the answer is whole, or none.
      if (this.#sharded === null || onMissing === undefined) return ask(server, options);
      const { answer, missing } = await this.#sharded.read(server, (call) => ask(server, { ...options, ...call }));
      if (missing.length > 0) onMissing(missing);
      return answer;
    }, options.signal);
  }
}
