import { isAbsolute, relative, resolve } from 'node:path';
import type { Environment } from '../config/environment.ts';
import { type HomePaths, homePaths, resolveHome } from '../config/home.ts';
import { ControlClient } from '../control/client.ts';

/** The instance that a command is about, and what its service needs to work on it and to be told. */
export interface Instance {
  readonly home: string;
  readonly paths: HomePaths;
  readonly env: Environment;
  readonly control: ControlClient;
  /** Aborted by SIGINT and SIGTERM; its reason is a TrackflowError. */
  readonly signal: AbortSignal;
  /** Progress and notes: one line on stderr. */
  readonly say: (line: string) => void;
  /** A trackflow command line about this instance, as the person can paste it here. */
  readonly commandLine: (rest: string) => string;
  /** A sentence with the trackflow commands in it written like that. */
  readonly advice: (sentence: string) => string;
}

export interface InstanceOptions {
  readonly homeFlag: string | undefined;
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** How the program was called: `process.argv[1]`. */
  readonly program: string;
  /** Every command that there is, like `config show`. */
  readonly commands: readonly string[];
}

export function openInstance({ homeFlag, env, signal, say, program, commands }: InstanceOptions): Instance {
  const home = resolveHome(homeFlag, env);
  return {
    home,
    paths: homePaths(home),
    env,
    control: new ControlClient(home, signal),
    signal,
    say,
    commandLine: (rest) => `${programName(program)} ${rest}${homeFlag ? ` --home ${shellWord(home)}` : ''}`,
    advice: (sentence) => pasteable(sentence, { program, homeFlag, commands }),
  };
}

/**
 * `sentence` with its trackflow commands as they are typed here: the program by its path in a checkout, and `--home`
 * where the person gave one, so that what is pasted does not meet another instance.
 */
export function pasteable(
  sentence: string,
  { program, homeFlag, commands }: Pick<InstanceOptions, 'program' | 'homeFlag' | 'commands'>,
): string {
  const longestFirst = commands.toSorted((a, b) => b.length - a.length).join('|');
  // A command that names its home already was made for this person, or means another instance.
  const home = homeFlag && !sentence.includes('--home ') ? ` --home ${shellWord(resolve(homeFlag))}` : '';
  return sentence.replace(
    new RegExp(`(?<![\\w./-])trackflow (${longestFirst})(?![\\w-])`, 'g'),
    (_, command: string) => `${programName(program)} ${command}${command === 'help' ? '' : home}`,
  );
}

/** `trackflow` where it is installed; the path to it in a checkout, where no PATH leads to it. */
export function programName(program: string): string {
  if (!program.endsWith('.js')) return 'trackflow';
  const path = relative(process.cwd(), resolve(program));
  return shellWord(path.startsWith('.') || isAbsolute(path) ? path : `./${path}`);
}

/** Quoted for a POSIX shell where it needs that. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
