import { type ClickHouse, openClickHouse, type ReadLimits } from '../clickhouse/client.ts';
import type { Endpoint } from '../clickhouse/endpoint.ts';
import type { QueryAnswer } from '../control/protocol.ts';
import { readFailure } from './failure.ts';
import type { Reader, ReadOptions } from './reader.ts';
import { checkSql, toQueryAnswer } from './sql.ts';

/** The user of ClickHouse that may only read, held to `limits`. Connects at the first question. */
export class ClickHouseReader implements Reader {
  readonly #clickhouse: ClickHouse;
  readonly #limits: ReadLimits;

  constructor(endpoint: Endpoint, limits: ReadLimits) {
    this.#clickhouse = openClickHouse(endpoint, 'reader', limits);
    this.#limits = limits;
  }

  async query<T>(sql: string, params: Record<string, unknown>, options: ReadOptions = {}): Promise<T[]> {
    try {
      return await this.#clickhouse.query<T>(sql, params, options);
    } catch (thrown) {
      throw readFailure(thrown, this.#limits, 'ours');
    }
  }

  /**
   * The answer to one statement that a person typed (`trackflow query`). Rejects with TF_QUERY when it is not a
   * reading one, when ClickHouse refuses it or when the answer is over a limit, which the message names: an answer is
   * whole or an error, never cut.
   */
  async sql(text: string, options: ReadOptions = {}): Promise<QueryAnswer> {
    const statement = checkSql(text);
    try {
      return toQueryAnswer(await this.#clickhouse.untrusted(statement, options));
    } catch (thrown) {
      throw readFailure(thrown, this.#limits, 'typed');
    }
  }

  close(): Promise<void> {
    return this.#clickhouse.close();
  }
}
