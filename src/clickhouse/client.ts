/**
 * The only way to speak to ClickHouse, and the only importer of its client library beside `settings.ts`.
 *
 * Promises: an error of ClickHouse is a `ClickHouseError`; everything whose outcome is unknown (socket error, time-out,
 * cut answer, a proxy's page) is a `ConnectionError`. Nothing is retried here. Reads are bounded in rows, bytes and
 * time. Always true: a reader whose profile holds the limits sends no setting but the one about missing shards.
 */
import { Readable } from 'node:stream';
import {
  type ClickHouseClient,
  type ClickHouseSettings,
  createClient,
  type ExecParams,
  type ExecResult,
} from '@clickhouse/client';
import type {
  CallOptions,
  ClickHouse,
  InsertOptions,
  LoadOptions,
  Params,
  QueryOptions,
  Role,
  StreamedAnswer,
  Table,
} from './calls.ts';
import type { Endpoint } from './endpoint.ts';
import { ClickHouseError, ConnectionError, errorOfAnswer, toConnectionError } from './errors.ts';
import { parseExactJson } from './exact-json.ts';
import { quoted } from './quoted.ts';
import { readBody, TOO_LARGE } from './read-body.ts';
import {
  ANSWER_SETTINGS,
  insertSettings,
  loadSettings,
  type ReadLimits,
  readSettings,
  SKIP_MISSING_SHARDS,
  STREAM_SETTINGS,
} from './settings.ts';
import { refuseFileAccess } from './untrusted.ts';

export type * from './calls.ts';
export { ClickHouseError, ConnectionError } from './errors.ts';
export type { ReadLimits } from './settings.ts';

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
  return new Connection(client, settings, timeoutMs, role === 'writer');
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
  /** Whether the server may send rows before it knows that there will be no error. */
  readonly #streams: boolean;

  constructor(client: ClickHouseClient, settings: ClickHouseSettings, timeoutMs: number, streams: boolean) {
    this.#client = client;
    this.#settings = settings;
    this.#timeoutMs = timeoutMs;
    this.#streams = streams;
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

  async stream(sql: string, format: string, options: CallOptions = {}): Promise<StreamedAnswer> {
    // A reader's settings are its profile's, or bounds that hold only for an answer that is collected.
    const settings = this.#streams ? { ...this.#settings, ...STREAM_SETTINGS } : this.#settings;
    const request = { query: sql, clickhouse_settings: settings, http_headers: { 'X-ClickHouse-Format': format } };
    const begun = new AbortController();
    const { timeoutMs = this.#timeoutMs, signal } = options;
    const late = () => begun.abort(new ConnectionError(`no answer within ${timeoutMs} ms`, { timedOut: true }));
    const timer = timeoutMs === 0 ? undefined : setTimeout(late, timeoutMs);
    const either = signal === undefined ? begun.signal : AbortSignal.any([begun.signal, signal]);
    try {
      const { stream, response_headers: headers } = await this.#begin(request, either);
      // The library stops listening to its signal once the head of the answer is there.
      const giveUp = () => stream.destroy(new ConnectionError('gave up while reading the answer'));
      signal?.addEventListener('abort', giveUp, { once: true });
      stream.once('close', () => signal?.removeEventListener('abort', giveUp));
      if (signal?.aborted) giveUp();
      return { body: stream, format: String(headers['x-clickhouse-format'] ?? '') };
    } catch (thrown) {
      if (begun.signal.aborted) throw begun.signal.reason;
      throw thrown instanceof ClickHouseError || thrown instanceof ConnectionError ? thrown : toConnectionError(thrown);
    } finally {
      clearTimeout(timer);
    }
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

  async load(table: string, columns: readonly string[], body: Readable, options: LoadOptions): Promise<void> {
    await this.#exec(options, {
      query: `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(', ')}) FORMAT Native`,
      values: body,
      clickhouse_settings: loadSettings(options.blockRowsMax),
    });
  }

  async insertRows(
    statement: string,
    body: Readable | AsyncIterable<Uint8Array>,
    settings: Readonly<Record<string, string | number>>,
    options: CallOptions = {},
  ): Promise<void> {
    const values = body instanceof Readable ? body : Readable.from(body);
    await this.#exec(options, { query: statement, values, clickhouse_settings: settings as ClickHouseSettings });
  }

  async ping(timeoutMs: number = PING_TIMEOUT_MS): Promise<boolean> {
    const { success } = await this.#client.ping({ select: false, abort_signal: AbortSignal.timeout(timeoutMs) });
    return success;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #ask(query: string, params: Params, options: QueryOptions): Promise<Reply> {
    const settings = options.skipMissingShards ? { ...this.#settings, ...SKIP_MISSING_SHARDS } : this.#settings;
    return this.#exec(options, { query, query_params: params, clickhouse_settings: settings });
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
    const answer = await this.#begin(request, signal);
    return { text: await readBody(answer.stream, ANSWER_BYTES_MAX, signal), summary: answer.summary };
  }

  /** The answer with its body still to be read. Rejects with the server's error. */
  async #begin(request: Request, signal: AbortSignal): Promise<ExecResult<Readable>> {
    if (signal.aborted) throw new ConnectionError('gave up before sending');
    const answer = await this.#client.exec({ ...request, abort_signal: signal, ignore_error_response: true });
    const status = answer.http_status_code ?? 0;
    const code = answer.response_headers['x-clickhouse-exception-code'];
    if (status >= 200 && status <= 299 && code === undefined) return answer;
    throw errorOfAnswer(status, code, await readBody(answer.stream, ANSWER_BYTES_MAX, signal));
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

/** Errors are thrown to callers, who know what they mean; the library must not print them as well. */
class Silence {
  trace(): void {}
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(): void {}
}
