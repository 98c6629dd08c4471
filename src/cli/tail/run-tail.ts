import { harmlessJson } from '../../terminal/text.ts';
import type { Instance } from '../instance.ts';
import { printTo } from '../terminal/output.ts';
import type { Style } from '../terminal/style.ts';
import { FilterChoice } from './filter-choice.ts';
import { TailKeys } from './keys.ts';
import { TailTable } from './table.ts';
import { tail } from './tail.ts';

/** Columns of the table where nobody says how wide it may be: a pipe or a file. */
const WIDTH_ELSEWHERE = 160;

export interface TailStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Joins stream, screen and keys; returns when the person has seen enough. */
export async function runTail(
  instance: Instance,
  filters: readonly string[],
  { json, style, streams }: { readonly json: boolean; readonly style: Style; readonly streams: TailStreams },
): Promise<void> {
  const { stdin, stdout, stderr } = streams;
  const choice = new FilterChoice(filters);
  const end = new AbortController();
  const print = printTo(stdout, instance.signal);
  const table = new TailTable(print, () => stdout.columns ?? WIDTH_ELSEWHERE, style);
  if (json || !stdin.isTTY || !stdout.isTTY) {
    const show = json ? (line: string) => print(harmlessJson(line)) : (line: string) => table.show(line);
    return tail(instance, { choice, show, end: end.signal });
  }
  const keys = new TailKeys({ input: stdin, output: stderr, choice, onEnd: () => end.abort() });
  try {
    instance.say('accepted events as they come: / changes the filter, q ends');
    const show = async (line: string) => {
      await keys.quiet();
      await table.show(line);
    };
    // What is said would stand in the middle of a prompt, too.
    const say = (line: string) => void keys.quiet().then(() => instance.say(line));
    await tail({ ...instance, say }, { choice, show, end: end.signal });
  } finally {
    keys.close();
  }
}
