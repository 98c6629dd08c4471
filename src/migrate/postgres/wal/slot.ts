/**
 * Slot and publication of a migration in its source: the only things that are ever made there.
 *
 * A slot keeps the source from deleting its log, however long nobody reads it: whoever makes one has to see to it that it
 * goes. `dropLeft` finds those of migrations that could not, by their name.
 */
import { TrackflowError } from '../../../errors/error.ts';
import type { TablePlan } from '../../column.ts';
import {
  openReplication,
  openSession,
  type ReplicationSession,
  type Session,
  type SourceAccess,
} from '../connection.ts';
import { sqlName, sqlText } from '../quote.ts';
import { parseLsn } from './lsn.ts';

const PREFIX = 'trackflow_migrate_';
const DROP_WAIT_MS = 10_000;
const DROP_POLL_MS = 100;

/** Slot and publication have one name. */
export function slotName(job: number): string {
  return `${PREFIX}${job}`;
}

export interface NewSlot {
  readonly name: string;
  /** Everything committed before is in the snapshot, everything after it in the slot. */
  readonly lsn: bigint;
  readonly snapshot: string;
  /** The snapshot lasts until this is closed or asked anything. */
  readonly session: ReplicationSession;
}

/** Makes publication and slot, those of an earlier attempt replaced. The caller closes the session. */
export async function createSlot(
  access: SourceAccess,
  name: string,
  tables: readonly TablePlan[],
  now: () => number,
): Promise<NewSlot> {
  await dropSlot(access, name);
  const writer = await openSession(access, { mayWrite: true });
  try {
    await writer.query(
      `CREATE PUBLICATION ${sqlName(name)} FOR TABLE ${tables.map(({ source }) => source).join(', ')} WITH (publish_via_partition_root = true)`,
    );
  } finally {
    await writer.close();
  }
  const session = await openReplication(access, now);
  try {
    const [made] = await session.query<{ consistent_point: string; snapshot_name: string }>(
      `CREATE_REPLICATION_SLOT ${sqlName(name)} LOGICAL pgoutput EXPORT_SNAPSHOT`,
    );
    return { name, lsn: parseLsn(made!.consistent_point), snapshot: made!.snapshot_name, session };
  } catch (cause) {
    await session.close();
    await dropSlot(access, name).catch(() => {});
    throw cause;
  }
}

/** Drops both, whichever is there; whoever still reads the slot is cut off. Rejects when it stays in use. */
export async function dropSlot(access: SourceAccess, name: string): Promise<void> {
  const session = await openSession(access, { mayWrite: true });
  try {
    for (let waited = 0; ; waited += DROP_POLL_MS) {
      const [slot] = await session.query<{ pid: number | null }>(
        'SELECT active_pid AS pid FROM pg_replication_slots WHERE slot_name = $1',
        [name],
      );
      if (slot === undefined) break;
      if (slot.pid === null) {
        await session.query('SELECT pg_drop_replication_slot($1)', [name]);
        break;
      }
      if (waited >= DROP_WAIT_MS)
        throw new TrackflowError('TF_TIMEOUT', `the slot ${name} of the source stays in use (process ${slot.pid})`);
      await session.query('SELECT pg_terminate_backend($1)', [slot.pid]);
      await new Promise((resolve) => setTimeout(resolve, DROP_POLL_MS));
    }
    await session.query(`DROP PUBLICATION IF EXISTS ${sqlName(name)}`);
  } finally {
    await session.close();
  }
}

/** Drops what migrations have left that nobody reads any more. Returns their names. */
export async function dropLeft(access: SourceAccess): Promise<readonly string[]> {
  const session = await openSession(access);
  let names: readonly string[];
  try {
    const rows = await session.query<{ name: string }>(
      `SELECT slot_name AS name FROM pg_replication_slots WHERE starts_with(slot_name, '${PREFIX}') AND NOT active AND database = current_database()
       UNION SELECT pubname::text FROM pg_publication WHERE starts_with(pubname::text, '${PREFIX}')
         AND pubname NOT IN (SELECT slot_name FROM pg_replication_slots WHERE active) ORDER BY 1`,
    );
    names = rows.map(({ name }) => name);
  } finally {
    await session.close();
  }
  for (const name of names) await dropSlot(access, name);
  return names;
}

export interface SlotState {
  /** Where the log ends now. */
  readonly end: bigint;
  /** Bytes of log that the slot keeps from being deleted; null: there is no such slot, or the server took its log away. */
  readonly kept: number | null;
}

export async function slotState(session: Session, name: string): Promise<SlotState> {
  const [row] = await session.query<{ end: string; kept: number | null }>(
    `SELECT pg_current_wal_lsn()::text AS end, (SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8
       FROM pg_replication_slots WHERE slot_name = ${sqlText(name)} AND wal_status IS DISTINCT FROM 'lost') AS kept`,
  );
  return { end: parseLsn(row!.end), kept: row!.kept };
}

/** Why the source gives no slot for changes; empty where it does. */
export async function whyNoSlot(session: Session): Promise<string> {
  const [row] = await session.query<{
    level: string;
    replica: boolean;
    role: boolean;
    create: boolean;
    free: number;
    encoding: string;
  }>(
    `SELECT current_setting('wal_level') AS level, pg_is_in_recovery() AS replica, rolsuper OR rolreplication AS role,
       has_database_privilege(current_database(), 'CREATE') AS create, current_setting('server_encoding') AS encoding,
       current_setting('max_replication_slots')::int - (SELECT count(*)::int FROM pg_replication_slots) AS free
     FROM pg_roles WHERE rolname = current_user`,
  );
  const { level, replica, role, create, free, encoding } = row!;
  if (replica) return 'the source is a read replica';
  if (level !== 'logical') return `wal_level of the source is ${level}, not logical`;
  if (!role) return 'the user of the source lacks the attribute REPLICATION';
  if (!create) return 'the user of the source may not CREATE a publication in its database';
  if (free <= 0) return 'all of max_replication_slots of the source are taken';
  // Its texts are of no known encoding, and travel as bytes only by COPY.
  return encoding === 'SQL_ASCII' ? 'the source is encoded as SQL_ASCII' : '';
}
