import type { ClickHouse } from '../../src/clickhouse/client.ts';
import { TrackflowError } from '../../src/errors/error.ts';

/** A table that says: what lies here was carried here by a move that is not over, from this home. */
export const MARK = 'trackflow_moving';

const MAKE = `CREATE TABLE IF NOT EXISTS ${MARK} (home String) ENGINE = MergeTree ORDER BY home
 SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`;

/**
 * Marks an empty database as the target of a move from `home`, or finds that mark. What is found under it may be deleted
 * and copied anew; anything else is somebody's data: rejects with TF_INPUT.
 */
export async function claim(to: ClickHouse, home: string, where: string): Promise<void> {
  const marked = await to.query(
    'SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = {mark:String}',
    {
      mark: MARK,
    },
  );
  if (marked.length === 0) await refuseUnlessEmpty(to, where);
  await to.command(MAKE);
  const owners = await to.query<{ home: string }>(`SELECT DISTINCT home FROM ${MARK}`);
  const other = owners.find((owner) => owner.home !== home);
  if (other !== undefined) {
    throw new TrackflowError('TF_INPUT', `data of ${other.home} is being carried to ${where}`, {
      hints: [`if that move was given up: DROP TABLE ${MARK} there, and the rows with it`],
    });
  }
  if (owners.length === 0) await to.command(`INSERT INTO ${MARK} SELECT {home:String}`, { home });
}

/** The move is over: what lies there is data like any other. */
export async function unmark(to: ClickHouse): Promise<void> {
  await to.command(`DROP TABLE IF EXISTS ${MARK}`);
}

async function refuseUnlessEmpty(to: ClickHouse, where: string): Promise<void> {
  const [found] = await to.query<{ rows: number }>(
    `SELECT toFloat64(sum(total_rows)) AS rows FROM system.tables
     WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name != 'schema_migrations'`,
  );
  if (!found?.rows) return;
  throw new TrackflowError('TF_INPUT', `${where} holds ${found.rows} rows already: a move needs an empty place`, {
    hints: ['look at them, then delete them if they are of no use: that is how an engine of before is found'],
  });
}
