import { TrackflowError } from '../errors/error.ts';
import type { TablePlan } from './column.ts';
import type { MigrationMap, TableMap } from './map-file.ts';
import type { MigrationPlan } from './plan.ts';
import { findTable, listTables, type Relation, readRelation, readServer } from './postgres/catalog.ts';
import type { Session } from './postgres/connection.ts';
import { type Identity, readIdentity } from './postgres/wal/identity.ts';
import { whyNoSlot } from './postgres/wal/slot.ts';
import { genericPlan } from './presets/generic.ts';
import { STREAMTRACK_TABLE, streamtrackPlan } from './presets/streamtrack.ts';
import { TRACKFLOW_TABLE, trackflowPlan } from './presets/trackflow.ts';
import { umamiPlan } from './presets/umami.ts';

export const PRESETS = ['generic', 'trackflow', 'streamtrack', 'umami'] as const;
export type Preset = (typeof PRESETS)[number];

/** What a person asked for, as far as the plan goes. */
export interface PlanRequest {
  readonly preset: Preset;
  /** Names as typed; empty: all of the preset. */
  readonly tables: readonly string[];
  /** Another name for the one table. */
  readonly into: string | null;
  readonly map: MigrationMap | null;
  /** `VALUE` or `COLUMN=VALUE`. */
  readonly since: string | null;
  /** Account of events whose source has none. */
  readonly account: string;
  /** Whether changes are to be followed: by the source's log where it gives one. */
  readonly follow?: boolean;
}

/** Looks at the source and decides everything. Writes nothing. Throws TF_INPUT for what cannot be copied as asked. */
export async function makePlan(session: Session, request: PlanRequest): Promise<MigrationPlan> {
  const server = await readServer(session);
  const tables =
    request.preset === 'generic' ? await genericPlans(session, request) : [await presetPlan(session, request)];
  const targets = tables.map(({ target }) => target);
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice !== undefined) {
    throw new TrackflowError('TF_INPUT', `two tables would go into ${twice}`, {
      hints: ['give one of them another name: --map FILE with into'],
    });
  }
  return { server, tables };
}

async function genericPlans(session: Session, request: PlanRequest): Promise<TablePlan[]> {
  const { tables, into, map, since } = request;
  if (into !== null && tables.length !== 1)
    throw new TrackflowError('TF_USAGE', '--into names the target of one --table; --map gives names to several');
  const oids = tables.length === 0 ? [...(await listTables(session))] : [];
  for (const name of tables) oids.push(await findTable(session, name));
  const noSlot = request.follow ? await whyNoSlot(session) : '';
  const relations: Relation[] = [];
  const wanted: { relation: Relation; said: TableMap | undefined; identity: Identity | undefined }[] = [];
  for (const oid of oids) {
    const relation = await readRelation(session, Number(oid));
    relations.push(relation);
    const said = mapOf(map, relation);
    if (said?.skip === true) continue;
    const found = noSlot === '' ? () => readIdentity(session, Number(oid)) : () => ({ columns: [], why: noSlot });
    wanted.push({ relation, said, identity: request.follow ? await found() : undefined });
  }
  if (wanted.length === 0) throw new TrackflowError('TF_INPUT', 'the source has no tables to copy');
  refuseUnused(map, relations);
  return wanted.map(({ relation, said, identity }) =>
    genericPlan(relation, {
      identity,
      into: into ?? undefined,
      map: said,
      since: since === null ? undefined : parseSince(since),
    }),
  );
}

async function presetPlan(session: Session, request: PlanRequest): Promise<TablePlan> {
  if (request.into !== null || request.map !== null)
    throw new TrackflowError(
      'TF_USAGE',
      `--preset ${request.preset} goes into the events of this instance: --into and --map have no meaning`,
    );
  const named = async (name: string) => readRelation(session, await findTable(session, name));
  const plan = await planOf(named, request);
  if (request.since === null) return plan;
  const time = request.preset === 'trackflow' ? 'occurred_at' : 'created_at';
  const { value } = parseSince(request.since);
  return { ...plan, where: `(t.${time} >= '${value.replaceAll("'", "''")}')` };
}

async function planOf(
  named: (name: string) => Promise<Relation>,
  { preset, tables, account }: PlanRequest,
): Promise<TablePlan> {
  const [table] = tables;
  if (tables.length > 1) throw new TrackflowError('TF_USAGE', `--preset ${preset} reads one table`);
  if (preset === 'trackflow') return trackflowPlan(await named(table ?? TRACKFLOW_TABLE));
  if (preset === 'streamtrack') return streamtrackPlan(await named(table ?? STREAMTRACK_TABLE), account);
  const perhaps = (name: string) => named(name).catch(() => null);
  return umamiPlan({
    websiteEvent: await named(table ?? 'website_event'),
    session: await named('session'),
    eventData: await perhaps('event_data'),
    revenue: await perhaps('revenue'),
  });
}

function mapOf(map: MigrationMap | null, { schema, name }: Relation): TableMap | undefined {
  return map?.tables[`${schema}.${name}`];
}

function refuseUnused(map: MigrationMap | null, relations: readonly Relation[]): void {
  const names = relations.map(({ schema, name }) => `${schema}.${name}`);
  const unused = Object.keys(map?.tables ?? {}).find((name) => !names.includes(name));
  if (unused !== undefined)
    throw new TrackflowError(
      'TF_INPUT',
      `--map: there is no table ${JSON.stringify(unused)} among those to copy: ${names.join(', ')}`,
    );
}

/** A time has no `=` in it. */
function parseSince(text: string): { readonly column: string | null; readonly value: string } {
  const at = text.indexOf('=');
  return at < 0 ? { column: null, value: text } : { column: text.slice(0, at), value: text.slice(at + 1) };
}
