import { withoutSecrets } from '../access/redact.ts';
import { TrackflowError } from '../errors/error.ts';
import { terminalLines } from '../terminal/text.ts';
import type { Style } from './terminal/style.ts';

/** The one document of a command that failed under `--json`. */
export interface FailureDocument {
  readonly schema: 'trackflow.error/1';
  readonly ok: false;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly exit: number;
    readonly hints: readonly string[];
  };
}

/** Whatever a command threw, as an error of the catalogue: mistakes of typing are TF_USAGE, surprises TF_FAILED. */
export function asFailure(thrown: unknown, helpCommand: string): TrackflowError {
  if (thrown instanceof TrackflowError) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (isUsageError(error)) {
    const message = error.message.replace(/\n?See more help with --help$/, '');
    return new TrackflowError('TF_USAGE', message, { hints: [helpCommand], cause: error });
  }
  return new TrackflowError('TF_FAILED', `this should not have happened: ${error.message}`, {
    hints: ['DEBUG=* before the command prints where'],
    cause: error,
  });
}

/** For `--json`. */
export function failureDocument(failure: TrackflowError): FailureDocument {
  const { code, message, exit, hints } = failure;
  return {
    schema: 'trackflow.error/1',
    ok: false,
    error: { code, message: withoutSecrets(message), exit, hints: hints.map(withoutSecrets) },
  };
}

/** For people: what went wrong, then what to do, last because that is what stays in view. */
export function failureText(failure: TrackflowError, style: Style): string {
  const lines = [
    `${style.bad('error')}: ${terminalLines(withoutSecrets(failure.message))} ${style.dim(`(${failure.code})`)}`,
  ];
  for (const hint of failure.hints) lines.push(`  ${style.dim('try')}: ${terminalLines(withoutSecrets(hint))}`);
  return lines.join('\n');
}

/** Errors of oclif's parser: unknown or missing flags and arguments, values that do not fit. */
function isUsageError(error: Error): boolean {
  return 'parse' in error || ('oclif' in error && (error.oclif as { exit?: number } | undefined)?.exit === 2);
}
