import { readFileSync, statSync } from 'node:fs';
import { TrackflowError } from '../errors/error.ts';
import { fileError } from '../errors/file-error.ts';

const OTHERS = 0o077;

/**
 * The password in the file `engine.passwordFile` names, without the line end; empty when it names none. Throws TF_CONFIG
 * when others may read it, and what `fileError` gives when we may not.
 */
export function readPasswordFile(path: string): string {
  if (path === '') return '';
  const { mode, text } = read(path);
  if ((mode & OTHERS) === 0) return text.replace(/\r?\n$/, '');
  throw new TrackflowError('TF_CONFIG', `engine.passwordFile ${path} can be read by others`, {
    hints: [`chmod 600 ${path}`],
  });
}

function read(path: string): { mode: number; text: string } {
  try {
    return { mode: statSync(path).mode, text: readFileSync(path, 'utf8') };
  } catch (cause) {
    throw fileError(cause, 'read', path, ['set engine.passwordFile to a file with the password']);
  }
}
