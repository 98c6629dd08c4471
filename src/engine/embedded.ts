/**
 * ClickHouse as a child process of ours: an ordinary HTTP server out of the npm package chdb.
 *
 * Promises: ports and passwords are chosen at the first start and kept; only loopback, only our two users get in; the
 * child is restarted when it dies and ends when we do, in whatever way. Always true: the endpoint does not change for
 * the life of the object. While the child is away the state is `down` and callers keep what they have.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libchdbPath } from 'chdb/libchdb';
import { type ClickHouse, openClickHouse, type ReadLimits } from '../clickhouse/client.ts';
import type { Endpoint } from '../clickhouse/endpoint.ts';
import { TrackflowError } from '../errors/error.ts';
import { admit } from './admit.ts';
import type { Engine, EngineState } from './engine.ts';
import { type EngineFile, engineFileError, loadEngineFile, writeSecret } from './engine-file.ts';
import type { EngineLog } from './log.ts';
import { memoryCap, READER, serverConfigXml, usersConfigXml, WRITER } from './server-config.ts';
import { type Death, Supervisor } from './supervise.ts';
import { EngineWatch } from './watch.ts';

const RETRY_MS = 25;

export interface EmbeddedOptions {
  /** Directories of the home, which exist: engine data, secrets, logs. */
  readonly paths: { readonly clickhouse: string; readonly run: string; readonly logs: string };
  readonly database: string;
  /** Memory cap in bytes; 0 derives it from the machine. */
  readonly memoryBytesMax: number;
  /** Limits of one read by `endpoint.reader`. */
  readonly query: ReadLimits;
  /** A PostgreSQL whose rows it reads as tables of a database of their own. */
  readonly store?: EmbeddedStore;
  readonly log: EngineLog;
  readonly now: () => number;
  /** Called each time the child was started again. */
  readonly onRestart?: () => void;
}

/** What the engine is told of that PostgreSQL; the password gets into a file of mode 0600 and nowhere else. */
export interface EmbeddedStore {
  /** Name of the named collection, and its keys. */
  readonly collection: string;
  readonly keys: Readonly<Record<string, string | number>>;
  readonly database: string;
  readonly settings: Readonly<Record<string, string | number>>;
  /** The child's whole environment: its PostgreSQL client learns from it how to use TLS. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Writes the engine's files and starts it; `ready` tells when it answers. Rejects with TF_ENGINE_UNAVAILABLE where there
 * is no engine for this platform, and with what `fileError` gives when the home cannot be written.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Engine> {
  const library = locateLibrary();
  const keep = join(options.paths.run, 'engine.json');
  let file: EngineFile;
  try {
    file = await loadEngineFile(keep, (kept, chosen) => {
      options.log('warn', 'engine_port_taken', { kept, chosen });
    });
  } catch (cause) {
    throw engineFileError(cause, keep);
  }
  const engine = new EmbeddedEngine(options, file, [ENTRY, library, ...clickhouseArguments(options, file)]);
  engine.start();
  return engine;
}

/** This folder's entry of the child, in the language this file runs in: `.ts` from sources, `.js` when compiled. */
const ENTRY = fileURLToPath(new URL(`./engine-process${extname(import.meta.url)}`, import.meta.url));

class EmbeddedEngine implements Engine {
  readonly kind = 'embedded';
  readonly container = null;
  readonly endpoint: Endpoint;
  readonly shards = [this];
  readonly #options: EmbeddedOptions;
  readonly #supervisor: Supervisor;
  readonly #watch: EngineWatch;
  readonly #server: ClickHouse;

  constructor(options: EmbeddedOptions, file: EngineFile, args: readonly string[]) {
    this.#options = options;
    this.endpoint = {
      url: `http://127.0.0.1:${file.httpPort}`,
      database: options.database,
      writer: { user: WRITER, password: file.writerPassword },
      reader: { user: READER, password: file.readerPassword },
    };
    this.#server = openClickHouse({ ...this.endpoint, database: 'system' }, 'writer');
    this.#supervisor = new Supervisor({
      args,
      ...(options.store !== undefined && { env: options.store.env }),
      now: options.now,
      onDeath: (death) => this.#died(death),
      onRestart: () => options.onRestart?.(),
    });
    this.#watch = new EngineWatch({
      admit: () => this.#admit(),
      ping: () => this.#server.ping(),
      retryMs: RETRY_MS,
      describe: () => 'the embedded ClickHouse',
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

  get pid(): number {
    return this.#supervisor.pid;
  }

  start(): void {
    this.#supervisor.start();
    this.#watch.start();
  }

  onState(listener: (state: EngineState) => void): () => void {
    return this.#watch.onState(listener);
  }

  ready(timeoutMs: number): Promise<void> {
    return this.#watch.ready(timeoutMs);
  }

  async close(timeoutMs: number): Promise<void> {
    this.#watch.stop();
    await this.#server.close();
    await this.#supervisor.close(timeoutMs);
  }

  async #admit(): Promise<string> {
    const version = await admit(this.#server, this.#options.database);
    this.#supervisor.healthy();
    return version;
  }

  #died({ code, signal, output, restartInMs }: Death): void {
    const why = explain(output, this.#options.paths.clickhouse) || `exit ${signal ?? code}`;
    this.#watch.lost(why);
    this.#options.log('error', 'engine_ended', { why, code, signal, restartInMs });
    if (output !== '') note(join(this.#options.paths.logs, LOG_FILE), output);
  }
}

const LOG_FILE = 'clickhouse.log';
/** The last statement waits for the end of standard input, which is how the engine learns that it must stop. */
const STATEMENTS = `SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP;
SELECT count() FROM file(stdin, 'LineAsString', 'line String') FORMAT Null`;

function clickhouseArguments(options: EmbeddedOptions, file: EngineFile): string[] {
  const config = join(options.paths.run, 'clickhouse.xml');
  const usersFile = join(options.paths.run, 'clickhouse-users.xml');
  const memoryBytesMax = memoryCap(options.memoryBytesMax, machineMemory());
  const logFile = join(options.paths.logs, LOG_FILE);
  const { store } = options;
  const collections = store === undefined ? {} : { collections: { [store.collection]: store.keys } };
  writeSecret(config, serverConfigXml({ logFile, usersFile, memoryBytesMax, ...collections }));
  writeSecret(
    usersFile,
    usersConfigXml({
      ...file,
      database: options.database,
      limits: options.query,
      memoryBytesMax,
      ...(store !== undefined && { alsoReads: store.database, collections: true, settings: store.settings }),
    }),
  );
  return [
    ...['--config-file', config, '--path', options.paths.clickhouse, '--log-level', 'warning'],
    ...['--listen_host', '127.0.0.1', '--http_port', `${file.httpPort}`, '--tcp_port', `${file.tcpPort}`],
    ...['--query', STATEMENTS],
  ];
}

/** Inside a container the machine is what the container may use. */
function machineMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}

/** Path of `libchdb` for this machine; loads nothing. Throws TF_ENGINE_UNAVAILABLE where there is none. */
export function locateLibrary(): string {
  try {
    return libchdbPath();
  } catch (cause) {
    throw new TrackflowError(
      'TF_ENGINE_UNAVAILABLE',
      `there is no embedded ClickHouse for ${process.platform}-${process.arch}: Linux (glibc) and macOS have one`,
      { hints: ['use a server of yours: engine.kind url and engine.url'], cause },
    );
  }
}

/** The reason in the last words of a child, in words that help where we know it. */
function explain(output: string, dataDirectory: string): string {
  if (output.includes('Another server instance')) {
    return `another engine${holder(dataDirectory)} still holds ${dataDirectory}; it ends with its daemon, or kill it`;
  }
  return output.split('\n').find((line) => line.includes('Exception') || line.includes('Error')) ?? '';
}

/** ClickHouse writes the process id of whoever holds a data directory into it. */
function holder(dataDirectory: string): string {
  try {
    const pid = /^PID: (\d+)/m.exec(readFileSync(join(dataDirectory, 'status'), 'utf8'))?.[1];
    return pid === undefined ? '' : ` (process ${pid})`;
  } catch {
    return '';
  }
}

/** ClickHouse rotates the file by size; one obituary adds a few kilobytes. Losing one must not stop a restart. */
function note(path: string, output: string): void {
  try {
    appendFileSync(path, `${output}\n`);
  } catch {
    // The log callback has the essence of it.
  }
}
