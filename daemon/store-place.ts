/**
 * Where the rows of a home are kept, ClickHouse or a PostgreSQL, written to `run/store.json` when that first could be used: so
 * that a start with another setting cannot leave half of the events elsewhere, nor bring back a store from which they were
 * moved.
 *
 * Always true: a batch is sent nowhere before its store is named here; while a cutover commits both are named, because either
 * may be the one when the process dies.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSecret } from '../src/engine/engine-file.ts';
import { TrackflowError } from '../src/errors/error.ts';
import { errnoOf, fileError } from '../src/errors/file-error.ts';
import type { StoreAccess } from '../src/postgres/store-access.ts';

export const CLICKHOUSE = 'ClickHouse';

/** A store as one word. Whose rights are used does not change where the rows lie. */
export function storePlace(store: Pick<StoreAccess, 'address'> | null): string {
  if (store === null) return CLICKHOUSE;
  const { host, port, database } = store.address;
  return `postgres://${host}:${port}/${database}`;
}

/** Throws TF_CONFIG when the rows lie elsewhere. `hasRows`: whether an earlier version, which knew ClickHouse alone, has stored any. */
export function checkStore(run: string, store: StoreAccess | null, hasRows: boolean): void {
  const kept = readStores(run) ?? (hasRows ? [CLICKHOUSE] : null);
  const wanted = storePlace(store);
  if (kept === null || kept.includes(wanted)) return;
  throw new TrackflowError('TF_CONFIG', `the events of this home are in ${kept.join(' or ')}, not in ${wanted}`, {
    hints: [
      kept.includes(CLICKHOUSE)
        ? 'leave out --store, TRACKFLOW_STORE_URL and store.url'
        : `say so: --store ${kept[0]}, or store.url in trackflow.json`,
      ...(store === null ? ['to carry them: trackflow migrate pg-to-clickhouse --preset trackflow --cutover'] : []),
      `to begin with an empty store all the same: rm ${storeFile(run)}`,
    ],
  });
}

/** From now on the rows are here, or in one of these. */
export function writeStores(run: string, places: readonly string[]): void {
  if (readStores(run)?.join() === places.join()) return;
  writeSecret(storeFile(run), `${JSON.stringify({ events: places })}\n`);
}

function storeFile(run: string): string {
  return join(run, 'store.json');
}

/** Null before the first batch had anywhere to go. Throws TF_IO and what `fileError` gives. */
export function readStores(run: string): readonly string[] | null {
  const path = storeFile(run);
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { events: readonly string[] }).events;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return null;
    if (!(cause instanceof SyntaxError)) throw fileError(cause, 'read', path);
    throw new TrackflowError('TF_IO', `${path} holds no JSON: it was damaged or is not ours`, { cause });
  }
}
