import fs from 'node:fs';
import path from 'node:path';
import { type ClickHouse, openClickHouse } from '../../src/clickhouse/client.ts';
import type { Endpoint } from '../../src/clickhouse/endpoint.ts';
import type { TestDaemon } from '../support/daemon.ts';

/** The engine of a running daemon, as the user that may do everything. Close `server` when done. */
export async function openWriter(daemon: TestDaemon): Promise<{ server: ClickHouse; endpoint: Endpoint }> {
  const { writerPassword } = JSON.parse(fs.readFileSync(path.join(daemon.home, 'run', 'engine.json'), 'utf8'));
  const { engine } = await daemon.status();
  const writer = { user: 'trackflow', password: writerPassword };
  const endpoint: Endpoint = { url: engine.url, database: 'trackflow', writer, reader: writer };
  return { server: openClickHouse(endpoint, 'writer'), endpoint };
}
