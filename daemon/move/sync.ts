import { quoted } from '../../src/clickhouse/quoted.ts';
import { TrackflowError } from '../../src/errors/error.ts';
import { copyRows, type Ends } from './copy.ts';
import { type Depth, isEqual, NO_ROWS, type Range, type Sums, sumsOf, whereOf } from './sums.ts';
import type { MovedTable } from './tables.ts';

export interface Synced {
  /** What both ends hold now. */
  readonly sums: Sums;
  /** Whether anything had to be carried. */
  readonly changed: boolean;
}

export interface SyncOptions extends Pick<Range, 'through'> {
  /** How closely both are compared. */
  readonly depth: Depth;
}

/**
 * Makes a partition of the target equal to that of the source, or to its batches up to `through`, and compares them.
 *
 * It looks only at what is there, so it may be cut anywhere and begun again: what is equal stays; what is equal but for
 * younger batches gets those; everything else is dropped and carried anew. Rejects with TF_VERIFICATION when both ends
 * differ all the same.
 */
export async function syncPartition(
  ends: Ends,
  table: MovedTable,
  partition: string,
  { depth, ...range }: SyncOptions,
  signal: AbortSignal,
): Promise<Synced> {
  const { from, to } = ends;
  const there = () => sumsOf(to, table, partition, depth, signal);
  const here = (within: Range = range) => sumsOf(from, table, partition, depth, signal, within);
  const [wanted, found] = await Promise.all([here(), there()]);
  if (isEqual(wanted, found)) return { sums: wanted, changed: false };
  if (table.hasBatch && found.rows !== NO_ROWS && isEqual(await here({ through: found.newest }), found)) {
    const younger = { ...range, after: found.newest };
    const clear = () => dropBatches(ends, table, partition, younger);
    await copyRows(ends, table, partition, younger, { clear, signal });
    if (isEqual(wanted, await there())) return { sums: wanted, changed: true };
  }
  const clear = () => drop(ends, table.name, partition);
  await clear();
  if (wanted.rows !== NO_ROWS) await copyRows(ends, table, partition, range, { clear, signal });
  const carried = await there();
  if (isEqual(wanted, carried)) return { sums: wanted, changed: true };
  throw mismatch(table.name, partition, wanted, carried);
}

/** Empties a partition of the target. Settings of the server may not protect what was carried there a moment ago. */
export async function drop({ to }: Ends, table: string, partition: string): Promise<void> {
  whereOf(partition);
  await to.command(
    `ALTER TABLE ${quoted(table)} DROP PARTITION ID '${partition}' SETTINGS max_partition_size_to_drop = 0`,
  );
}

async function dropBatches({ to }: Ends, table: MovedTable, partition: string, range: Range): Promise<void> {
  await to.command(`DELETE FROM ${quoted(table.name)} WHERE ${whereOf(partition, range)}`);
}

function mismatch(table: string, partition: string, wanted: Sums, found: Sums): TrackflowError {
  const told = ({ rows, total, parity }: Sums) => `${rows} rows, sum ${total}, parity ${parity}`;
  return new TrackflowError(
    'TF_VERIFICATION',
    `partition ${partition} of ${table} differs after it was carried: ${told(wanted)} here, ${told(found)} there`,
    { hints: ['the engine of before goes on; nothing of it was changed', 'trackflow tasks list --kind engine-move'] },
  );
}
