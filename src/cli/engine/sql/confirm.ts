import { createInterface } from 'node:readline/promises';
import { TrackflowError } from '../../../errors/error.ts';

export interface SqlStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/**
 * Asks once whether statements may change and delete; `yes` is the answer already. Throws TF_USAGE when it is no, or when
 * nobody can be asked.
 */
export async function confirmed(
  { stdin, stdout, stderr }: SqlStreams,
  { yes }: { readonly yes: boolean },
  signal: AbortSignal,
): Promise<void> {
  if (yes) return;
  if (!stdin.isTTY || !stdout.isTTY) throw refused('--write needs --yes where nobody can be asked');
  const asker = createInterface({ input: stdin, output: stderr });
  try {
    const question = 'Statements run as the user that may change and delete every event. Go on? [y/N] ';
    const answer = await asker.question(question, { signal }).catch(() => {
      signal.throwIfAborted();
      return '';
    });
    if (!/^y(es)?$/i.test(answer.trim())) throw refused('nothing was run');
  } finally {
    asker.close();
  }
}

function refused(message: string): TrackflowError {
  return new TrackflowError('TF_USAGE', message, { hints: ['trackflow engine sql --write --yes'] });
}
