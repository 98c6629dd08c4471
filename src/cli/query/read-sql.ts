import { addAbortSignal, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { TrackflowError } from '../../errors/error.ts';

/** The statement: the argument, or standard input when it is `-` or missing. Throws TF_USAGE when there is none. */
export async function readSql(
  argument: string | undefined,
  stdin: Readable & { readonly isTTY?: boolean },
  signal: AbortSignal,
): Promise<string> {
  const fromStdin = argument === undefined || argument === '-';
  if (fromStdin && stdin.isTTY === true) throw missing();
  const sql = fromStdin ? await readAll(stdin, signal) : argument;
  if (sql.trim() === '') throw missing();
  return sql;
}

async function readAll(stdin: Readable, signal: AbortSignal): Promise<string> {
  try {
    return await text(addAbortSignal(signal, stdin));
  } catch (cause) {
    signal.throwIfAborted();
    throw cause;
  }
}

function missing(): TrackflowError {
  return new TrackflowError('TF_USAGE', 'no SQL was given', {
    hints: [`trackflow query "SELECT name, count() FROM events GROUP BY name"`, 'echo "SELECT 1" | trackflow query -'],
  });
}
