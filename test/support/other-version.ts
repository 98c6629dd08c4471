import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..', '..');

/** An installation beside the checkout's: the same program with one more migration, as the next version would bring it. */
export interface OtherVersion extends Disposable {
  readonly root: string;
  /** Number of its newest migration of ClickHouse. */
  readonly schema: number;
}

/** Copies the built program and adds `sql` as the next migration of ClickHouse. */
export function nextVersion(sql: string): OtherVersion {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'trackflow-next-'));
  for (const entry of ['dist', 'schema', 'package.json']) {
    fs.cpSync(path.join(ROOT, entry), path.join(root, entry), { recursive: true });
  }
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(root, 'node_modules'));
  const folder = path.join(root, 'schema', 'clickhouse');
  const schema = 1 + Math.max(...fs.readdirSync(folder).map((name) => Number.parseInt(name, 10) || 0));
  fs.writeFileSync(path.join(folder, `${String(schema).padStart(4, '0')}-next.sql`), sql);
  return { root, schema, [Symbol.dispose]: () => fs.rmSync(root, { recursive: true, force: true }) };
}
