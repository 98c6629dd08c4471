/**
 * A ClickHouse of the operator's, by address: we speak to it, we never start or stop it.
 *
 * Promises: `ready` only while it answers, is new enough and has our database, which is created where the user may.
 * Always true: one user for everything; reads are held to `readonly` and limits by settings sent with each of them.
 */
import { type ClickHouse, ClickHouseError, openClickHouse } from '../clickhouse/client.ts';
import type { Endpoint } from '../clickhouse/endpoint.ts';
import { TrackflowError } from '../errors/error.ts';
import { admit } from './admit.ts';
import type { Engine, EngineState } from './engine.ts';
import type { EngineLog } from './log.ts';
import { readPasswordFile } from './password-file.ts';
import { EngineWatch } from './watch.ts';

const RETRY_MS = 1_000;
/** Another continent, and a server that is busy. */
const PING_TIMEOUT_MS = 5_000;

export interface UrlOptions {
  /** `http://…` or `https://…`, without credentials. */
  readonly url: string;
  readonly database: string;
  readonly user: string;
  /** Path of a file with the password that only its owner may read; empty for a user without one. */
  readonly passwordFile: string;
  /** Hears why the server cannot be used, once per reason. */
  readonly log?: EngineLog;
}

/**
 * Begins to watch the server; `ready` tells when it can be used. Rejects with TF_CONFIG for an unusable address or
 * password file.
 */
export async function startUrl(options: UrlOptions): Promise<Engine> {
  const engine = new UrlEngine(options);
  engine.start();
  return engine;
}

class UrlEngine implements Engine {
  readonly kind = 'url';
  readonly pid = 0;
  readonly container = null;
  readonly endpoint: Endpoint;
  readonly shards = [this];
  readonly #server: ClickHouse;
  readonly #watch: EngineWatch;
  #told = '';

  constructor(options: UrlOptions) {
    const credentials = { user: options.user, password: readPasswordFile(options.passwordFile) };
    const url = checkedUrl(options.url);
    this.endpoint = { url, database: options.database, writer: credentials, reader: credentials };
    this.#server = openClickHouse({ ...this.endpoint, database: 'system' }, 'writer');
    this.#watch = new EngineWatch({
      admit: () => this.#admit(options),
      ping: () => this.#server.ping(PING_TIMEOUT_MS),
      retryMs: RETRY_MS,
      describe: () => `ClickHouse at ${url}`,
    });
  }

  get state(): EngineState {
    return this.#watch.state;
  }

  get problem(): string {
    return this.#watch.problem;
  }

  get version(): string {
    return this.#watch.version;
  }

  start(): void {
    this.#watch.start();
  }

  onState(listener: (state: EngineState) => void): () => void {
    return this.#watch.onState(listener);
  }

  ready(timeoutMs: number): Promise<void> {
    return this.#watch.ready(timeoutMs);
  }

  async close(): Promise<void> {
    this.#watch.stop();
    await this.#server.close();
  }

  async #admit(options: UrlOptions): Promise<string> {
    try {
      const version = await admit(this.#server, options.database);
      this.#told = '';
      return version;
    } catch (thrown) {
      const problem = explain(thrown, options);
      if (problem.message !== this.#told) {
        options.log?.('warn', 'engine_unusable', { problem: problem.message, url: this.endpoint.url });
      }
      this.#told = problem.message;
      throw problem;
    }
  }
}

const AUTHENTICATION_FAILED = 516;
const ACCESS_DENIED = 497;

/** What waiting will not mend becomes a TrackflowError; everything else is tried again. */
function explain(thrown: unknown, { url, user, database }: UrlOptions): Error {
  const problem = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (problem instanceof ClickHouseError && problem.code === AUTHENTICATION_FAILED) {
    return new TrackflowError('TF_ENGINE_UNAVAILABLE', `ClickHouse at ${url} refuses user ${user} with this password`, {
      hints: ['check engine.user and engine.passwordFile: trackflow config show'],
    });
  }
  if (problem instanceof ClickHouseError && problem.code === ACCESS_DENIED) {
    return new TrackflowError(
      'TF_ENGINE_UNAVAILABLE',
      `ClickHouse at ${url}: user ${user} lacks a right: ${problem.message}`,
      {
        hints: [
          `on the server: CREATE DATABASE ${database}; GRANT SELECT, INSERT, CREATE TABLE, ALTER TABLE ON ${database}.* TO ${user}`,
        ],
      },
    );
  }
  return problem;
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  const usable = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (usable) return url.href.replace(/\/$/, '');
  // Never the text itself: it may hold the password that does not belong there.
  throw new TrackflowError(
    'TF_CONFIG',
    'engine.url must be http://HOST:PORT or https://HOST:PORT without user and password',
    {
      hints: ['set engine.url, engine.user and engine.passwordFile'],
    },
  );
}
