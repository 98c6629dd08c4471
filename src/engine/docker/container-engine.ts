/**
 * ClickHouse in one container of ours, kept up.
 *
 * Promises: the container is found or made, and brought up again when it ends, is stopped or removed by whomever; it is
 * stopped when we are closed, and goes on when we are killed. Always true: the endpoint does not change for the life of the
 * object. While Docker or the container is away the state is `down` and callers keep what they have.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouse, openClickHouse } from '../../clickhouse/client.ts';
import type { Endpoint } from '../../clickhouse/endpoint.ts';
import { type ErrorCode, TrackflowError } from '../../errors/error.ts';
import type { ContainerFigures, Engine, EngineState } from '../engine.ts';
import type { EngineLog } from '../log.ts';
import { EngineWatch } from '../watch.ts';
import { STOP_MS_MAX } from './bring-up.ts';
import type { Docker } from './client/docker.ts';
import { ContainerLog } from './container-log.ts';
import { ContainerWatch } from './container-watch.ts';

const RETRY_MS = 50;
/** A server with many parts takes its time; a person who waits has a shorter patience of their own. */
const READY_MS_MAX = 600_000;
const CHECK_EVERY_MS = 5_000;
/** Says nothing against the image or the configuration. */
const DOCKER_AWAY: readonly ErrorCode[] = ['TF_DOCKER_UNAVAILABLE', 'TF_PERMISSION', 'TF_BUSY'];
const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 10_000;

export interface ContainerEngineOptions {
  readonly docker: Docker;
  readonly name: string;
  /** Value of its label `trackflow.id`. */
  readonly id: string;
  readonly endpoint: Endpoint;
  /** Where its output is copied to. */
  readonly logFile: string;
  readonly log: EngineLog;
  /** Called each time the container was started again. */
  readonly onRestart?: () => void;
  /** Makes sure that the server can be worked with, and gives its version. */
  readonly admit: (server: ClickHouse) => Promise<string>;
  /** Finds the container or makes it: as configured, or as it worked last. */
  readonly bringUp: (limits: {
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    readonly asConfigured: boolean;
  }) => Promise<unknown>;
}

export class ContainerEngine implements Engine {
  readonly kind = 'docker';
  readonly pid = 0;
  readonly endpoint: Endpoint;
  readonly shards = [this];
  readonly #options: ContainerEngineOptions;
  readonly #server: ClickHouse;
  readonly #watch: EngineWatch;
  readonly #container: ContainerWatch;
  readonly #output: ContainerLog;
  readonly #closing = new AbortController();
  #wake: () => void = () => {};
  #copying = false;
  #kept: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;
  #told = '';

  constructor(options: ContainerEngineOptions) {
    const { docker, name, id, endpoint, log } = options;
    this.#options = options;
    this.endpoint = endpoint;
    this.#server = openClickHouse({ ...endpoint, database: 'system' }, 'writer');
    this.#watch = new EngineWatch({
      admit: () => options.admit(this.#server),
      ping: () => this.#server.ping(),
      retryMs: RETRY_MS,
      describe: () => `ClickHouse in the container ${name}`,
    });
    this.#output = new ContainerLog({ docker, name, path: options.logFile });
    this.#container = new ContainerWatch({
      docker,
      name,
      id,
      log,
      onRestart: () => options.onRestart?.(),
      onRunning: () => void this.#copyOutput(),
      onEnded: () => {
        this.#watch.lost('its container ended');
        this.#wake();
      },
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

  get container(): ContainerFigures | null {
    return this.#container.figures;
  }

  start(): void {
    this.#watch.start();
    this.#container.start();
    this.#kept = this.#keepUp();
  }

  onState(listener: (state: EngineState) => void): () => void {
    return this.#watch.onState(listener);
  }

  ready(timeoutMs: number): Promise<void> {
    return this.#watch.ready(timeoutMs);
  }

  close(timeoutMs: number): Promise<void> {
    this.#closed ??= this.#close(timeoutMs);
    return this.#closed;
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#watch.stop();
    this.#closing.abort(new TrackflowError('TF_INTERRUPTED', 'the daemon stops'));
    this.#wake();
    await this.#kept;
    await this.#server.close();
    try {
      await this.#options.docker.stop(this.#options.name, Math.min(timeoutMs, STOP_MS_MAX));
    } catch (cause) {
      this.#options.log('warn', 'engine_container_not_stopped', { error: String(cause) });
    }
    await this.#container.close();
  }

  /** Looks whether the container is there, every few seconds and when it ended, and brings it up when not; until closed. */
  async #keepUp(): Promise<void> {
    const { signal } = this.#closing;
    let failures = 0;
    let first = true;
    let asConfigured = true;
    while (!signal.aborted) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      try {
        if (first || (await this.#isGone())) {
          await this.#options.bringUp({ timeoutMs: READY_MS_MAX, signal, asConfigured });
          await this.#container.look();
        }
        first = false;
        asConfigured = false;
        failures = 0;
        this.#told = '';
      } catch (cause) {
        if (!signal.aborted) this.#tell(cause);
        failures += 1;
        // What cannot be changed is not tried again and again: better the engine that worked before.
        asConfigured &&= cause instanceof TrackflowError && DOCKER_AWAY.includes(cause.code);
      }
      const pause = failures === 0 ? CHECK_EVERY_MS : Math.min(BACKOFF_MS_MIN * 2 ** (failures - 1), BACKOFF_MS_MAX);
      if (!signal.aborted) await sleep(pause, undefined, { signal: woken.signal }).catch(() => {});
    }
  }

  /** One that Docker itself starts again is not gone, nor one that somebody paused. */
  async #isGone(): Promise<boolean> {
    const state = await this.#options.docker.container(this.#options.name);
    return state === null || ['created', 'exited', 'dead'].includes(state.status);
  }

  /** Once per problem: it is tried again and again. */
  #tell(cause: unknown): void {
    const problem = cause instanceof Error ? cause.message : String(cause);
    this.#watch.lost(cause);
    if (problem !== this.#told) this.#options.log('error', 'engine_unusable', { problem });
    this.#told = problem;
  }

  async #copyOutput(): Promise<void> {
    if (this.#copying) return;
    this.#copying = true;
    try {
      await this.#output.follow(this.#closing.signal);
    } catch {
      // Docker is away; the next start of the container, or the next look, goes on where this ended.
    } finally {
      this.#copying = false;
    }
  }
}
