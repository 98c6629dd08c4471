/**
 * The CLI's side of the control socket. One call is one connection: commands are short and the daemon may go at any
 * moment. Every call has a deadline and a bound on the answer; it ends in a typed answer or a TrackflowError:
 * nobody listens → TF_NOT_RUNNING, no answer in time → TF_TIMEOUT, no permission → TF_PERMISSION, an answer that is not
 * ours or breaks off → TF_STATE_UNKNOWN, an error of the daemon → its code.
 */
import type { Account } from '../access/account.ts';
import type { Config } from '../config/schema.ts';
import type { Origin } from '../config/sources.ts';
import { ERRORS, type ErrorCode, TrackflowError } from '../errors/error.ts';
import { errnoOf } from '../errors/file-error.ts';
import type {
  AccountChange,
  AccountList,
  AccountsImported,
  AuditEntry,
  KeyList,
  KeyMade,
  KeyRevoked,
  KeyWish,
} from './access.ts';
import { readLines } from './lines.ts';
import type { DeadLetter, QueryAnswer, StatsQuestion, Status } from './protocol.ts';
import { RegistryCalls } from './registry-calls.ts';
import { controlSocketPath } from './socket-path.ts';
import { NoAnswer, readText, socketRequest } from './socket-request.ts';
import type { StreamLine } from './stream.ts';
import type { TaskChange, TaskFilter, TaskList, TaskReport } from './tasks.ts';

/** Above the largest `query.bytesMax` that makes sense for one JSON answer. */
const ANSWER_BYTES_MAX = 512 * 1024 * 1024;
const ANSWER_TIMEOUT_MS = 5_000;
/** Reads and replays are bounded by the daemon; this is only for one that hangs. */
const WORK_TIMEOUT_MS = 620_000;

interface CallOptions {
  readonly body?: object;
  readonly timeoutMs?: number;
}

export interface DaemonConfig {
  readonly config: Config;
  readonly origins: Readonly<Record<string, Origin>>;
}

/** Batches by name, or all of them. */
export type Batches = readonly string[] | 'all';

export class ControlClient {
  /** Where the daemon listens, or would. */
  readonly socketPath: string;
  readonly #home: string;
  readonly #signal: AbortSignal;
  /** Short links and jurisdictions. */
  readonly registry: RegistryCalls = new RegistryCalls((method, path, options) => this.#call(method, path, options));

  /** `signal` cuts every call short; calls then reject with its reason. */
  constructor(home: string, signal: AbortSignal) {
    this.#home = home;
    this.socketPath = controlSocketPath(home);
    this.#signal = signal;
  }

  status(): Promise<Status> {
    return this.#call('GET', '/status');
  }

  config(): Promise<DaemonConfig> {
    return this.#call('GET', '/config');
  }

  /** What the collector answers at `/metrics`, without a key. */
  async metrics(): Promise<string> {
    return (await this.#call<{ text: string }>('GET', '/metrics')).text;
  }

  /** Returns when the daemon has begun to stop, not when it has gone. `timeoutMs` bounds its drain. */
  async stop(timeoutMs: number): Promise<void> {
    await this.#call('POST', '/stop', { body: { timeoutMs } });
  }

  async flush(): Promise<void> {
    await this.#call('POST', '/flush', { body: {} });
  }

  query(sql: string): Promise<QueryAnswer> {
    return this.#call('POST', '/query', { body: { sql }, timeoutMs: WORK_TIMEOUT_MS });
  }

  /** The answer of `GET /v1/stats/<question>`, without the way over the port. */
  ask<Answer>(question: StatsQuestion, params: Readonly<Record<string, string>>): Promise<Answer> {
    return this.#call('POST', '/ask', { body: { question, params }, timeoutMs: WORK_TIMEOUT_MS });
  }

  /**
   * The lines of the control stream: the history, then a tick a second until `signal` aborts or the daemon goes. It has
   * no deadline: who reads decides when silence is too long. Throws as every call does.
   */
  async *stream(signal: AbortSignal): AsyncGenerator<StreamLine> {
    for await (const line of this.#lines('/stream', signal)) yield JSON.parse(line) as StreamLine;
  }

  /** The lines of a tail (`tail.ts`) as text, until `signal` aborts or the daemon goes. Throws as every call does. */
  tail(filters: readonly string[], signal: AbortSignal): AsyncGenerator<string> {
    const search = new URLSearchParams(filters.map((filter): [string, string] => ['filter', filter]));
    return this.#lines(`/tail?${search}`, signal);
  }

  /**
   * The answer to one statement (`sql.ts`): the lines as text, until `signal` aborts. Throws as every call does, and
   * nothing when it was cut: the last line tells. A statement that writes may take as long as it takes.
   */
  sql(sql: string, write: boolean, signal: AbortSignal): AsyncGenerator<string> {
    return this.#lines('/sql', signal, { sql, write });
  }

  /** Lines of a GET, or of a POST with a body, whose answer may be long in coming. */
  async *#lines(path: string, signal: AbortSignal, body?: object): AsyncGenerator<string> {
    const either = AbortSignal.any([this.#signal, signal]);
    either.throwIfAborted();
    try {
      const answer = await socketRequest({
        socketPath: this.socketPath,
        method: body === undefined ? 'GET' : 'POST',
        path,
        body,
        signal: either,
        ...(body === undefined && { beginsWithinMs: ANSWER_TIMEOUT_MS }),
      });
      if (answer.statusCode !== 200) readAnswer(answer.statusCode, await readText(answer, ANSWER_BYTES_MAX));
      // Leaving the loop destroys the answer, and with it the connection.
      yield* readLines(answer);
    } catch (cause) {
      throw either.aborted ? either.reason : this.#explain(cause, either);
    }
  }

  async deadLetters(): Promise<readonly DeadLetter[]> {
    const answer = await this.#call<{ deadLetters: readonly DeadLetter[] }>('GET', '/deadletters');
    return answer.deadLetters;
  }

  /** Puts batches back into the spool; returns how many. */
  async replay(batches: Batches): Promise<number> {
    const options = { body: { batches }, timeoutMs: WORK_TIMEOUT_MS };
    return (await this.#call<{ replayed: number }>('POST', '/deadletters/replay', options)).replayed;
  }

  /** Deletes batches for good; returns how many. */
  async drop(batches: Batches): Promise<number> {
    const options = { body: { batches }, timeoutMs: WORK_TIMEOUT_MS };
    return (await this.#call<{ dropped: number }>('POST', '/deadletters/drop', options)).dropped;
  }

  tasks(filter: TaskFilter = {}): Promise<TaskList> {
    const query = Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return this.#call('GET', `/tasks?${new URLSearchParams(query)}`);
  }

  task(id: number): Promise<TaskReport> {
    return this.#call('GET', `/tasks/${id}`);
  }

  /** Queues a task of a kind that people may start. `secrets` are kept in memory only. */
  startTask(kind: string, params: object = {}, secrets: Readonly<Record<string, string>> = {}): Promise<TaskChange> {
    return this.#call('POST', '/tasks', { body: { kind, params, secrets } });
  }

  /** Queues a failed or cancelled task anew, from its last checkpoint. */
  retryTask(id: number, secrets: Readonly<Record<string, string>> = {}): Promise<TaskChange> {
    return this.#call('POST', `/tasks/${id}/retry`, { body: { secrets } });
  }

  /** Ends a task: at once when it waits, at its next checkpoint when it runs. */
  cancelTask(id: number): Promise<TaskChange> {
    return this.#call('POST', `/tasks/${id}/cancel`, { body: {} });
  }

  accounts(): Promise<AccountList> {
    return this.#call('GET', '/accounts');
  }

  account(id: string): Promise<Account> {
    return this.#call('GET', `/accounts/${encodeURIComponent(id)}`);
  }

  addAccount(account: object): Promise<AccountChange> {
    return this.#call('POST', '/accounts', { body: account });
  }

  /** Changes what `patch` names. */
  changeAccount(id: string, patch: object): Promise<AccountChange> {
    return this.#call('POST', `/accounts/${encodeURIComponent(id)}/change`, { body: patch });
  }

  removeAccount(id: string): Promise<AccountChange> {
    return this.#call('POST', `/accounts/${encodeURIComponent(id)}/remove`, { body: {} });
  }

  /** Adds or changes all of them, or none. */
  importAccounts(accounts: readonly unknown[]): Promise<AccountsImported> {
    return this.#call('POST', '/accounts/import', { body: { accounts }, timeoutMs: WORK_TIMEOUT_MS });
  }

  keys(): Promise<KeyList> {
    return this.#call('GET', '/keys');
  }

  createKey(wish: KeyWish): Promise<KeyMade> {
    return this.#call('POST', '/keys', { body: wish });
  }

  rotateKey(id: string, overlapMs: number): Promise<KeyMade> {
    return this.#call('POST', `/keys/${encodeURIComponent(id)}/rotate`, { body: { overlapMs } });
  }

  revokeKey(id: string): Promise<KeyRevoked> {
    return this.#call('POST', `/keys/${encodeURIComponent(id)}/revoke`, { body: {} });
  }

  /** What was changed of accounts and keys, the newest first. */
  async audit(limit: number): Promise<readonly AuditEntry[]> {
    return (await this.#call<{ entries: readonly AuditEntry[] }>('GET', `/audit?limit=${limit}`)).entries;
  }

  async #call<T>(method: 'GET' | 'POST', path: string, options: CallOptions = {}): Promise<T> {
    this.#signal.throwIfAborted();
    const deadline = AbortSignal.timeout(options.timeoutMs ?? ANSWER_TIMEOUT_MS);
    try {
      const answer = await socketRequest({
        socketPath: this.socketPath,
        method,
        path,
        body: options.body,
        signal: AbortSignal.any([this.#signal, deadline]),
      });
      return readAnswer<T>(answer.statusCode, await readText(answer, ANSWER_BYTES_MAX));
    } catch (cause) {
      throw this.#explain(cause, deadline);
    }
  }

  #explain(cause: unknown, deadline: AbortSignal): unknown {
    if (cause instanceof TrackflowError) return cause;
    if (this.#signal.aborted) return this.#signal.reason;
    const errno = errnoOf(cause);
    if (errno === 'ENOENT' || errno === 'ECONNREFUSED' || errno === 'ENOTDIR') return notRunning(this.#home);
    if (errno === 'EACCES' || errno === 'EPERM') {
      return new TrackflowError('TF_PERMISSION', `the daemon of ${this.#home} belongs to another user`, {
        hints: [`run the command as the owner of the socket: ls -l ${this.socketPath}`],
        cause,
      });
    }
    if (deadline.aborted || cause instanceof NoAnswer) {
      return new TrackflowError('TF_TIMEOUT', `the daemon of ${this.#home} did not answer in time`, {
        hints: ['trackflow doctor', 'trackflow stop --force ends a daemon that hangs'],
        cause,
      });
    }
    const message = `the daemon of ${this.#home} broke off the call: ${(cause as Error).message}`;
    return new TrackflowError('TF_STATE_UNKNOWN', message, { hints: ['trackflow status', 'trackflow doctor'], cause });
  }
}

/** The failure of every command that needs a daemon where there is none. */
export function notRunning(home: string): TrackflowError {
  return new TrackflowError('TF_NOT_RUNNING', `no TrackFlow runs in ${home}`, {
    hints: ['trackflow start', 'an instance in another place: --home DIR or TRACKFLOW_HOME=DIR'],
  });
}

function readAnswer<T>(status: number | undefined, text: string): T {
  const answer = parse(text);
  if (status !== undefined && status < 300) return answer as T;
  const error = (answer as { error?: { code?: unknown; message?: unknown; hints?: unknown } } | null)?.error;
  if (typeof error?.message !== 'string') {
    throw new TrackflowError('TF_STATE_UNKNOWN', `the control socket answered ${status} without an error of ours`);
  }
  throw new TrackflowError(isErrorCode(error.code) ? error.code : 'TF_FAILED', error.message, {
    hints: Array.isArray(error.hints) ? error.hints.map(String) : [],
  });
}

function parse(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TrackflowError('TF_STATE_UNKNOWN', 'the control socket answered something that is not JSON', { cause });
  }
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code);
}
