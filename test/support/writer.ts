import fs from 'node:fs';
import path from 'node:path';
import { type ClickHouse, openClickHouse } from '../../src/clickhouse/client.ts';
import { READER, WRITER } from '../../src/engine/server-config.ts';
import type { TestDaemon } from './daemon.ts';

/** The embedded ClickHouse of a daemon as the user that may see everything. The caller closes it. */
export function openWriter(daemon: TestDaemon): ClickHouse {
  const file = fs.readFileSync(path.join(daemon.home, 'run/engine.json'), 'utf8');
  const kept = JSON.parse(file) as { httpPort: number; writerPassword: string; readerPassword: string };
  const endpoint = {
    url: `http://127.0.0.1:${kept.httpPort}`,
    database: 'trackflow',
    writer: { user: WRITER, password: kept.writerPassword },
    reader: { user: READER, password: kept.readerPassword },
  };
  return openClickHouse(endpoint, 'writer');
}
