import { cpuSeconds } from '../../support/cpu-seconds.ts';
import type { TestDaemon } from '../../support/daemon.ts';
import { openWriter } from '../writer.ts';
import type { Measured } from './measured.ts';

const DIRECT_ROWS = 400_000;
export const DIRECT_BATCH = 10_000;
const TABLE = 'direct';

/** What ClickHouse does when nobody asks for more: an insert is answered before it is on disk. */
const UNSYNCED =
  'fsync_after_insert = 0, fsync_part_directory = 0, min_rows_to_fsync_after_merge = 0, ' +
  'min_compressed_bytes_to_fsync_after_merge = 0';

/** A table like that of the events in the engine of `daemon`, and how to insert into it without TrackFlow. */
export async function directTable(daemon: TestDaemon, { synced }: { readonly synced: boolean }) {
  const { server, endpoint } = await openWriter(daemon);
  const { user, password } = endpoint.writer;
  await server.command(`CREATE TABLE ${TABLE} AS events`);
  if (!synced) await server.command(`ALTER TABLE ${TABLE} MODIFY SETTING ${UNSYNCED}`);
  return {
    server,
    headers: { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password },
    insertUrl: (settings: string) =>
      `${endpoint.url}/?database=${endpoint.database}&${settings}&query=${encodeURIComponent(`INSERT INTO ${TABLE} FORMAT JSONEachRow`)}`,
    rows: async () => {
      const [row] = await server.query<{ rows: string }>(`SELECT toString(count()) AS rows FROM ${TABLE}`);
      return Number(row!.rows);
    },
    [Symbol.asyncDispose]: async () => {
      await server.command(`DROP TABLE ${TABLE} SYNC`);
      await server.close();
    },
  };
}

/** The rows that TrackFlow has stored, inserted again the way most people do it: JSONEachRow, one batch after another. */
export async function measureDirect(daemon: TestDaemon): Promise<Measured> {
  await using table = await directTable(daemon, { synced: true });
  const rows = await table.server.query<object>(
    `SELECT * EXCEPT batch FROM events LIMIT ${DIRECT_BATCH}`,
    {},
    { rowsMax: DIRECT_BATCH },
  );
  const body = Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'));
  const { engine } = await daemon.status();
  const before = cpuSeconds(engine.pid);
  const startedAt = performance.now();
  for (let sent = 0; sent < DIRECT_ROWS; sent += DIRECT_BATCH) {
    const answer = await fetch(table.insertUrl('async_insert=0'), { method: 'POST', headers: table.headers, body });
    if (!answer.ok) throw new Error(await answer.text());
    await answer.arrayBuffer();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const engineCpuMicros = ((cpuSeconds(engine.pid) - before) / DIRECT_ROWS) * 1e6;
  const rate = DIRECT_ROWS / seconds;
  return { eventsPerSecond: rate, storedPerSecond: rate, cpuMicros: 0, engineCpuMicros, p50Ms: 0, p99Ms: 0 };
}
