/**
 * SQL that a person typed, for `trackflow query`: what may be sent, and the shape of what comes back.
 *
 * The read-only user and its limits are the boundary; the check here exists for what that user could still do (KILL
 * ends the reads of others) and for messages that say what to type instead.
 */
import type { Table } from '../clickhouse/client.ts';
import type { QueryAnswer } from '../control/protocol.ts';
import { TrackflowError } from '../errors/error.ts';

/** UTF-8 bytes of one statement. It is checked as a parameter, of which ClickHouse takes 128 KiB, escaped: 6 for 1. */
export const SQL_BYTES_MAX = 16_384;

/** First words of the statements that read. */
export const READING_STATEMENTS = ['SELECT', 'WITH', 'FROM', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS'] as const;

/** White space, comments and parentheses before the first word. */
const LEAD = /^(?:\s|--[^\n]*(?:\n|$)|\/\*.*?\*\/|\()*/s;

/** A FORMAT clause that ends the last line, outside of a comment. */
const ASKED_FORMAT = /^(?!.*--)(?:.*\s)?FORMAT\s+(\w+)$/i;

/** The statement as it is sent, without what ends it. Throws TF_QUERY when it is none that reads, or too long. */
export function checkSql(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes > SQL_BYTES_MAX) {
    throw new TrackflowError('TF_QUERY', `the statement has ${bytes} bytes; the most is ${SQL_BYTES_MAX}`);
  }
  const statement = text.replace(/[;\s]+$/, '');
  const format = ASKED_FORMAT.exec(statement.slice(statement.lastIndexOf('\n') + 1))?.[1];
  if (format !== undefined) throw formatNotAsked(format);
  const first = /^\w+/.exec(statement.replace(LEAD, ''))?.[0] ?? '';
  if (READING_STATEMENTS.some((word) => word === first.toUpperCase())) return statement;
  const allowed = READING_STATEMENTS.join(', ');
  const problem = first === '' ? 'there is no statement' : `${first} is not a statement that reads`;
  throw new TrackflowError('TF_QUERY', `${problem}; it has to begin with one of ${allowed}`, {
    hints: [
      'trackflow query "SELECT name, count() FROM events GROUP BY name"',
      'to change or delete, if that is meant: trackflow engine sql --write',
    ],
  });
}

/** How rows are written is not the statement's to say: what reads the answer knows one way. */
export function formatNotAsked(format: string): TrackflowError {
  return new TrackflowError('TF_QUERY', `the statement asks for FORMAT ${format}: leave FORMAT out`, {
    hints: ['how rows are printed is for --format to say'],
  });
}

/**
 * Rows by column name. Whole numbers beyond 2^53 and decimals that a JSON number would round are text with every digit;
 * what JSON has no number for (NaN, infinity) is null. Throws TF_QUERY when two columns have one name, as a row could
 * hold only one of them.
 */
export function toQueryAnswer({ columns, rows }: Table): QueryAnswer {
  const names = columns.map((column) => column.name);
  checkNames(names);
  return { columns, rows: rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]]))) };
}

/** Throws TF_QUERY when two columns have one name: a row by name could hold only one of them. */
export function checkNames(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new TrackflowError('TF_QUERY', `two columns are called ${JSON.stringify(twice)}`, {
    hints: ['give one of them another name with AS'],
  });
}
