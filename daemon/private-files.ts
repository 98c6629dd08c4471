import fs from 'node:fs';
import path from 'node:path';
import type { HomePaths } from '../src/config/home.ts';
import { TrackflowError } from '../src/errors/error.ts';

const OTHERS = 0o077;

/**
 * Refuses to start over files with secrets that other users can open: salts and digests in `state.db`, passwords and keys
 * in `run/` and `acme/`. Somebody may have read them already, so this is for a person to look at, not to mend in silence.
 * In a home that is closed itself nobody gets at them. Throws TF_PERMISSION naming each.
 */
export function refuseOpenFiles(paths: HomePaths): void {
  if ((fs.statSync(paths.home).mode & OTHERS) === 0) return;
  const candidates = [
    ...['', '-wal', '-shm'].map((end) => `${paths.state}${end}`),
    path.join(paths.run, 'engine.json'),
    path.join(paths.home, 'acme'),
  ];
  const open = candidates.filter((file) => ((fs.statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & OTHERS) !== 0);
  if (open.length === 0) return;
  throw new TrackflowError('TF_PERMISSION', `open to other users, with secrets in: ${open.join(' ')}`, {
    hints: ['trackflow doctor --fix closes them', 'keys that others may have seen: trackflow keys rotate'],
  });
}
