import { withoutSecrets } from '../access/redact.ts';
import { TrackflowError } from '../errors/error.ts';
import { terminalLines } from '../terminal/text.ts';
import type { Style } from './terminal/style.ts';
import { usageMessage } from './usage-message.ts';

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
  const usage = usageMessage(thrown);
  if (usage !== undefined) {
    const code = thrown instanceof TrackflowError ? thrown.code : 'TF_USAGE';
    return new TrackflowError(code, usage, { hints: [helpCommand], cause: thrown });
  }
  if (thrown instanceof TrackflowError) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
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
