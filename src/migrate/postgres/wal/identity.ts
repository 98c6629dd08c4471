import type { LogPlan, TablePlan } from '../../column.ts';
import type { Session } from '../connection.ts';

export interface Identity {
  /** Columns of the source that a change names its row by; empty where `why` says why there are none to rely on. */
  readonly columns: readonly string[];
  readonly why: string;
}

/**
 * By what changes of a table name their rows. A table without that must never be published: its source would refuse every
 * update from then on.
 */
export async function readIdentity(session: Session, oid: number): Promise<Identity> {
  const [row] = await session.query<{
    kind: string;
    persistence: string;
    replicaIdentity: string;
    isOurs: boolean;
    hasChildren: boolean;
    hasGenerated: boolean;
    columns: string[] | null;
  }>(
    `SELECT c.relkind AS kind, c.relpersistence AS persistence, c.relreplident AS "replicaIdentity",
       pg_has_role(c.relowner, 'USAGE') AS "isOurs",
       c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid) AS "hasChildren",
       EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attgenerated <> '' AND NOT a.attisdropped) AS "hasGenerated",
       (SELECT array_agg(a.attname::text ORDER BY k.place) FROM pg_index i
          CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, place)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = c.oid AND k.place <= i.indnkeyatts
          AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END) AS columns
     FROM pg_class c WHERE c.oid = $1`,
    [oid],
  );
  const { kind, persistence, replicaIdentity, isOurs, hasChildren, hasGenerated, columns } = row!;
  const none = (why: string): Identity => ({ columns: [], why });
  if (kind !== 'r' && kind !== 'p') return none('it is no table');
  if (persistence !== 'p') return none('it is not logged');
  if (!isOurs) return none('it belongs to another user');
  if (hasChildren) return none('others inherit from it');
  if (hasGenerated) return none('the log leaves generated columns out');
  if (columns !== null) return { columns, why: '' };
  return none(replicaIdentity === 'd' ? 'it has no primary key' : `its replica identity is ${replicaIdentity}`);
}

/** The plan for the log of `table`; a text that says why there is none. `names`: from columns of the source to the target's. */
export function logPlan(
  identity: Identity,
  table: Pick<TablePlan, 'columns'>,
  source: readonly { readonly name: string; readonly typeText: string }[],
  names: ReadonlyMap<string, string>,
): LogPlan | string {
  if (identity.why !== '') return identity.why;
  const columns = identity.columns.map((column) => ({
    column,
    plan: table.columns.find(({ name }) => name === names.get(column)),
  }));
  const unfit = columns.find(
    ({ plan }) => plan === undefined || plan.nullable || plan.store !== '{}' || plan.line === undefined,
  );
  if (unfit !== undefined) return `${unfit.column} of its identity cannot be looked up in the target`;
  return {
    identity: columns.map(({ column, plan }) => ({ column, name: plan!.name, type: plan!.wire })),
    columns: source.map(({ name, typeText }) => ({ name, type: typeText })),
  };
}
