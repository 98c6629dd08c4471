import type { Endpoint } from '../src/clickhouse/endpoint.ts';
import type { Config } from '../src/config/schema.ts';
import { ClickHouseReader } from '../src/query/clickhouse-reader.ts';
import { SqlStream } from '../src/query/sql-stream.ts';
import type { ControlHandlers } from './control/server.ts';
import { buildReads } from './threads/collector-reads.ts';

/** What the control socket asks of ClickHouse, over connections of its own. */
export function openControlReads(
  endpoint: Endpoint,
  limits: Config['query'],
  now: () => number,
): Pick<ControlHandlers, 'query' | 'ask' | 'sql'> & { close(): Promise<void> } {
  const reader = new ClickHouseReader(endpoint, limits);
  const reads = buildReads(reader, limits, now);
  const stream = new SqlStream(endpoint, limits);
  return {
    query: (sql) => reader.sql(sql),
    ask: (question, params) => reads.stats(question, params),
    sql: (sql, options) => stream.run(sql, options),
    close: async () => {
      await Promise.all([reader.close(), stream.close()]);
    },
  };
}
