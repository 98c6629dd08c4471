/** What of SQL text can hold a semicolon that ends nothing: comments, strings, quoted names. */
const TOKEN = /--[^\n]*|\/\*.*?\*\/|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|;|[^;'"`/-]+|[/-]/gs;

const ENGINE = /^ENGINE = (\w*MergeTree)(?:\(([^)\n]*)\))?$/m;
const REPLICA = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";

/**
 * A statement of ours that makes a table, for a shard with several replicas: the same engine, replicated. Each replica runs
 * it; the macros name it. https://clickhouse.com/docs/engines/table-engines/mergetree-family/replication
 */
export function replicatedStatement(statement: string): string {
  return statement.replace(ENGINE, (_, engine: string, given = '') => {
    return `ENGINE = Replicated${engine}(${given === '' ? REPLICA : `${REPLICA}, ${given}`})`;
  });
}

/** The statements of one of our schema files, without comments, in order. Not for text that we did not write. */
export function statementsOf(sql: string): string[] {
  const statements = [''];
  for (const [token] of sql.matchAll(TOKEN)) {
    if (token === ';') statements.push('');
    else if (!token.startsWith('--') && !token.startsWith('/*')) statements[statements.length - 1] += token;
  }
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '');
}
