import os from 'node:os';
import path from 'node:path';
import type { Endpoint } from '../src/clickhouse/endpoint.ts';
import type { HomePaths } from '../src/config/home.ts';
import type { ResolvedConfig } from '../src/config/resolve.ts';
import type { Status } from '../src/control/protocol.ts';
import { controlSocketPath, prepareSocketDirectory } from '../src/control/socket-path.ts';
import { TrackflowError } from '../src/errors/error.ts';
import { openControlServer } from './control/server.ts';
import { status } from './control/status.ts';
import type { Stream } from './control/stream.ts';
import type { TaskHandlers } from './control/tasks.ts';
import { openControlReads } from './control-reads.ts';
import { type Access, openAccess } from './daemon-access.ts';
import { buildCollectors } from './daemon-collectors.ts';
import { publishDaemon } from './daemon-file.ts';
import { openRegistry } from './daemon-registry.ts';
import { openTasks } from './daemon-tasks.ts';
import { openTls } from './daemon-tls.ts';
import { Instruments } from './instruments.ts';
import { Closers } from './lifecycle.ts';
import { openLog, withTelemetry } from './log.ts';
import { persistCounters, resumeTotals, tableFigures } from './persisted-counters.ts';
import { claimPort, collectorUrl } from './port.ts';
import { claimReads } from './reads-place.ts';
import type { RegistryDesk } from './registry/desk.ts';
import { openRows } from './rows.ts';
import { DaemonState } from './state/daemon-state.ts';
import { openStateDatabase, tryLock } from './state/database.ts';
import { Tails } from './tail/tails.ts';
import { allocateCounters, Counters } from './telemetry/counters.ts';
import { Metrics } from './telemetry/metrics.ts';
import { RecentLog } from './telemetry/recent-log.ts';
import { allocateVisitors } from './telemetry/visitors.ts';
import type { Collectors } from './threads/collectors.ts';
import type { DaySalt, LogMessage } from './threads/messages.ts';
import { SpoolHandle } from './threads/spool-handle.ts';

/** Regions of the counter memory: main, spool, then one per collector. */
const REGION_MAIN = 0;
const REGION_SPOOL = 1;
const REGION_COLLECTORS = 2;
/** Part of the time of a stop that requests get for their answers; the flush gets the rest. */
const ANSWER_SHARE = 0.3;
/** Part that tasks get to reach a checkpoint. */
const TASKS_SHARE = 0.1;

export interface DaemonOptions {
  readonly paths: HomePaths;
  readonly resolved: ResolvedConfig;
  readonly packageRoot: string;
  readonly version: string;
  readonly now: () => number;
  /** A thread the daemon cannot do without is gone, or the disk failed: the process must end now, without a flush. */
  readonly onFatal: (error: TrackflowError) => void;
  /** Somebody asked over the control socket. */
  readonly onStopAsked: (timeoutMs?: number) => void;
  /** These settings are others in the configuration now: a daemon that has them is to follow this one. */
  readonly onReopenAsked: (changed: readonly string[]) => void;
  readonly onProgress: (message: string) => void;
}

/**
 * The composition root: opens the parts in order and closes them in reverse.
 *
 * Events are taken as soon as `open` has the spool and the collectors, whether the engine answers yet or not; `ready`
 * resolves when it does and its schema is in place.
 */
export class Daemon {
  readonly #options: DaemonOptions;
  readonly #closers = new Closers();
  #state: Status['state'] = 'starting';
  readonly #tails = new Tails((tails) => this.#collectors?.sendTails(tails));
  #collectors: Collectors | null = null;
  #stopDeadlineMs = 0;
  #status: () => Status = () => {
    throw new Error('not open');
  };
  #ready: Promise<void> = Promise.resolve();

  constructor(options: DaemonOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      await this.close(0).catch(() => {});
      throw error;
    }
  }

  /** Resolves when events reach ClickHouse. Rejects when they never will with this configuration. */
  async ready(): Promise<Status> {
    await this.#ready;
    return this.#status();
  }

  /** Takes nothing more, answers, flushes within the deadline, closes everything. Idempotent. */
  close(deadlineMs: number): Promise<void> {
    if (this.#state !== 'stopping') this.#stopDeadlineMs = deadlineMs;
    this.#state = 'stopping';
    return this.#closers.close();
  }

  async #open(): Promise<void> {
    const { paths, resolved, packageRoot, version, now, onFatal, onProgress, onReopenAsked: reopen } = this.#options;
    const { config } = resolved;
    const closers = this.#closers;
    const startedAt = now();

    const lock = tryLock(paths.lock);
    if (lock === null) {
      throw new TrackflowError('TF_HOME_IN_USE', `another TrackFlow daemon runs in ${paths.home}`, {
        hints: [`trackflow status --home ${paths.home}`],
      });
    }
    closers.push('lock', () => lock.release());
    const collectorCount = config.listen.collectors || Math.max(1, os.availableParallelism() - 1);
    const counterMemory = allocateCounters(REGION_COLLECTORS + collectorCount);
    const counters = new Counters(counterMemory, REGION_MAIN);
    const recentLog = new RecentLog(config.log.level);
    const log = withTelemetry(await openLog(paths.logs, config.log), recentLog, counters, now);
    closers.push('log', () => log.close());
    log.write('info', 'daemon', 'starting', { version, pid: process.pid, home: paths.home });

    const stateSchemaFolder = path.join(packageRoot, 'schema', 'state');
    const db = openStateDatabase(paths.state, stateSchemaFolder);
    closers.push('state.db', () => void db.close());
    const state = new DaemonState(db);
    const stateFailed = (error: unknown) => log.write('error', 'state', 'state_failed', { error: String(error) });
    closers.push('counters', persistCounters(counters, state, stateFailed));

    const rowsParts = { paths, config, state, counters, packageRoot, closers, log, now, onProgress };
    const { engine, store, reads, ...rows } = await openRows(rowsParts);
    const threadLog = (message: LogMessage) => log.write(message.level, message.step, message.event, message.fields);
    let instruments: Instruments | null = null;
    // Closed after the spool, so that the last sample has what a stop still stored.
    closers.push('instruments', () => instruments?.close());
    const spool = new SpoolHandle(
      {
        config,
        counters: counterMemory,
        region: REGION_SPOOL,
        shards: engine.shards.length,
        spoolFolder: paths.spool,
        stateFile: paths.state,
        stateSchemaFolder,
        store,
      },
      threadLog,
      (error) => onFatal(new TrackflowError('TF_IO', `the spool failed: ${error}`)),
    );
    closers.push('spool', () => spool.stop(this.#stopDeadlineMs * (1 - ANSWER_SHARE - TASKS_SHARE)));
    const opened = await spool.opened();
    const spooled = counters.read('spool_rows');
    resumeTotals(counters, opened);

    this.#ready = rows.serve(spool);
    this.#ready.catch(() => {});
    const port = await claimPort(config.listen.host, config.listen.port, path.join(paths.run, 'port'));
    const tls = await openTls({
      config,
      paths,
      port,
      closers,
      log,
      now,
      sendCertificate: (certificate) => this.#collectors?.sendCertificate(certificate),
      sendChallenges: async (challenges) => this.#collectors?.sendChallenges(challenges),
    });
    const url = collectorUrl(config.listen.host, port, tls !== null);
    const { readsAt, readsUrl } = await claimReads(config, paths, url);
    const access = openAccess({
      config: config.access,
      db,
      closers,
      log,
      now,
      send: (change) => this.#collectors?.sendAccess(change),
    });
    this.#status = () =>
      status({
        version,
        state: this.#state,
        pid: process.pid,
        url,
        readsUrl,
        home: paths.home,
        startedAt,
        engine,
        counters,
        config,
        spool,
        store: rows.storeStatus(),
        furtherProblems: tls?.problems() ?? [],
        lastMinute: instruments?.lastMinute() ?? null,
      });
    const sendSalts = (salts: readonly DaySalt[]) => this.#collectors?.sendSalts(salts);
    const registry = openRegistry(db, config, (news) => this.#collectors?.sendNews(news), now);
    const taskParts = { paths, packageRoot, resolved, db, state, engine, store, spool, access, registry, log, now };
    const tasks = openTasks({ ...taskParts, figures: () => tableFigures(counters), sendSalts, reopen });
    const visitors = allocateVisitors(collectorCount);
    instruments = new Instruments({
      home: paths.home,
      ringsFile: path.join(paths.run, 'telemetry.bin'),
      config,
      counters,
      engine,
      places: rows.places,
      log: recentLog,
      status: () => this.#status(),
      tasks: () => tasks.desk.figures(),
      schedules: () => tasks.desk.schedules(),
      visitors,
      onSaveFailed: (error) => log.write('warn', 'daemon', 'telemetry_not_saved', { error: String(error) }),
      onWatched: (watched) => this.#collectors?.watch(watched),
      now,
      elapsed: () => performance.now(),
    });
    await this.#openControl({
      reads,
      spool,
      counters,
      stream: instruments.stream,
      tasks: tasks.desk,
      access,
      registry,
    });
    this.#collectors = buildCollectors({
      config: { ...config, listen: { ...config.listen, port } },
      sessionsFile: path.join(paths.run, 'sessions.bin'),
      count: collectorCount,
      firstRegion: REGION_COLLECTORS,
      counterMemory,
      visitors,
      instruments,
      engine,
      reads,
      spool,
      access,
      readsAt,
      tls,
      state,
      registry,
      status: () => this.#status(),
      tails: this.#tails,
      closers,
      log,
      threadLog,
      now,
    });
    closers.push('collectors', () => this.#collectors?.close(this.#stopDeadlineMs * ANSWER_SHARE));
    await this.#collectors.open();
    tls?.begin();
    closers.push('tasks', () => tasks.runner.close(this.#stopDeadlineMs * TASKS_SHARE));
    tasks.runner.start();
    const daemonFile = { pid: process.pid, startedAt: new Date(startedAt).toISOString(), version, url };
    closers.push('daemon.json', publishDaemon(paths.daemonJson, daemonFile));
    counters.set('ready', 1);
    closers.push('ready', () => counters.set('ready', 0));
    this.#state = 'running';
    log.write('info', 'daemon', 'listening', { url, collectors: collectorCount, spooledRows: spooled });
  }

  async #openControl(parts: {
    reads: Endpoint;
    spool: SpoolHandle;
    counters: Counters;
    stream: Stream;
    tasks: TaskHandlers;
    access: Access;
    registry: RegistryDesk;
  }): Promise<void> {
    const { reads: endpoint, spool, counters, stream, tasks, access, registry } = parts;
    const { paths, resolved, onStopAsked } = this.#options;
    const metrics = new Metrics(counters);
    const { close, ...reads } = openControlReads(endpoint, resolved.config.query, this.#options.now);
    this.#closers.push('reader', close);
    const socketPath = controlSocketPath(paths.home);
    prepareSocketDirectory(socketPath);
    const control = await openControlServer(socketPath, {
      status: () => this.#status(),
      stop: onStopAsked,
      ...reads,
      config: () => resolved,
      metrics: async () => (await metrics.render()).body,
      deadLetters: (operation) => spool.deadLetters(operation),
      seal: () => spool.seal(),
      stream,
      tasks,
      access: access.handlers,
      registry,
      tail: (filters, response, begin) => this.#tails.open(filters, response, begin),
    });
    this.#closers.push('control socket', () => control.close());
  }
}
