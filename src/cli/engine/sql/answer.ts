import { parseExactJson } from '../../../clickhouse/exact-json.ts';
import type { SqlColumns, SqlEnd, SqlError } from '../../../control/sql.ts';
import { ERRORS, type ErrorCode, TrackflowError } from '../../../errors/error.ts';
import type { Columns, Row } from '../../query/rows.ts';

/** Takes an answer as it comes. What is awaited here slows the statement. */
export interface AnswerSink {
  columns(columns: Columns): Promise<void> | void;
  row(row: Row): Promise<void> | void;
}

/** What is taken of an answer at the most; 0 is all. */
export interface AnswerLimits {
  readonly rowsMax: number;
  readonly charactersMax: number;
}

export interface AnswerEnd {
  /** Rows that were taken. */
  readonly rows: number;
  /** There may be more, which were not asked for. */
  readonly more: boolean;
}

/**
 * Reads the lines of `src/control/sql.ts` into `sink` as far as the limits go, and leaves the rest unread. Throws the daemon's error; TF_STATE_UNKNOWN for an answer that was cut.
 */
export async function readAnswer(
  lines: AsyncGenerator<string>,
  sink: AnswerSink,
  { rowsMax, charactersMax }: AnswerLimits,
): Promise<AnswerEnd> {
  let rows = 0;
  let characters = 0;
  for await (const line of lines) {
    const parsed = parseExactJson(line) as Row | SqlColumns | SqlEnd | SqlError;
    if (isRow(parsed)) {
      const isFull = (rowsMax > 0 && rows >= rowsMax) || (charactersMax > 0 && characters >= charactersMax);
      if (isFull) return { rows, more: true };
      await sink.row(parsed);
      rows++;
      characters += line.length;
    } else if ('columns' in parsed) await sink.columns(parsed.columns);
    else if ('end' in parsed) return { rows, more: false };
    else throw revived(parsed);
  }
  throw new TrackflowError('TF_STATE_UNKNOWN', 'the answer was cut: the daemon is gone', {
    hints: ['trackflow status'],
  });
}

function isRow(parsed: Row | object): parsed is Row {
  return Array.isArray(parsed);
}

function revived({ error }: SqlError): TrackflowError {
  const code = Object.hasOwn(ERRORS, error.code) ? (error.code as ErrorCode) : 'TF_FAILED';
  return new TrackflowError(code, error.message, { hints: error.hints });
}
