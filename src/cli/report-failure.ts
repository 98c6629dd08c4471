import { TrackflowError } from '../errors/error.ts';
import { terminalJson } from '../terminal/text.ts';
import { failureDocument, failureText } from './failure.ts';
import { pasteable } from './instance.ts';
import { PLAIN, styleFor } from './terminal/style.ts';

export interface FailedCommand {
  /** What was typed behind the command. */
  readonly argv: readonly string[];
  readonly json: boolean;
  /** Every command that there is, like `config show`. */
  readonly commands: readonly string[];
}

/** Prints a failure where it belongs: one document on stdout, or words on stderr. Returns the exit code. */
export function reportFailure(failure: TrackflowError, { argv, json, commands }: FailedCommand): number {
  if (json) {
    process.stdout.write(`${terminalJson(failureDocument(failure), 2)}\n`);
    return failure.exit;
  }
  const here = { program: process.argv[1] ?? '', homeFlag: homeIn(argv), commands };
  const hints = failure.hints.map((hint) => pasteable(hint, here));
  const style = argv.includes('--no-color') ? PLAIN : styleFor(process.stderr);
  process.stderr.write(`${failureText(new TrackflowError(failure.code, failure.message, { hints }), style)}\n`);
  return failure.exit;
}

/** Commands as they are typed, of what oclif calls them. */
export function commandNames(ids: readonly string[]): string[] {
  return ids.map((id) => id.replaceAll(':', ' '));
}

/** The value of `--home`, also where the arguments could not be parsed. */
function homeIn(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word) => word === '--home' || word.startsWith('--home='));
  if (at === -1) return undefined;
  return argv[at]!.includes('=') ? argv[at]!.slice('--home='.length) : argv[at + 1];
}
