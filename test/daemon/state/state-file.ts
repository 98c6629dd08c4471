import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openStateDatabase, type StateDatabase } from '../../../daemon/state/database.ts';
import { packageRoot } from '../../../src/package-root.ts';

export const STATE_SCHEMA = path.join(packageRoot(), 'schema', 'state');

/** A state.db in a folder of its own. `reopen` closes and opens it, as a restart does. */
export class StateFile {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'trackflow-state-'));
  readonly file = path.join(this.folder, 'state.db');
  db: StateDatabase = openStateDatabase(this.file, STATE_SCHEMA);

  reopen(): StateDatabase {
    this.db.close();
    this.db = openStateDatabase(this.file, STATE_SCHEMA);
    return this.db;
  }

  remove(): void {
    this.db.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
