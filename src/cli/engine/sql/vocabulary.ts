import type { SqlResult } from './printers.ts';

/** What `\?` prints. */
export const COMMANDS = [
  'A statement ends with ; or with \\G, which shows each row as a list. Tab completes, the arrows recall.',
  '  \\d         tables',
  '  \\d TABLE   columns of a table',
  '  \\x         switch between tables and lists',
  '  \\q         leave (also exit, Ctrl-D); Ctrl-C ends what runs',
].join('\n');

/** The statement behind `\d`; undefined, after a word to the person, where there is none. */
export function statementOf(command: string, say: (line: string) => void): string | undefined {
  if (command === '\\d') return 'SHOW TABLES';
  const table = /^\\d\s+([A-Za-z_]\w*)\s*;?$/.exec(command)?.[1];
  if (table !== undefined) {
    return `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '${table}' ORDER BY position`;
  }
  say('no such command; \\? lists them');
  return undefined;
}

const KEYWORDS = [
  'SELECT DISTINCT FROM WHERE PREWHERE GROUP BY HAVING ORDER LIMIT OFFSET WITH TOTALS UNION ALL JOIN LEFT INNER ON USING AS',
  'AND OR NOT IN BETWEEN LIKE ILIKE IS NULL CASE WHEN THEN ELSE END DESC ASC SAMPLE FINAL ARRAY INTERVAL DAY HOUR MINUTE',
  'SHOW TABLES DESCRIBE TABLE EXPLAIN EXISTS INSERT INTO VALUES ALTER DELETE CREATE DROP OPTIMIZE TRUNCATE SETTINGS FORMAT',
  'count() uniq( uniqExact( sum( avg( min( max( quantile( toDate( toStartOfHour( toStartOfDay( now() today() topK(',
]
  .join(' ')
  .split(' ');

/** Names of tables and columns: asked for once, when somebody first completes a word. */
export function wordsOf(ask: (sql: string) => Promise<SqlResult>): () => Promise<readonly string[]> {
  let known: Promise<readonly string[]> | undefined;
  const load = async () => {
    const names = await ask(
      `SELECT DISTINCT name FROM (SELECT name FROM system.tables WHERE database = currentDatabase()
       UNION ALL SELECT name FROM system.columns WHERE database = currentDatabase()) ORDER BY name LIMIT 5000`,
    ).catch(() => ({ rows: [] }));
    return [...KEYWORDS, ...names.rows.map(({ name }) => String(name)).filter((name) => /^[\w.]+$/.test(name))];
  };
  return () => {
    known ??= load();
    return known;
  };
}
