import {
  type ClickHouse,
  ClickHouseError,
  ConnectionError,
  openClickHouse,
  type ReadLimits,
} from '../clickhouse/client.ts';
import type { Endpoint } from '../clickhouse/endpoint.ts';
import { errorOfAnswer } from '../clickhouse/errors.ts';
import { refuseFileAccess } from '../clickhouse/untrusted.ts';
import { TrackflowError } from '../errors/error.ts';
import { readFailure } from './failure.ts';
import { checkNames, checkSql, formatNotAsked } from './sql.ts';

/** UTF-8 bytes of a statement of the writer: what ClickHouse parses unless it is told otherwise (`max_query_size`). */
export const WRITTEN_SQL_BYTES_MAX = 262_144;
/** Characters of one row. */
const ROW_CHARACTERS_MAX = 64 * 1024 * 1024;
const FORMAT = 'JSONCompactEachRowWithNamesAndTypes';

export interface RunOptions {
  /** As the user that may do everything, instead of the one that may only read within limits. */
  readonly write: boolean;
  /** Gives the statement up; ClickHouse is told to stop, where it only reads. */
  readonly signal: AbortSignal;
}

export interface SqlColumn {
  readonly name: string;
  readonly type: string;
}

/**
 * Statements that a person typed, for `trackflow engine sql`, with their answers as they come.
 *
 * Always true: at most one row is in memory, however many there are. A reader's answer is bounded by `limits` and whole or
 * an error; a writer's is neither.
 */
export class SqlStream {
  readonly #limits: ReadLimits;
  readonly #reader: ClickHouse;
  readonly #writer: ClickHouse;

  constructor(endpoint: Endpoint, limits: ReadLimits) {
    this.#limits = limits;
    this.#reader = openClickHouse(endpoint, 'reader', limits);
    this.#writer = openClickHouse(endpoint, 'writer');
  }

  /**
   * First the columns (none for a statement without an answer), then each row as the JSON array that ClickHouse wrote.
   * Rejects with TF_QUERY, TF_TIMEOUT, TF_BUSY or TF_ENGINE_UNAVAILABLE; a writer's statement also after rows.
   */
  async *run(text: string, { write, signal }: RunOptions): AsyncGenerator<readonly SqlColumn[] | string> {
    try {
      const { body, format } = write ? await this.#write(text, signal) : await this.#read(text, signal);
      if (format !== '' && format !== FORMAT) {
        body.destroy();
        throw formatNotAsked(format);
      }
      yield* rowsOf(linesOf(body));
    } catch (thrown) {
      throw readFailure(thrown, this.#limits, write ? 'written' : 'typed');
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#reader.close(), this.#writer.close()]);
  }

  async #read(text: string, signal: AbortSignal) {
    const statement = checkSql(text);
    await refuseFileAccess(this.#reader, statement);
    return this.#reader.stream(statement, FORMAT, { signal });
  }

  /** A statement that writes may take as long as it takes. */
  #write(text: string, signal: AbortSignal) {
    const bytes = Buffer.byteLength(text);
    if (bytes <= WRITTEN_SQL_BYTES_MAX) return this.#writer.stream(text, FORMAT, { signal, timeoutMs: 0 });
    throw new TrackflowError('TF_QUERY', `the statement has ${bytes} bytes; the most is ${WRITTEN_SQL_BYTES_MAX}`);
  }
}

async function* rowsOf(lines: AsyncGenerator<string>): AsyncGenerator<readonly SqlColumn[] | string> {
  const names = await lines.next();
  const types = await lines.next();
  if (names.done || types.done) {
    yield [];
    return;
  }
  const columns = columnsOf(names.value, types.value);
  checkNames(columns.map(({ name }) => name));
  yield columns;
  for await (const line of lines) {
    if (!line.startsWith('[')) throw await brokenOff(line, lines);
    yield line;
  }
}

function columnsOf(names: string, types: string): SqlColumn[] {
  try {
    const parsed = JSON.parse(types) as string[];
    return (JSON.parse(names) as string[]).map((name, index) => ({ name, type: parsed[index]! }));
  } catch (cause) {
    throw new ConnectionError('the answer is not what ClickHouse gives', { cause });
  }
}

/** What stands in the place of a row: the error for which the server gave up. */
async function brokenOff(line: string, rest: AsyncGenerator<string>): Promise<Error> {
  let text = line;
  try {
    for await (const more of rest) if (text.length < ERROR_CHARACTERS_MAX) text += `\n${more}`;
  } catch {
    // The connection ends with it.
  }
  const told = /Code: \d+[\s\S]*?(?=\n\d+ |\n?__exception__|$)/.exec(text)?.[0] ?? '';
  const error = errorOfAnswer(200, undefined, told);
  return error instanceof ClickHouseError ? error : new ConnectionError('the answer broke off');
}

const ERROR_CHARACTERS_MAX = 10_000;

/** Lines without their ends, and without empty ones: no row is empty. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of whole(body)) {
    const pieces = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = pieces.pop()!;
    if (rest.length > ROW_CHARACTERS_MAX) throw new ConnectionError(`a row is over ${ROW_CHARACTERS_MAX} characters`);
    for (const piece of pieces) {
      const line = piece.replace(/\r$/, '');
      if (line !== '') yield line;
    }
  }
  if (rest !== '') yield rest;
}

/** What breaks off was no answer: ClickHouse gave up in the middle, and its last words may be lost with the connection. */
async function* whole(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (thrown) {
    throw thrown instanceof ConnectionError ? thrown : new ConnectionError('the answer broke off', { cause: thrown });
  }
}
