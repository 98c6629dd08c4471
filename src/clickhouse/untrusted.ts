import { TrackflowError } from '../errors/error.ts';

/** The one question that is asked here: rows as objects, values bound. */
export interface Reader {
  query<T>(sql: string, params: Record<string, unknown>): Promise<T[]>;
}

/**
 * Refuses a statement that calls the scalar function `file`, with TF_QUERY.
 *
 * The embedded engine is a clickhouse-local: there `file('/any/path')` reads every file of the user it runs as, and
 * unlike the table function of the same name it asks for no grant. ClickHouse itself writes the statement in its
 * canonical form first, so that comments, heredocs, escapes and quoting cannot hide the name, as in
 * `` `\x66ile`('…') ``, `arrayMap(file, …)` or `* APPLY(file)`. Rejects with ClickHouseError on a syntax error.
 */
export async function refuseFileAccess(reader: Reader, sql: string): Promise<void> {
  const [answer] = await reader.query<{ statement: string }>(
    'SELECT formatQuerySingleLine({sql:String}) AS statement',
    {
      sql,
    },
  );
  if (answer !== undefined && !namesFile(answer.statement)) return;
  throw new TrackflowError('TF_QUERY', 'the function file() is not allowed: it reads files of the server', {
    hints: ['give a column or an alias that is called file another name, or write it with its table: e.file'],
  });
}

const STRING_OR_QUOTED = /'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/gs;
/** Not after a dot: a sub-column (`properties.file`) is no function. */
const FILE = /(?<![\w.])file\b/i;

/** Whether a canonical statement uses the word `file` outside of strings. */
function namesFile(statement: string): boolean {
  return FILE.test(statement.replaceAll(STRING_OR_QUOTED, "''"));
}
