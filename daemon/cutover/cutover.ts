/**
 * Carries the events of a home from PostgreSQL into its engine and makes that what keeps them, while events go on to be taken.
 *
 * Promises: PostgreSQL is only read. It keeps the events until the engine has the same rows, compared slice by slice while
 * nothing is written; then one rename makes ClickHouse the store. Rows keep their batch numbers, so that a batch is known
 * to either store by the same name; before the last comparison none is in flight and none is left whose fate is open, and
 * none leaves the spool until the daemon runs with the other store.
 *
 * When anything dies in between: the next attempt looks at what is there and goes on. When the engine or the proof fails:
 * nothing has changed.
 */
import { openClickHouse } from '../../src/clickhouse/client.ts';
import { storeDatabase } from '../../src/clickhouse/postgres-tables.ts';
import type { HomePaths } from '../../src/config/home.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { TrackflowError } from '../../src/errors/error.ts';
import { TABLE_NAMES, type TableName } from '../../src/event/tables.ts';
import { openStoreSession, type StoreSession } from '../../src/postgres/session.ts';
import type { StoreAccess } from '../../src/postgres/store-access.ts';
import { claim, unmark } from '../move/claim.ts';
import { replaceSettings } from '../move/commit.ts';
import { type SwitchParts, switchOver } from '../move/switch-over.ts';
import { CLICKHOUSE, storePlace, writeStores } from '../store-place.ts';
import type { CutoverContext, CutoverParts } from '../tasks/kinds/cutover.ts';
import { extentOf, lastId, SLICE_IDS, sliceOf } from './slices.ts';
import { endStrayInserts, rowsIn, type Sides, syncSlice } from './sync-slice.ts';

const ENGINE_READY_MS = 30_000;
const STATEMENT_MS = 600_000;
/** Times that the copy runs after what came meanwhile, before the flush has to wait for the rest. */
const ROUNDS_MAX = 10;
const SETTINGS = { url: '', passwordFile: '', caFile: '' };

export interface StoreCutoverParts extends SwitchParts {
  readonly paths: HomePaths;
  readonly engine: Engine;
  /** Null: ClickHouse keeps the events. */
  readonly store: StoreAccess | null;
  /** Where the value of each key came from. */
  readonly origins: Readonly<Record<string, string>>;
}

/** Ids up to which a table was carried and proven. */
type Through = Partial<Record<TableName, string>>;

export function cutoverParts(parts: StoreCutoverParts): CutoverParts {
  return {
    prepare: (context) => connected(parts, context, ({ sides }, store) => prepare(parts, sides, store, context)),
    copy: (context) => connected(parts, context, (ends) => copy(ends, context)),
    switchOver: (context) => switchStore(parts, context),
    confirm: (context) => confirm(parts, context),
  };
}

interface Ends {
  readonly sides: Sides;
  readonly session: StoreSession;
}

/** Nothing is done where ClickHouse keeps the events: a step that was repeated after the commit. */
async function connected(
  { engine, store }: StoreCutoverParts,
  { signal }: CutoverContext,
  work: (ends: Ends, store: StoreAccess) => Promise<void>,
): Promise<void> {
  if (store === null) return;
  await engine.ready(ENGINE_READY_MS);
  const { database } = engine.endpoint;
  const from = openClickHouse({ ...engine.endpoint, database: storeDatabase(database) }, 'writer');
  const to = openClickHouse(engine.endpoint, 'writer');
  let session: StoreSession | null = null;
  try {
    session = await openStoreSession(store, STATEMENT_MS);
    const sides = { from, to, database };
    await endStrayInserts(sides);
    signal.throwIfAborted();
    await work({ sides, session }, store);
  } finally {
    await Promise.all([from.close(), to.close(), session?.close()]);
  }
}

async function prepare(
  { origins, paths }: StoreCutoverParts,
  { to }: Sides,
  store: StoreAccess,
  { log }: CutoverContext,
): Promise<void> {
  const fixed = Object.keys(SETTINGS).find((name) => origins[`store.${name}`] === 'env');
  if (fixed !== undefined) {
    throw new TrackflowError('TF_CONFIG', `store.${fixed} comes from the environment: the next start would go back`, {
      hints: ['put it into trackflow.json instead, trackflow restart, then this again'],
    });
  }
  await claim(to, paths.home, 'the engine of this home');
  // What an earlier one has carried: rows that were deleted since would be found nowhere.
  for (const table of TABLE_NAMES) await to.command(`TRUNCATE TABLE ${table} SETTINGS max_table_size_to_drop = 0`);
  log('info', 'cutover_prepared', { from: store.address.url });
}

/** The bulk, while events go on into PostgreSQL: round after round, until what is left is little. */
async function copy(ends: Ends, context: CutoverContext): Promise<void> {
  const through: Through = { ...(context.saved as Through | null) };
  for (let round = 0; round < ROUNDS_MAX; round++) {
    let left = 0n;
    for (const table of TABLE_NAMES) {
      const last = await lastId(ends.session, table);
      left += last - idIn(through, table);
      await carryThrough(ends, table, last, through, context);
    }
    if (left <= SLICE_IDS) return;
  }
}

/** Carries and proves a table up to the id `last`; what was proven by then is looked at again in `switchOver`. */
async function carryThrough(
  { sides, session }: Ends,
  table: TableName,
  last: bigint,
  through: Through,
  context: CutoverContext,
): Promise<void> {
  for (let after = idIn(through, table); after < last; ) {
    context.signal.throwIfAborted();
    const to = after + SLICE_IDS < last ? after + SLICE_IDS : last;
    const slice = await sliceOf(session, table, after, to);
    if (slice !== null) await syncSlice(sides, slice, 'whole', context.signal);
    after = to;
    through[table] = after.toString();
    context.progress(Number(after), Number(last));
    context.checkpoint(through);
  }
}

function idIn(through: Through, table: TableName): bigint {
  return BigInt(through[table] ?? 0);
}

async function switchStore(parts: StoreCutoverParts, context: CutoverContext): Promise<void> {
  if (parts.store === null) return;
  const { spool, engine, paths } = parts;
  await switchOver(parts, context, (commitProven) =>
    connected(parts, context, (ends, store) =>
      commitProven({
        prove: async () => context.log('info', 'cutover_proven', { rows: await proveEqual(ends, context) }),
        commit: () => {
          writeStores(paths.run, [storePlace(store), CLICKHOUSE]);
          replaceSettings(paths.config, 'store', SETTINGS);
          return Object.keys(SETTINGS).map((name) => `store.${name}`);
        },
        restore: () => spool.setEngine(0, engine.endpoint),
      }),
    ),
  );
}

/** Both hold the same when it returns, and do as long as the hold lasts. Returns the rows of all tables. */
async function proveEqual({ sides, session }: Ends, { signal, progress }: CutoverContext): Promise<number> {
  let total = 0;
  for (const table of TABLE_NAMES) {
    const { rows, last } = await extentOf(session, table);
    for (let after = 0n; after < last; after += SLICE_IDS) {
      signal.throwIfAborted();
      const slice = await sliceOf(session, table, after, after + SLICE_IDS);
      if (slice !== null) await syncSlice(sides, slice, 'rows', signal);
      progress(Number(after), Number(last));
    }
    const found = await rowsIn(sides, table);
    if (found !== rows) {
      throw new TrackflowError(
        'TF_VERIFICATION',
        `${table} has ${rows} rows in PostgreSQL and ${found} in ClickHouse: another daemon writes there, or rows were deleted`,
        { hints: ['PostgreSQL goes on to keep the events; nothing of it was changed'] },
      );
    }
    total += rows;
  }
  return total;
}

/** In the daemon whose store is ClickHouse. */
async function confirm({ engine, store }: StoreCutoverParts, { log }: CutoverContext): Promise<void> {
  if (store !== null) throw new TrackflowError('TF_CONFIG', 'the configuration names PostgreSQL again');
  await engine.ready(ENGINE_READY_MS);
  const client = openClickHouse(engine.endpoint, 'writer');
  try {
    await unmark(client);
  } finally {
    await client.close();
  }
  log('info', 'cutover_done');
}
