/**
 * Carries the data of a home from one engine to another, while events go on to be taken.
 *
 * Promises: the engine of before serves, and its data stays untouched, until both hold the same rows, counted and hashed
 * partition by partition while nothing is written; then one rename makes the other the engine. Events that come
 * meanwhile wait in the spool and go to whichever it is. A batch is never in both or neither: before the rows are
 * compared no batch is in flight and none is left whose fate is open, and none leaves the spool until the daemon runs
 * with the new engine.
 *
 * When anything dies in between: the next attempt looks at what is there and goes on. When the target or the proof fails:
 * nothing has changed.
 */
import type { ClickHouse } from '../../src/clickhouse/client.ts';
import { openClickHouse } from '../../src/clickhouse/client.ts';
import type { Config } from '../../src/config/schema.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { placeOf, refuseCluster } from '../../src/engine/place.ts';
import { TrackflowError } from '../../src/errors/error.ts';
import type { EngineMoveContext, EngineMoveParts } from '../tasks/kinds/engine-move.ts';
import { claim } from './claim.ts';
import { commitMove } from './commit.ts';
import type { Ends } from './copy.ts';
import { movedConfig, refuseFixed } from './moved-config.ts';
import { settle, settleLeftMove } from './settle.ts';
import { partitionsOf, type Sums } from './sums.ts';
import { type SwitchParts, switchOver } from './switch-over.ts';
import { drop, syncPartition } from './sync.ts';
import { type MovedTable, movedTables } from './tables.ts';
import { type MoveTarget, openTarget, type TargetParts } from './target.ts';

const ENGINE_READY_MS = 30_000;
const ROWS_POLL_MS = 1_000;

export interface MoveParts extends Omit<TargetParts, 'config'>, SwitchParts {
  readonly config: Config;
  /** Where the value of each key came from. */
  readonly origins: Readonly<Record<string, string>>;
  readonly engine: Engine;
}

/** Begins with what a daemon that died in the middle of a commit has left. */
export function engineMoveParts(given: MoveParts): EngineMoveParts {
  const parts = { ...given, settled: settleLeftMove(given).catch(() => {}) };
  return {
    prepare: (context) =>
      withTarget(parts, context, async ({ to }, target) => {
        refuseFixed(parts.config, parts.origins, context.params);
        await claim(to, parts.paths.home, target.where);
        context.log('info', 'move_prepared', { to: target.where });
      }),
    copy: (context) =>
      withTarget(parts, context, async (ends) => {
        await copyPartitions(ends, context);
      }),
    switchOver: (context) => switchEngine(parts, context),
    confirm: (context) => confirm(parts, context),
  };
}

interface SettledParts extends MoveParts {
  /** Until then the files of a second engine may belong to an earlier move. */
  readonly settled: Promise<void>;
}

type Work = (ends: Ends, target: MoveTarget) => Promise<void>;

/** What runs for the move alone is stopped when the work fails; when it succeeds the next step finds it. */
async function withTarget(parts: SettledParts, context: EngineMoveContext, work: Work): Promise<void> {
  const { engine, config } = parts;
  refuseCluster(config.engine);
  const moved = movedConfig(config, context.params);
  if (placeOf(moved.engine) === placeOf(config.engine)) return;
  await engine.ready(ENGINE_READY_MS);
  await parts.settled;
  const from = openClickHouse(engine.endpoint, 'writer');
  let succeeded = false;
  let target: MoveTarget | undefined;
  try {
    target = await openTarget({ ...parts, config: moved }, context.signal);
    await work({ from, to: target.client }, target);
    succeeded = true;
  } finally {
    await from.close();
    await target?.close(succeeded);
  }
}

/** The bulk, while the source changes: what changed meanwhile is left for the time when it does not. */
async function copyPartitions(ends: Ends, context: EngineMoveContext): Promise<void> {
  const { signal } = context;
  const done = new Set((context.saved as { done: string[] } | null)?.done ?? []);
  const { tables, leftBehind } = await movedTables(ends.from, ends.to);
  if (leftBehind.length > 0) context.log('warn', 'move_left_behind', { tables: leftBehind.join(', ') });
  const plan = await planOf(ends.from, tables);
  const total = plan.reduce((sum, { rows }) => sum + rows, 0);
  const stop = watchRows(ends.to, tables, (rows) => context.progress(rows, total));
  try {
    const newest = new Map<string, string>();
    for (const { name, hasBatch } of tables) if (hasBatch) newest.set(name, await newestBatch(ends.from, name));
    for (const { table, partition, rows } of plan) {
      const key = `${table.name}/${partition}`;
      if (done.has(key)) continue;
      const isSame = await isSynced(ends, table, partition, newest.get(table.name), signal);
      context.log('info', 'move_copied', { table: table.name, partition, rows, same: isSame });
      done.add(key);
      context.checkpoint({ done: [...done] });
    }
  } finally {
    await stop();
  }
}

async function isSynced(
  ends: Ends,
  table: MovedTable,
  partition: string,
  through: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const range = through === undefined ? {} : { through };
    await syncPartition(ends, table, partition, { depth: 'quick', ...range }, signal);
    return true;
  } catch (error) {
    // Somebody deleted or replayed rows of it meanwhile. What is true in the end is compared when nobody can.
    if (error instanceof TrackflowError && error.code === 'TF_VERIFICATION') return false;
    throw error;
  }
}

async function switchEngine(parts: SettledParts, context: EngineMoveContext): Promise<void> {
  const { config, spool, engine, paths } = parts;
  const moved = movedConfig(config, context.params);
  if (placeOf(moved.engine) === placeOf(config.engine)) return;
  await switchOver(parts, context, (commitProven) =>
    withTarget(parts, context, (ends) =>
      commitProven({
        prove: async () => context.log('info', 'move_proven', await proveEqual(ends, context)),
        commit: () => commitMove(paths, config.engine, moved.engine),
        restore: () => {
          if (engine.state === 'ready') spool.setEngine(0, engine.endpoint);
        },
      }),
    ),
  );
}

/** Both ends hold the same when it returns, and do as long as the hold lasts. */
async function proveEqual(
  ends: Ends,
  { signal, progress, log }: EngineMoveContext,
): Promise<{ rows: number; partitions: number }> {
  const { tables } = await movedTables(ends.from, ends.to);
  const plan = await planOf(ends.from, tables);
  const isThere = new Set(plan.map(({ table, partition }) => `${table.name}/${partition}`));
  for (const { name } of tables) {
    for (const partition of (await partitionsOf(ends.to, name)).keys()) {
      if (!isThere.has(`${name}/${partition}`)) await drop(ends, name, partition);
    }
  }
  let rows = 0;
  for (const [index, { table, partition }] of plan.entries()) {
    const synced = await proven(ends, table, partition, { signal, log });
    rows += Number(synced.rows);
    progress(index + 1, plan.length);
  }
  return { rows, partitions: plan.length };
}

async function proven(
  ends: Ends,
  table: MovedTable,
  partition: string,
  { signal, log }: Pick<EngineMoveContext, 'signal' | 'log'>,
): Promise<Sums> {
  try {
    return (await syncPartition(ends, table, partition, { depth: 'whole' }, signal)).sums;
  } catch (error) {
    if (error instanceof TrackflowError && error.code === 'TF_VERIFICATION') {
      log('warn', 'move_mismatch', { table: table.name, partition });
    }
    throw error;
  }
}

async function confirm(parts: MoveParts, context: EngineMoveContext): Promise<void> {
  await settle(parts, context.signal);
  context.log('info', 'moved', { to: placeOf(parts.config.engine) });
}

interface Planned {
  readonly table: MovedTable;
  readonly partition: string;
  readonly rows: number;
}

async function planOf(from: ClickHouse, tables: readonly MovedTable[]): Promise<Planned[]> {
  const plan: Planned[] = [];
  for (const table of tables) {
    for (const [partition, rows] of await partitionsOf(from, table.name)) plan.push({ table, partition, rows });
  }
  return plan;
}

async function newestBatch(from: ClickHouse, table: string): Promise<string> {
  const [found] = await from.query<{ newest: string }>(
    'SELECT toString(max(batch)) AS newest FROM {table:Identifier}',
    { table },
  );
  return found!.newest;
}

/** Tells how many rows have arrived, once a second, until the answer is called. */
function watchRows(to: ClickHouse, tables: readonly MovedTable[], tell: (rows: number) => void): () => Promise<void> {
  let asking = Promise.resolve();
  const ask = async () => {
    const counts = await Promise.all(tables.map(({ name }) => partitionsOf(to, name)));
    tell(counts.flatMap((count) => [...count.values()]).reduce((sum, rows) => sum + rows, 0));
  };
  const timer = setInterval(() => {
    // A look that fails is made up for by the next; the copy itself tells of a target that is gone.
    asking = asking.then(ask).catch(() => {});
  }, ROWS_POLL_MS);
  return () => {
    clearInterval(timer);
    return asking;
  };
}
