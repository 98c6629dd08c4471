/**
 * What becomes of a container and what it uses: Docker's events as they come, and a look every few seconds.
 *
 * Promises: each start that was not the first is told as a restart, also when Docker was away meanwhile. Always true: one
 * look at a time; while Docker does not answer the figures are those of a container nobody knows of, null.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerFigures } from '../engine.ts';
import type { EngineEvent, EngineLog } from '../log.ts';
import type { ContainerState } from './client/container-wire.ts';
import type { Docker } from './client/docker.ts';
import { type Usage, UsageMeter } from './container-usage.ts';

const LOOK_EVERY_MS = 5_000;
const EVENTS_RETRY_MS = 1_000;

export interface ContainerWatchOptions {
  readonly docker: Docker;
  readonly name: string;
  /** Value of the label by which Docker chooses the events. */
  readonly id: string;
  readonly log: EngineLog;
  /** It was started again. */
  readonly onRestart: () => void;
  /** It ended, or was removed. */
  readonly onEnded: () => void;
  /** It runs; told with every look. */
  readonly onRunning: () => void;
}

export class ContainerWatch {
  readonly #options: ContainerWatchOptions;
  readonly #closing = new AbortController();
  readonly #meter = new UsageMeter();
  #figures: ContainerFigures | null = null;
  #startedAt = Number.NaN;
  #restarts = 0;
  #looking = false;
  #timer: NodeJS.Timeout | undefined;
  #events: Promise<void> = Promise.resolve();

  constructor(options: ContainerWatchOptions) {
    this.#options = options;
  }

  get figures(): ContainerFigures | null {
    return this.#figures;
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
    this.#events = this.#followEvents();
    void this.look();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await this.#events;
  }

  /** Brings the figures up to date. */
  async look(): Promise<void> {
    const { docker, name } = this.#options;
    if (this.#looking || this.#closing.signal.aborted) return;
    this.#looking = true;
    try {
      const state = await docker.container(name);
      const stats = state?.status === 'running' ? await docker.stats(name) : null;
      if (state !== null) this.#noticeStart(state);
      this.#figures = state === null ? null : this.#figuresOf(state, this.#meter.read(stats));
    } catch {
      this.#figures = null;
    } finally {
      this.#looking = false;
    }
  }

  #noticeStart({ startedAt, status }: ContainerState): void {
    if (status !== 'running') return;
    this.#options.onRunning();
    if (startedAt === this.#startedAt) return;
    const again = !Number.isNaN(this.#startedAt);
    this.#startedAt = startedAt;
    if (!again) return;
    this.#restarts += 1;
    this.#options.log('warn', 'engine_container_restarted', { restarts: this.#restarts });
    this.#options.onRestart();
  }

  #figuresOf(state: ContainerState, usage: Usage): ContainerFigures {
    const { name, image, health, status } = state;
    return { name, image, health, status, restarts: this.#restarts, ...usage };
  }

  async #followEvents(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const stream = await this.#options.docker.events(this.#options.id, signal);
        for await (const line of createInterface({ input: stream })) this.#take(line);
      } catch {
        // Docker is away: what it does meanwhile is seen by the looks.
      }
      await sleep(EVENTS_RETRY_MS, undefined, { signal }).catch(() => {});
      void this.look();
    }
  }

  #take(line: string): void {
    const { action, name, exitCode } = readEvent(line);
    if (name !== this.#options.name) return;
    const told = TOLD[action];
    if (told !== undefined) this.#options.log(told[0], told[1], exitCode === undefined ? {} : { exitCode });
    if (action === 'die' || action === 'destroy') this.#options.onEnded();
    void this.look();
  }
}

const TOLD: Readonly<Record<string, readonly ['info' | 'warn' | 'error', EngineEvent]>> = {
  start: ['info', 'engine_container_started'],
  die: ['warn', 'engine_container_died'],
  oom: ['error', 'engine_container_oom'],
  'health_status: healthy': ['info', 'engine_container_healthy'],
  'health_status: unhealthy': ['warn', 'engine_container_unhealthy'],
};

interface DockerEvent {
  readonly action: string;
  readonly name: string;
  readonly exitCode: string | undefined;
}

function readEvent(line: string): DockerEvent {
  try {
    const { Action = '', Actor } = JSON.parse(line) as {
      Action?: string;
      Actor?: { Attributes?: { name?: string; exitCode?: string } };
    };
    return { action: Action, name: Actor?.Attributes?.name ?? '', exitCode: Actor?.Attributes?.exitCode };
  } catch {
    return { action: '', name: '', exitCode: undefined };
  }
}
