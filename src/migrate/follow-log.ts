/**
 * New, changed and deleted rows by the log of the source, after the copy.
 *
 * Promises: each transaction is applied once, in its order; when `confirm` was called, it is stored. Always true: rows of
 * changes carry a batch number above that of the ledger's record until all of their transactions are stored; whoever
 * begins removes such rows first and reads the log again from the record's position. A changed row is inserted before its
 * older version is deleted: for a moment there may be both, never none. A transaction larger than `BYTES_MAX` is stored in
 * pieces. When the source's log is lost for good, it ends and says why.
 */
import { TrackflowError } from '../errors/error.ts';
import { batchOf, ROOT } from './chunk.ts';
import type { LoggedTable } from './column.ts';
import { bringChunk } from './copy.ts';
import type { FollowParts } from './follow.ts';
import type { LogRecord } from './ledger.ts';
import { isPassing } from './passing.ts';
import { Changes, type NetChanges } from './postgres/wal/changes.ts';
import { withIdentities, withRows } from './postgres/wal/given-rows.ts';
import { lsnText } from './postgres/wal/lsn.ts';
import { positionOf } from './postgres/wal/postgres-log.ts';
import type { SourceLog } from './sides.ts';
import { FAILURES_MAX, pause, runWorkers } from './workers.ts';

/** The longest wait for changes: what is stored is told to the source that often at least. */
const WAIT_MS = 1_000;
/** Of changes that are applied together. */
const BYTES_MAX = 33_554_432;
const PAUSE_MS = 1_000;
/** The slot is held by a connection of before, whose end the source has not noticed. */
const IN_USE = '55006';

export interface Logged {
  readonly table: LoggedTable;
  readonly index: number;
}

/** Applies changes until `signal` aborts, whose reason it rejects with, or the log is lost: then it returns why. */
export async function followLog(parts: FollowParts, log: SourceLog, tables: readonly Logged[]): Promise<string> {
  for (let failures = 0; ; ) {
    try {
      return await applyAll(parts, log, tables, () => {
        failures = 0;
      });
    } catch (error) {
      parts.signal.throwIfAborted();
      if (log.lost !== '') return log.lost;
      failures++;
      const passes = isPassing(error) || (error as { code?: unknown }).code === IN_USE;
      if (!passes || failures >= FAILURES_MAX) throw error;
      parts.onRetry(error);
      await pause(PAUSE_MS, parts.signal);
      await parts.target.ready();
    }
  }
}

async function applyAll(
  parts: FollowParts,
  log: SourceLog,
  tables: readonly Logged[],
  onGood: () => void,
): Promise<string> {
  const { ledger, signal, progress } = parts;
  await removeUnconfirmed(parts, tables);
  let record = ledger.log!;
  let stored = positionOf(record.position);
  const changes = new Changes(tables, stored, positionOf(record.upsertUntil));
  const stream = await log.stream(stored);
  const confirm = () => {
    record = { ...record, position: lsnText(changes.end), ordinal: ledger.nextOrdinal - 1 };
    ledger.setLog(record);
    stored = changes.end;
    stream.confirm(stored);
    parts.onStored(record.ordinal);
  };
  try {
    for (;;) {
      const messages = await stream.take(WAIT_MS);
      const { idleAt } = stream;
      for (const message of messages) {
        changes.add(message);
        if (changes.bytes > BYTES_MAX) await apply(parts, log, tables, changes, record);
      }
      if (!changes.isOpen && changes.end > stored) {
        await apply(parts, log, tables, changes, record);
        if (log.lost === '') confirm();
      }
      // Of what others write into the log nothing is for us: it need not be kept for us either.
      if (!changes.isOpen && idleAt > stored) {
        stored = idleAt;
        stream.confirm(stored);
      }
      const lag = log.lag(stored);
      progress.lag = lag;
      progress.lagRows = lag.bytes === 0 ? 0 : null;
      onGood();
      signal.throwIfAborted();
      if (log.lost !== '') return log.lost;
    }
  } finally {
    await stream.close();
  }
}

async function apply(
  parts: FollowParts,
  log: SourceLog,
  tables: readonly Logged[],
  changes: Changes,
  record: LogRecord,
): Promise<void> {
  for (const net of changes.take()) {
    const { table } = tables.find(({ index }) => index === net.index)!;
    await applyTable(parts, log, table, net, { from: record.position, to: lsnText(changes.end) });
  }
  await log.rows.renew();
}

async function applyTable(
  parts: FollowParts,
  log: SourceLog,
  table: LoggedTable,
  { index, rows, replaced, isCleared }: NetChanges,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const { ledger, target } = parts;
  // In the ledger before it is in the target: its number tells it from all that was there.
  const chunk = ledger.add(
    {
      table: index,
      range: { part: ROOT, by: 'log', from, to },
      state: 'copying',
      attempt: 1,
      epoch: '',
      sums: null,
      bytes: 0,
      note: '',
    },
    ledger.table(index).cursor,
  );
  const before = batchOf(ledger.job, chunk.ordinal, 0);
  const given = withRows(table, rows);
  let isDone = false;
  await runWorkers({ ...parts, source: log.rows, parallel: 1 }, async () => {
    if (isDone) return null;
    isDone = true;
    return async (reader, repeated) => {
      if (rows.length > 0) {
        const latest = ledger.chunk(chunk.ordinal);
        const done = await bringChunk(parts, given, latest, reader, { fresh: !repeated, route: 'pipe' });
        if (done.state === 'differs')
          throw new TrackflowError('TF_FAILED', `changes of ${table.source} arrive altered: ${done.note}`);
      }
      if (isCleared) await target.removeOlder(table, before, 'all');
      if (replaced.length === 0) return;
      const names = table.log.identity.map(({ name }) => name);
      await target.removeOlder(table, before, await log.texts(withIdentities(table, replaced), names));
    };
  });
}

/** What was stored of transactions that were not confirmed comes again. */
async function removeUnconfirmed({ ledger, target }: FollowParts, tables: readonly Logged[]): Promise<void> {
  const record = ledger.log!;
  const last = batchOf(ledger.job, record.ordinal + 1, 0);
  for (const { table, index } of tables) {
    const unconfirmed = ledger.chunks(index).filter(({ range }) => range.by === 'log');
    if (unconfirmed.length === 0) continue;
    for (const { ordinal, attempt } of unconfirmed)
      for (let at = 1; at <= attempt; at++) await target.idle(batchOf(ledger.job, ordinal, at));
    const found = [...(await target.batches(table)).keys()].filter((batch) => batch >= last);
    if (found.length > 0) await target.remove(table, found);
  }
  ledger.setLog({ ...record, ordinal: ledger.nextOrdinal - 1 });
}
