import { MessageChannel, Worker } from 'node:worker_threads';
import { type ErrorCode, TrackflowError } from '../../src/errors/error.ts';
import type { Answers, Ask, RegistryNews } from '../../src/registry/registry.ts';
import type { AccessChange } from '../access/book.ts';
import type { ReadsAt } from '../receive/reads/place.ts';
import type { AcmeChallenges, Certificate } from '../receive/secure-server.ts';
import type { AskReply } from '../registry/collector-registry.ts';
import type { TailedLines, TailRequest } from '../tail/tap.ts';
import type { SourceDelta } from '../telemetry/sources.ts';
import { LANES } from './lanes.ts';
import type { AccountKey, CollectorThreadData, DaySalt, FromCollector, LogMessage, ToCollector } from './messages.ts';
import { EXTENSION, type SpoolHandle } from './spool-handle.ts';

const RESTART_MS_MIN = 100;
const RESTART_MS_MAX = 10_000;
/** A collector that lived this long starts the restarts' waiting time anew. */
const HEALTHY_MS = 60_000;
const CLOSE_GRACE_MS = 2_000;

export interface CollectorsOptions {
  readonly count: number;
  /** All but the ports to the spool and the regions, which differ from thread to thread. */
  readonly data: () => Omit<CollectorThreadData, 'lanes' | 'region' | 'visitorsRegion' | 'readsAt'>;
  /** Where reads are answered besides the events' listener; a socket file is the first collector's alone. */
  readonly readsAt: ReadsAt;
  /** Region of the counter memory of the first collector. */
  readonly firstRegion: number;
  readonly spool: SpoolHandle;
  readonly status: () => object;
  readonly onAsk: (ask: Ask) => Promise<Answers[Ask['ask']]>;
  readonly onLearned: (keys: readonly AccountKey[]) => void;
  readonly onSources: (sources: readonly SourceDelta[]) => void;
  readonly onUsed: (keys: ReadonlyMap<string, number>) => void;
  readonly onTailed: (tailed: readonly TailedLines[]) => void;
  readonly onLog: (message: LogMessage) => void;
  readonly now: () => number;
}

/**
 * The collector threads. One that dies is replaced, with growing pauses; the others go on. Closing one gives its requests
 * their answers within the deadline.
 */
export class Collectors {
  readonly #options: CollectorsOptions;
  readonly #workers: (Worker | null)[];
  readonly #timers = new Set<NodeJS.Timeout>();
  #tails: readonly TailRequest[] = [];
  #challenges: AcmeChallenges = { http: [], alpn: [] };
  #nextId = 0;
  #watched = false;
  #closing = false;

  constructor(options: CollectorsOptions) {
    this.#options = options;
    this.#workers = Array.from({ length: options.count }, () => null);
  }

  /** Starts all; resolves when each listens. Rejects with the first one's reason not to. */
  async open(): Promise<void> {
    await Promise.all(this.#workers.map((_, index) => this.#start(index, RESTART_MS_MIN)));
  }

  sendSalts(salts: readonly DaySalt[]): void {
    this.#tellAll({ type: 'salts', salts });
  }

  /** Tells every collector what changed of what it holds a copy of. */
  sendNews(news: RegistryNews): void {
    this.#tellAll({ type: 'news', news });
  }

  /** Whether figures per source are wanted from now on, of every collector and its successors. */
  watch(watched: boolean): void {
    this.#watched = watched;
    this.#tellAll({ type: 'watch', watched });
  }

  sendAccess(change: AccessChange): void {
    this.#tellAll({ type: 'access', change });
  }

  sendCertificate(certificate: Certificate): void {
    this.#tellAll({ type: 'certificate', certificate });
  }

  /** Resolves when every collector answers these challenges; one that ends meanwhile is not waited for. */
  async sendChallenges(challenges: AcmeChallenges): Promise<void> {
    this.#challenges = challenges;
    const id = this.#nextId++;
    await Promise.all(
      this.#workers.map(async (worker) => {
        if (worker === null) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        const heard = (message: FromCollector) => {
          if (message.type === 'challenging' && message.id === id) resolve();
        };
        worker.on('message', heard).once('exit', resolve);
        worker.postMessage({ type: 'challenges', id, challenges } satisfies ToCollector);
        await promise;
        worker.off('message', heard).off('exit', resolve);
      }),
    );
  }

  /** Who tails from now on, in every collector and its successors. */
  sendTails(tails: readonly TailRequest[]): void {
    this.#tails = tails;
    this.#tellAll({ type: 'tails', tails });
  }

  async close(deadlineMs: number): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(
      this.#workers.map(async (worker) => {
        if (worker === null) return;
        // One that fails meanwhile has ended as well: the others still have requests to answer.
        const { promise: exited, resolve } = Promise.withResolvers<void>();
        worker.once('exit', () => resolve());
        worker.postMessage({ type: 'close', deadlineMs } satisfies ToCollector);
        const timer = setTimeout(() => void worker.terminate(), deadlineMs + CLOSE_GRACE_MS);
        await exited;
        clearTimeout(timer);
      }),
    );
  }

  #start(index: number, pauseMs: number): Promise<void> {
    const { readsAt, firstRegion, spool, now } = this.#options;
    const told = this.#options.data();
    const channels = LANES.map(({ name }) => [name, new MessageChannel()] as const);
    const ends = (end: 'port1' | 'port2') =>
      Object.fromEntries(channels.map(([name, channel]) => [name, channel[end]]));
    spool.addCollector(ends('port1'));
    const lanes = ends('port2');
    const workerData: CollectorThreadData = {
      ...told,
      lanes,
      region: firstRegion + index,
      visitorsRegion: index,
      readsAt: isSocket(readsAt) && index > 0 ? 'nowhere' : readsAt,
    };
    const worker = new Worker(new URL(`./collector-thread${EXTENSION}`, import.meta.url), {
      workerData,
      transferList: Object.values(lanes),
    });
    this.#workers[index] = worker;
    if (this.#watched) worker.postMessage({ type: 'watch', watched: true } satisfies ToCollector);
    this.#sendOpenChallenges(worker);
    if (this.#tails.length > 0) worker.postMessage({ type: 'tails', tails: this.#tails } satisfies ToCollector);
    const startedAt = now();
    let reason = 'it ended';
    worker.on('error', (error) => {
      reason = String(error.stack ?? error);
      this.#log('error', 'collector_failed', { error: reason });
    });
    worker.on('exit', () => {
      this.#workers[index] = null;
      if (this.#closing) return;
      const next = now() - startedAt > HEALTHY_MS ? RESTART_MS_MIN : Math.min(pauseMs * 2, RESTART_MS_MAX);
      this.#log('error', 'collector_restart', { index, pauseMs: next });
      this.#restartLater(index, next);
    });
    return new Promise((resolve, reject) => {
      worker.on('exit', () => reject(new TrackflowError('TF_FAILED', `a collector does not listen: ${reason}`)));
      worker.on('message', (message: FromCollector) => {
        if (message.type === 'listening') resolve();
        else if (message.type === 'failed') {
          reject(new TrackflowError(message.code as ErrorCode, message.message, { hints: message.hints }));
        } else this.#heard(worker, message);
      });
    });
  }

  #restartLater(index: number, pauseMs: number): void {
    const failed = (error: unknown) => this.#log('error', 'collector_failed', { error: String(error), index });
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      try {
        this.#start(index, pauseMs).catch(failed);
      } catch (error) {
        // No thread was made whose end would bring the next: state.db may have had no room for what it is to be told.
        failed(error);
        this.#restartLater(index, Math.min(pauseMs * 2, RESTART_MS_MAX));
      }
    }, pauseMs);
    this.#timers.add(timer);
  }

  #heard(worker: Worker, message: FromCollector): void {
    if (message.type === 'log') this.#options.onLog(message);
    else if (message.type === 'learned') {
      this.#options.onLearned(message.keys);
      this.#tellAll({ type: 'learn', keys: message.keys }, worker);
    } else if (message.type === 'sources') {
      this.#options.onSources(message.sources);
    } else if (message.type === 'used') {
      this.#options.onUsed(message.keys);
    } else if (message.type === 'tailed') {
      this.#options.onTailed(message.tailed);
    } else if (message.type === 'ask') {
      void this.#answer(worker, message.id, message.ask);
    } else if (message.type === 'status') {
      worker.postMessage({ type: 'status', id: message.id, status: this.#options.status() } satisfies ToCollector);
    }
  }

  #sendOpenChallenges(worker: Worker): void {
    const challenges = this.#challenges;
    if (challenges.http.length + challenges.alpn.length === 0) return;
    worker.postMessage({ type: 'challenges', id: this.#nextId++, challenges } satisfies ToCollector);
  }

  async #answer(worker: Worker, id: number, ask: Ask): Promise<void> {
    let reply: AskReply;
    try {
      reply = { id, answer: await this.#options.onAsk(ask) };
    } catch (error) {
      const known = error instanceof TrackflowError ? error : new TrackflowError('TF_IO', String(error));
      reply = { id, code: known.code, message: known.message };
    }
    worker.postMessage({ type: 'replied', reply } satisfies ToCollector);
  }

  #tellAll(message: ToCollector, except?: Worker): void {
    for (const worker of this.#workers) if (worker !== except) worker?.postMessage(message);
  }

  #log(level: LogMessage['level'], event: LogMessage['event'], fields: LogMessage['fields']): void {
    this.#options.onLog({ type: 'log', level, step: 'receive', event, fields });
  }
}

function isSocket(readsAt: ReadsAt): boolean {
  return typeof readsAt === 'object' && readsAt !== null && 'path' in readsAt;
}
