import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { CONFIG_FILE_BYTES_MAX } from '../../config/sources.ts';
import { TrackflowError } from '../../errors/error.ts';
import { fileError } from '../../errors/file-error.ts';

const FILE_MODE = 0o600;

/**
 * The JSON object in a file of settings. Throws TF_INPUT when it holds none or is over `CONFIG_FILE_BYTES_MAX`, and what
 * `fileError` gives.
 */
export function readObject(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > CONFIG_FILE_BYTES_MAX) {
      throw new TrackflowError(
        'TF_INPUT',
        `${path} has ${size} bytes; a configuration has at most ${CONFIG_FILE_BYTES_MAX}`,
      );
    }
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof TrackflowError) throw cause;
    throw fileError(cause, 'read', path);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TrackflowError('TF_INPUT', `${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new TrackflowError('TF_INPUT', `${path} is no JSON object`);
}

/** Writes all of it or nothing, also when the machine ends in between. Throws what `fileError` gives. */
export function writeObject(path: string, value: object): void {
  const partial = `${path}.new`;
  try {
    const file = openSync(partial, 'w', FILE_MODE);
    try {
      writeSync(file, `${JSON.stringify(value, null, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(partial, path);
  } catch (cause) {
    throw fileError(cause, 'write', path);
  }
}
