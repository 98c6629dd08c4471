import type { StoreSession } from '../../../src/postgres/session.ts';
import { STORE_SCHEMA } from '../../../src/postgres/store-access.ts';

/** Whom to erase: a visitor or a user, of one account or all. */
export interface Person {
  readonly account: string | null;
  readonly visitorId: string | null;
  readonly userId: string | null;
}

/**
 * Deletes the rows of a person from the tables in PostgreSQL and vacuums those that had any, so that the rows leave the
 * tables' pages; what backups and write-ahead logs of that server hold is its operator's. Returns how many rows of each table.
 */
export async function eraseFromStore(
  open: () => Promise<StoreSession>,
  tables: readonly { readonly name: string }[],
  { account, visitorId, userId }: Person,
): Promise<Record<string, number>> {
  const who = visitorId === null ? 'user_id = $1' : 'visitor_id = $1';
  const condition = account === null ? who : `${who} AND account = $2`;
  const params = [visitorId ?? userId, ...(account === null ? [] : [account])];
  const session = await open();
  try {
    const erased: Record<string, number> = {};
    for (const { name } of tables) {
      const table = `${STORE_SCHEMA}.${name}`;
      const [found] = await session.query<{ rows: number }>(
        `WITH gone AS (DELETE FROM ${table} WHERE ${condition} RETURNING 1) SELECT count(*)::float8 AS rows FROM gone`,
        params,
      );
      erased[name] = found!.rows;
      if (found!.rows > 0) await session.query(`VACUUM ${table}`);
    }
    return erased;
  } finally {
    await session.close();
  }
}
