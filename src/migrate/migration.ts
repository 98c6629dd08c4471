/**
 * A migration from its plan to its report.
 *
 * Promises: when a table is `verified`, the target has each row of the source once and no other row of this migration,
 * as of one snapshot (or the report says that it is not one). One table that cannot be copied stops no other. Always
 * true: everything that was decided or done is in the ledger first, so that after a kill `run` goes on from there.
 */

import { TrackflowError } from '../errors/error.ts';
import { batchOf } from './chunk.ts';
import type { TablePlan } from './column.ts';
import { beginFollowing, canFollow, type FollowParts, follow, goOnByKey } from './follow.ts';
import { followLog, type Logged } from './follow-log.ts';
import { isPassing, reasonOf } from './passing.ts';
import type { MigrationPlan } from './plan.ts';
import { lsnText } from './postgres/wal/lsn.ts';
import type { SourceLog } from './sides.ts';
import { copyTable, settleTable } from './table-copy.ts';

/** Snapshots that are tried until one lasts from the first table to the last. */
const ROUNDS_MAX = 5;

export interface MigrationParts extends FollowParts {
  readonly plan: MigrationPlan;
  /** Go on with new rows until `signal`. */
  readonly follow: boolean;
  /** The source's log, where some tables are followed by it; else null. */
  readonly log: SourceLog | null;
  /** Everything is copied and verified; what follows has no end. */
  readonly onCopied: (consistent: boolean) => void;
}

/** Copies, settles and sweeps. Rejects when a side stays away, or with the reason of `signal`. */
export async function runMigration(parts: MigrationParts): Promise<{ readonly consistent: boolean }> {
  const { plan, ledger, progress } = parts;
  const tables = plan.tables.map((table, index) => ({ table, index }));
  const usable = () => tables.filter(({ index }) => ledger.table(index).state !== 'failed');
  if (parts.log !== null) await parts.log.begin();
  // What is followed by the log is not what it was when it was copied: there is nothing to compare it with.
  if (ledger.log?.isFollowing) return followTables(parts, usable());
  progress.phase = 'copying';
  parts.onPhase();
  for (const { index } of tables) again(parts, index);
  for (const { table, index } of usable()) {
    await isolated(parts, index, async () => {
      ledger.setTable(index, { state: 'copying' });
      await parts.target.prepare(table);
      await copyTable(parts, table, index);
    });
  }
  const consistent = await settle(parts, usable);
  if (parts.follow) await startFollowing(parts, usable);
  progress.phase = 'sweeping';
  parts.onPhase();
  for (const { table, index } of usable()) await isolated(parts, index, () => sweep(parts, table, index, tables));
  if (parts.follow) {
    await beginLog(parts, usable());
    parts.onCopied(consistent);
    return followTables(parts, usable());
  }
  return { consistent };
}

/** From here on the log says what changes; a snapshot younger than the slot has some of that already. */
async function beginLog({ ledger, log }: MigrationParts, tables: readonly Indexed[]): Promise<void> {
  const record = ledger.log;
  if (log === null || record === null || log.lost !== '') return;
  const logged = tables.filter(({ table }) => table.log !== undefined);
  const epochs = logged.flatMap(({ index }) => ledger.chunks(index).map(({ epoch }) => epoch));
  const isOfSlot = epochs.every((epoch) => epoch === record.epoch);
  const upsertUntil = isOfSlot ? null : lsnText(await log.end());
  ledger.setLog({ ...record, upsertUntil, isFollowing: true, ordinal: ledger.nextOrdinal - 1 });
}

/** Each table by what it has: the source's log, else its key. When the log is lost, all by key. */
async function followTables(parts: MigrationParts, tables: readonly Indexed[]): Promise<never> {
  const { log, progress, signal } = parts;
  const logged = tables.filter((one): one is Logged => one.table.log !== undefined);
  if (log === null || !isLogged(parts) || logged.length === 0) return follow(parts, tables);
  progress.phase = 'following';
  parts.onPhase();
  const others = tables.filter(({ table }) => table.log === undefined && canFollow(table));
  const ended = new AbortController();
  const byKey =
    others.length === 0
      ? Promise.resolve()
      : follow({ ...parts, signal: AbortSignal.any([signal, ended.signal]) }, others).catch((error) => {
          if (!ended.signal.aborted) throw error;
        });
  const byLog = followLog({ ...parts, signal: AbortSignal.any([signal, ended.signal]) }, log, logged);
  try {
    await Promise.race([byLog, byKey.then(() => byLog)]);
  } finally {
    ended.abort(new Error('the other way to follow has ended'));
    await Promise.allSettled([byKey, byLog]);
  }
  for (const { table, index } of logged) if (canFollow(table)) await goOnByKey(parts, table, index);
  progress.lag = null;
  return follow(
    parts,
    tables.filter(({ table }) => canFollow(table)),
  );
}

/** Whether the log is there to be followed. */
function isLogged({ log, ledger }: MigrationParts): boolean {
  return log !== null && log.lost === '' && ledger.log !== null;
}

type Indexed = { readonly table: TablePlan; readonly index: number };

/** Chunks by block end, chunks by key begin: in one snapshot, that of all chunks. */
async function startFollowing(
  parts: MigrationParts,
  usable: () => { table: TablePlan; index: number }[],
): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const reader = await parts.source.open();
    try {
      const followed = usable().filter(
        ({ table }) => canFollow(table) && (table.log === undefined || !isLogged(parts)),
      );
      const chunks = followed.flatMap(({ index }) => parts.ledger.chunks(index));
      const isSame = chunks.every(
        ({ epoch, range }) => epoch === reader.epoch || range.by === 'key' || range.by === 'none',
      );
      if (isSame) {
        for (const { table, index } of followed) await beginFollowing(parts, table, index, reader);
        return;
      }
    } finally {
      await reader.close();
    }
    await settle(parts, usable);
  }
  throw new TrackflowError('TF_TIMEOUT', 'no snapshot of the source lasts long enough to begin to follow it');
}

/** Whoever runs it again wants what has failed to be tried again. */
function again({ ledger }: MigrationParts, index: number): void {
  for (const chunk of ledger.chunks(index))
    if (chunk.state === 'differs') ledger.update({ ...chunk, state: 'copying' });
  if (ledger.table(index).state !== 'waiting') ledger.setTable(index, { state: 'copying', error: '' });
}

/** What is wrong with one table is told with it; what is wrong with a side is thrown. */
async function isolated({ ledger, signal }: MigrationParts, index: number, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    signal.throwIfAborted();
    if (isPassing(error)) throw asEnvironment(error);
    const hints = error instanceof TrackflowError && error.hints.length > 0 ? ` (${error.hints.join('; ')})` : '';
    ledger.setTable(index, { state: 'failed', error: `${reasonOf(error)}${hints}` });
  }
}

async function settle(parts: MigrationParts, usable: () => { table: TablePlan; index: number }[]): Promise<boolean> {
  parts.progress.phase = 'settling';
  parts.onPhase();
  for (let round = 0; round < ROUNDS_MAX; round++) {
    for (const { table, index } of usable()) {
      await isolated(parts, index, async () => {
        await settleTable(parts, table, index);
        // What has come behind the last chunk since the snapshot of that.
        await copyTable(parts, table, index);
        parts.ledger.setTable(index, { state: 'copied' });
      });
    }
    const epochs = usable().flatMap(({ index }) => parts.ledger.chunks(index).map(({ epoch }) => epoch));
    if (new Set(epochs).size <= 1) return true;
  }
  for (const { table, index } of usable()) await isolated(parts, index, () => leaveBlocks(parts, table, index));
  return false;
}

/**
 * No snapshot lasts long enough to read a table once. Where its blocks were read at different moments, a row that moved in
 * between may have come twice or not at all; by ranges of its key every row is in one of them, whenever that is read.
 */
async function leaveBlocks(parts: MigrationParts, table: TablePlan, index: number): Promise<void> {
  const { ledger } = parts;
  const byBlocks = ledger.chunks(index).filter(({ range }) => range.by === 'blocks');
  if (new Set(byBlocks.map(({ epoch }) => epoch)).size <= 1) return;
  if (table.key === null) {
    throw new TrackflowError('TF_FAILED', `${table.source}: no snapshot of the source lasted long enough to read it`, {
      hints: [
        'without a key of one column nobody can tell which of its rows are there; a --map file names one as key',
        'what ends snapshots: timeouts of idle transactions, poolers, max_standby_streaming_delay of a replica',
      ],
    });
  }
  parts.progress.anew(index);
  ledger.anew(index);
  await copyTable(parts, table, index);
  // Once more at a later moment: what was still being written as its range was read.
  await settleTable(parts, table, index);
  await copyTable(parts, table, index);
}

/**
 * The last word: rows of batches that do not count go (an attempt that was cut off may have landed late), and those that
 * count must be there in full.
 */
async function sweep(
  parts: MigrationParts,
  table: TablePlan,
  index: number,
  tables: readonly { readonly table: TablePlan; readonly index: number }[],
): Promise<void> {
  const { ledger, target } = parts;
  for (let round = 0; ; round++) {
    const found = await target.batches(table);
    const sharing = tables.filter((other) => other.table.target === table.target);
    const chunks = sharing.flatMap((other) => ledger.chunks(other.index));
    const counting = new Map(chunks.map((chunk) => [batchOf(ledger.job, chunk.ordinal, chunk.attempt), chunk]));
    const stray = [...found.keys()].filter((batch) => !counting.has(batch));
    if (stray.length > 0) await target.remove(table, stray);
    const wrong = [...counting].filter(
      ([batch, chunk]) =>
        chunk.table === index && chunk.state === 'verified' && (found.get(batch) ?? 0) !== chunk.sums!.rows,
    );
    if (wrong.length === 0 && stray.length === 0) break;
    if (round >= ROUNDS_MAX) throw new TrackflowError('TF_FAILED', `${table.target} changes while it is verified`);
    for (const [, chunk] of wrong) ledger.update({ ...chunk, state: 'copying', note: 'rows were missing in the end' });
    if (wrong.length > 0) await copyTable(parts, table, index);
  }
  const differs = ledger.chunks(index).some(({ state }) => state !== 'verified');
  ledger.setTable(index, {
    state: differs ? 'differs' : 'verified',
    error: differs ? 'chunks differ from the source' : '',
  });
}

function asEnvironment(error: unknown): TrackflowError {
  if (error instanceof TrackflowError) return error;
  return new TrackflowError('TF_IO', `the migration cannot go on: ${reasonOf(error)}`, { cause: error });
}
