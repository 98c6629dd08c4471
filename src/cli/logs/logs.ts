import { TrackflowError } from '../../errors/error.ts';
import { terminalJson, terminalText } from '../../terminal/text.ts';
import type { Instance } from '../instance.ts';
import type { Print } from '../terminal/output.ts';
import type { Style } from '../terminal/style.ts';
import { type EntryFilter, parseEntry, passes } from './entry.ts';
import { followLines, recentLines } from './follow.ts';
import { entryDocument, entryText } from './screen.ts';
import { daemonLog, engineLog } from './sources.ts';

export interface LogsOptions {
  /** The engine's own log, as it writes it; nothing but `grep` narrows it. */
  readonly engine: boolean;
  readonly follow: boolean;
  readonly count: number;
  readonly filter: EntryFilter;
  readonly grep: string;
  readonly json: boolean;
}

/** What is printed for a line; undefined for one that is left out. */
type Show = (line: string) => string | undefined;

/** Prints the last lines of a log, and with `follow` the coming ones until the instance's signal aborts. */
export async function logs(instance: Instance, options: LogsOptions, style: Style, print: Print): Promise<void> {
  const { paths, signal, say } = instance;
  const source = options.engine ? engineLog(paths.logs) : daemonLog(paths.logs);
  const show = options.engine ? engineShow(options) : daemonShow(options, style);
  const { lines, reader } = recentLines(source, options.count, (line) => show(line) !== undefined);
  if (reader === undefined) say(`nothing is logged yet in ${paths.logs}`);
  else if (lines.length === 0 && !options.follow) say(`no line of the log in ${paths.logs} is one of those`);
  try {
    for (const line of lines) await print(show(line)!);
  } finally {
    if (!options.follow) reader?.close();
  }
  if (!options.follow) return;
  for await (const line of followLines(source, reader, signal)) {
    const shown = show(line);
    if (shown !== undefined) await print(shown);
  }
}

function daemonShow({ filter, grep, json }: LogsOptions, style: Style): Show {
  const pattern = patternOf(grep);
  return (line) => {
    const entry = parseEntry(line);
    if (entry === undefined || !passes(entry, filter) || !pattern.test(line)) return undefined;
    return json ? terminalJson(entryDocument(entry)) : entryText(entry, style);
  };
}

function engineShow({ grep, json }: LogsOptions): Show {
  const pattern = patternOf(grep);
  return (line) => {
    if (!pattern.test(line)) return undefined;
    return json ? terminalJson({ line }) : terminalText(line);
  };
}

/** Ignores case where the pattern has no capital letter. Throws TF_USAGE. */
function patternOf(grep: string): RegExp {
  try {
    return new RegExp(grep, /\p{Lu}/u.test(grep) ? 'u' : 'iu');
  } catch (cause) {
    throw new TrackflowError('TF_USAGE', `--grep: ${(cause as Error).message}`, { cause });
  }
}
