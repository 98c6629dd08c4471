import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import { allocateSessions, dumpSessions, restoreSessions } from './enrich/ids/session.ts';

const SEED_MAX = 2 ** 31;

/** The sessions' table, with what a clean stop left in `file`. After a kill running sessions begin anew. */
export function loadSessions(file: string): SharedArrayBuffer {
  const sessions = allocateSessions(randomInt(1, SEED_MAX));
  if (fs.existsSync(file)) {
    restoreSessions(sessions, fs.readFileSync(file));
    // Used once: an older state than the last must not come back after a kill.
    fs.rmSync(file);
  }
  return sessions;
}

export function saveSessions(file: string, sessions: SharedArrayBuffer): void {
  fs.writeFileSync(file, dumpSessions(sessions), { mode: 0o600 });
}
