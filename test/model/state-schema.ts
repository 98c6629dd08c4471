import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { STATE_SCHEMA } from '../daemon/state/state-file.ts';

/** A state.db in memory, with every step of its schema: a disk is what the simulation plays. */
export function stateInMemory(): Database.Database {
  const db = new Database(':memory:');
  for (const step of fs.readdirSync(STATE_SCHEMA).sort()) {
    db.exec(fs.readFileSync(path.join(STATE_SCHEMA, step), 'utf8'));
  }
  return db;
}
