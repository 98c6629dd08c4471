import { readFileSync, statSync } from 'node:fs';
import { TrackflowError } from '../errors/error.ts';
import { fileError } from '../errors/file-error.ts';

const OTHERS = 0o077;

/** The text of a file that `flag` names. Throws TF_PERMISSION when others may read it, and what `fileError` gives. */
export function readSecretFile(flag: string, path: string): string {
  let text: string;
  let mode: number;
  try {
    mode = statSync(path).mode;
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
  if ((mode & OTHERS) === 0) return text;
  throw new TrackflowError('TF_PERMISSION', `${flag} ${path} can be read by others`, {
    hints: [`chmod 600 ${path}`],
  });
}
