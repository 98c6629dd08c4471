import { openClickHouse } from '../src/clickhouse/client.ts';
import { processEnvironment } from '../src/config/environment.ts';
import type { HomePaths } from '../src/config/home.ts';
import type { ResolvedConfig } from '../src/config/resolve.ts';
import type { Engine } from '../src/engine/engine.ts';
import { TrackflowError } from '../src/errors/error.ts';
import { TABLE_NAMES, tableOf } from '../src/event/tables.ts';
import { openStoreSession } from '../src/postgres/session.ts';
import type { StoreAccess } from '../src/postgres/store-access.ts';
import { cutoverParts } from './cutover/cutover.ts';
import type { Access } from './daemon-access.ts';
import type { Log } from './log.ts';
import { engineMoveParts } from './move/engine-move.ts';
import type { RegistryDesk } from './registry/desk.ts';
import { currentSalts, destroyOldSalts } from './salts.ts';
import type { DaemonState } from './state/daemon-state.ts';
import type { StateDatabase } from './state/database.ts';
import { TaskDesk } from './tasks/desk.ts';
import { cutover } from './tasks/kinds/cutover.ts';
import { engineMove } from './tasks/kinds/engine-move.ts';
import { type EraseParts, erase } from './tasks/kinds/erase.ts';
import { migrations } from './tasks/kinds/migrate.ts';
import { sfplMigrations } from './tasks/kinds/migrate-sfpl.ts';
import { type RetentionParts, retention } from './tasks/kinds/retention.ts';
import { postgresRetention } from './tasks/kinds/retention-postgres.ts';
import { saltRotation } from './tasks/kinds/salt-rotation.ts';
import { TaskRunner } from './tasks/runner.ts';
import { TaskStore } from './tasks/store.ts';
import { TaskLog } from './tasks/task-log.ts';
import type { InternalEvent } from './telemetry/catalogue.ts';
import type { DaySalt } from './threads/messages.ts';
import type { SpoolHandle } from './threads/spool-handle.ts';

/** How long a task that needs the engine waits for it before that is a failure. */
const ENGINE_READY_MS = 30_000;
const STORE_STATEMENT_MS = 300_000;
const NOT_INTO_POSTGRES =
  'PostgreSQL keeps the events (store.url), and migrations bring rows into ClickHouse: carry the events there first, with --preset trackflow --cutover';
const NOT_ELSEWHERE = 'ClickHouse keeps the events already (store.url is empty)';
const KEPT_ELSEWHERE = 'PostgreSQL keeps the events (store.url): the engine has none to move';

export interface TaskParts {
  readonly paths: HomePaths;
  readonly packageRoot: string;
  readonly resolved: ResolvedConfig;
  readonly db: StateDatabase;
  readonly state: DaemonState;
  readonly engine: Engine;
  /** Null: the engine keeps the rows. */
  readonly store: StoreAccess | null;
  readonly spool: SpoolHandle;
  readonly log: Log;
  readonly now: () => number;
  readonly registry: RegistryDesk;
  /** Rows of each table. */
  readonly figures: EraseParts['figures'];
  /** Accounts may have a retention of their own. */
  readonly access: Pick<Access, 'accounts'>;
  readonly sendSalts: (salts: readonly DaySalt[]) => void;
  /** These settings are others in the configuration now. */
  readonly reopen: (changed: readonly string[]) => void;
}

/** Every kind of task there is, with what it works on, and who runs them. Nothing runs before `runner.start()`. */
export function openTasks(parts: TaskParts): { readonly desk: TaskDesk; readonly runner: TaskRunner } {
  const { resolved, db, state, engine, store, spool, access, log, now, registry, sendSalts } = parts;
  const { config, origins } = resolved;
  const moveParts = {
    ...parts,
    config,
    origins,
    env: processEnvironment(),
    log: (level: 'info' | 'warn' | 'error', event: InternalEvent, fields = {}) =>
      log.write(level, 'engine', event, fields),
  };
  const kept = { days: config.events.retentionDays, accounts: () => access.accounts.retentions() };
  const tasks = new TaskStore(db);
  const taskLog = new TaskLog(db);
  const connect = async () => {
    if (engine.kind === 'cluster') throw severalShards();
    await engine.ready(ENGINE_READY_MS);
    return openClickHouse(engine.endpoint, 'writer');
  };
  const deleting: Pick<RetentionParts, 'connect' | 'hold'> = {
    connect: async () => {
      await engine.ready(ENGINE_READY_MS);
      return engine.shards.map(({ endpoint }) => openClickHouse(endpoint, 'writer'));
    },
    hold: async (months, limits, signal) => (await spool.hold(months, limits, signal))?.release ?? null,
  };
  const migrateParts = {
    db,
    connect,
    ready: () => engine.ready(ENGINE_READY_MS),
    eventsElsewhere: store === null ? null : NOT_INTO_POSTGRES,
    reports: parts.paths.migrations,
    elapsed: () => performance.now(),
  };
  const runner = new TaskRunner({
    store: tasks,
    log: taskLog,
    kinds: [
      saltRotation({
        renew: () => sendSalts(currentSalts(state, now())),
        destroyOld: () => destroyOldSalts(state, now()),
        emptyLog: () => state.emptyLog(),
      }),
      store === null
        ? retention({ ...kept, ...deleting })
        : postgresRetention({ ...kept, connect: () => openStoreSession(store, STORE_STATEMENT_MS) }),
      erase({
        ...deleting,
        tables: TABLE_NAMES.map((name) => ({ name, time: tableOf(name).time })),
        figures: parts.figures,
        seal: () => spool.seal(),
        forget: (account, visitorId) => registry.forgetConsents(account, visitorId),
        ...(store !== null && { store: () => openStoreSession(store, STORE_STATEMENT_MS) }),
      }),
      engineMove(engineMoveParts(moveParts), store === null ? null : KEPT_ELSEWHERE),
      cutover(cutoverParts({ ...parts, origins }), store === null ? NOT_ELSEWHERE : null),
      ...migrations(migrateParts),
      ...sfplMigrations({ ...migrateParts, registry }),
    ],
    now,
    onLog: (level, event, fields) => log.write(level, 'tasks', event, fields),
  });
  return { desk: new TaskDesk({ store: tasks, log: taskLog, runner, now }), runner };
}

/** Rows are spread over shards where they are received; what is carried over from elsewhere is not. */
function severalShards(): TrackflowError {
  return new TrackflowError(
    'TF_CONFIG',
    'rows cannot be carried into a cluster, which spreads over shards what it receives',
    {
      hints: ['into one engine: --home DIR of an instance with --engine embedded, docker or url'],
    },
  );
}
