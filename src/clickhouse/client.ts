/**
 * The only way to speak to ClickHouse, and the only importer of its client library beside `settings.ts`.
 *
 * Promises: an error of ClickHouse is a `ClickHouseError`; everything whose outcome is unknown (socket error, time-out,
 * cut answer, a proxy's page) is a `ConnectionError`. Nothing is retried here. Reads are bounded in rows, bytes and
 * time. Always true: a reader of kind embedded sends no setting at all, its profile forbids that.
 */
import { Readable } from 'node:stream';
import { type ClickHouseClient, type ClickHouseSettings, createClient, type ExecParams } from '@clickhouse/client';
import type { Endpoint } from './endpoint.ts';
import { ClickHouseError, ConnectionError, errorOfAnswer, toConnectionError } from './errors.ts';
import { parseExactJson } from './exact-json.ts';
import { readBody, TOO_LARGE } from './read-body.ts';
import { ANSWER_SETTINGS, insertSettings, type ReadLimits, readSettings } from './settings.ts';
import { refuseFileAccess } from './untrusted.ts';

export { ClickHouseError, ConnectionError } from './errors.ts';
export type { ReadLimits } from './settings.ts';

export type Role = 'writer' | 'reader';
export type Params = Record<string, unknown>;

export interface CallOptions {
  /** Milliseconds after which the call fails with ConnectionError (`timedOut`). */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly queryId?: string;
}

export interface QueryOptions extends CallOptions {
  /** Rows above which the read fails with TOO_MANY_ROWS_OR_BYTES. */
  readonly rowsMax?: number;
}

export interface InsertOptions extends CallOptions {
  /** Deduplication token; never used again for other rows. */
  readonly token: string;
  /** Columns of the target; without it those of the table in order. Native blocks name their own. */
  readonly columns?: readonly string[];
  /** Bytes of `body`, where it is a stream: see `insertNative`. */
  readonly contentLength?: number;
}

/** One answer as columns and rows, in the order asked for. */
export interface Table {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
}

export interface ClickHouse {
  /** Rows as objects. `params` are bound to `{name:Type}`. 64-bit integers are numbers: ask for toString() above 2^53. */
  query<T>(sql: string, params?: Params, options?: QueryOptions): Promise<T[]>;
  /** The same, with names and types of the columns. */
  table(sql: string, params?: Params, options?: QueryOptions): Promise<Table>;
  /**
   * `table` for a statement that a person typed: refused first where it would read files. Readers only. A number that a
   * double would round (64-bit integers above 2^53, long decimals) is its text.
   */
  untrusted(sql: string, options?: QueryOptions): Promise<Table>;
  /** A statement without an answer. */
  command(sql: string, params?: Params, options?: CallOptions): Promise<void>;
  /**
   * One insert of Native blocks that lands whole or not at all in each partition. `writtenRows` is what the server
   * counted, -1 where it did not say, and no proof: rows that it knew by their token are counted too.
   * Give the length of a stream, so that a body cut between two blocks cannot pass for a shorter one: 26.7 refuses
   * that with and without a length, servers before 2021 stored it.
   */
  insertNative(
    table: string,
    body: Uint8Array | Readable | AsyncIterable<Uint8Array>,
    options: InsertOptions,
  ): Promise<{ writtenRows: number }>;
  /** Whether the server answers within `timeoutMs` (1 second unless given). Never rejects. */
  ping(timeoutMs?: number): Promise<boolean>;
  close(): Promise<void>;
}

const CALL_TIMEOUT_MS = 60_000;
const PING_TIMEOUT_MS = 1_000;
/** The engine stops a read at its own limit; only when it does not, we do. */
const READ_GRACE_MS = 2_000;
const CONNECTIONS_MAX = 16;
/** Text of one answer. The server's own limit counts columns, JSON needs more. */
const ANSWER_BYTES_MAX = 268_435_456;

/** Opens a pool of connections as `role`. Without `limits` only time bounds a read. Connects at the first call. */
export function openClickHouse(endpoint: Endpoint, role: Role, limits?: ReadLimits): ClickHouse {
  const credentials = endpoint[role];
  const client = createClient({
    url: endpoint.url,
    username: credentials.user,
    password: credentials.password,
    database: endpoint.database,
    application: 'trackflow',
    max_open_connections: CONNECTIONS_MAX,
    // Silence is not failure: our own deadlines decide.
    request_timeout: 24 * 60 * 60 * 1_000,
    compression: { request: false, response: false },
    keep_alive: { enabled: true, idle_socket_ttl: 2_000, eagerly_destroy_stale_sockets: true },
    log: { LoggerClass: Silence },
  });
  const settings = settingsOf(endpoint, role, limits);
  const timeoutMs = limits === undefined ? CALL_TIMEOUT_MS : limits.timeoutMs + READ_GRACE_MS;
  return new Connection(client, settings, timeoutMs);
}

function settingsOf(endpoint: Endpoint, role: Role, limits: ReadLimits | undefined): ClickHouseSettings {
  if (role === 'writer') return ANSWER_SETTINGS;
  const heldByProfile = endpoint.reader.user !== endpoint.writer.user;
  if (heldByProfile) return {};
  return { ...ANSWER_SETTINGS, ...(limits === undefined ? {} : readSettings(limits)), readonly: '1' };
}

class Connection implements ClickHouse {
  readonly #client: ClickHouseClient;
  readonly #settings: ClickHouseSettings;
  readonly #timeoutMs: number;

  constructor(client: ClickHouseClient, settings: ClickHouseSettings, timeoutMs: number) {
    this.#client = client;
    this.#settings = settings;
    this.#timeoutMs = timeoutMs;
  }

  async query<T>(sql: string, params: Params = {}, options: QueryOptions = {}): Promise<T[]> {
    const { columns, rows } = await this.table(sql, params, options);
    return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])) as T);
  }

  table(sql: string, params: Params = {}, options: QueryOptions = {}): Promise<Table> {
    return this.#table(sql, params, options, JSON.parse);
  }

  async untrusted(sql: string, options: QueryOptions = {}): Promise<Table> {
    const statement = sql.trim().replace(/;+$/, '');
    await refuseFileAccess(this, statement);
    return this.#table(statement, {}, options, parseExactJson);
  }

  async #table(sql: string, params: Params, options: QueryOptions, parse: (text: string) => unknown): Promise<Table> {
    const { text } = await this.#ask(`${sql}\nFORMAT JSONCompact`, params, options);
    const { meta, data } = parseAnswer(text, parse);
    if (options.rowsMax !== undefined && data.length > options.rowsMax) {
      throw new ClickHouseError(TOO_LARGE.code, TOO_LARGE.name, `the answer has more than ${options.rowsMax} rows`);
    }
    return { columns: meta, rows: data };
  }

  async command(sql: string, params: Params = {}, options: CallOptions = {}): Promise<void> {
    await this.#ask(sql, params, options);
  }

  async insertNative(
    table: string,
    body: Uint8Array | Readable | AsyncIterable<Uint8Array>,
    options: InsertOptions,
  ): Promise<{ writtenRows: number }> {
    const columns = options.columns === undefined ? '' : ` (${options.columns.map(quoted).join(', ')})`;
    const bytes = body instanceof Uint8Array ? body.byteLength : options.contentLength;
    const values = body instanceof Readable ? body : Readable.from(body instanceof Uint8Array ? [body] : body);
    const { summary } = await this.#exec(options, {
      query: `INSERT INTO ${quoted(table)}${columns} FORMAT Native`,
      values,
      clickhouse_settings: insertSettings(options.token),
      http_headers: bytes === undefined ? {} : { 'Content-Length': String(bytes) },
    });
    return { writtenRows: Number(summary?.written_rows ?? -1) };
  }

  async ping(timeoutMs: number = PING_TIMEOUT_MS): Promise<boolean> {
    const { success } = await this.#client.ping({ select: false, abort_signal: AbortSignal.timeout(timeoutMs) });
    return success;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #ask(query: string, params: Params, options: CallOptions): Promise<Reply> {
    return this.#exec(options, { query, query_params: params, clickhouse_settings: this.#settings });
  }

  async #exec(options: CallOptions, request: Request): Promise<Reply> {
    const timeoutMs = options.timeoutMs ?? this.#timeoutMs;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
    try {
      return await this.#send(
        options.queryId === undefined ? request : { ...request, query_id: options.queryId },
        signal,
      );
    } catch (thrown) {
      if (thrown instanceof ClickHouseError) throw thrown;
      if (timeout.aborted) throw new ConnectionError(`no answer within ${timeoutMs} ms`, { timedOut: true });
      throw thrown instanceof ConnectionError ? thrown : toConnectionError(thrown);
    }
  }

  async #send(request: Request, signal: AbortSignal): Promise<Reply> {
    if (signal.aborted) throw new ConnectionError('gave up before sending');
    const answer = await this.#client.exec({ ...request, abort_signal: signal, ignore_error_response: true });
    const text = await readBody(answer.stream, ANSWER_BYTES_MAX, signal);
    const status = answer.http_status_code ?? 0;
    const code = answer.response_headers['x-clickhouse-exception-code'];
    if (status < 200 || status > 299 || code !== undefined) throw errorOfAnswer(status, code, text);
    return { text, summary: answer.summary };
  }
}

type Request = ExecParams & { readonly values?: Readable };

interface Reply {
  readonly text: string;
  readonly summary: { readonly written_rows: string } | undefined;
}

interface Answer {
  readonly meta: { name: string; type: string }[];
  readonly data: unknown[][];
}

function parseAnswer(text: string, parse: (text: string) => unknown): Answer {
  try {
    return parse(text) as Answer;
  } catch (cause) {
    throw new ConnectionError('the answer is not what ClickHouse gives', { cause });
  }
}

/** An identifier as ClickHouse reads it back unchanged. */
function quoted(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}

/** Errors are thrown to callers, who know what they mean; the library must not print them as well. */
class Silence {
  trace(): void {}
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(): void {}
}
