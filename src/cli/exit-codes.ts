import { ERRORS } from '../errors/error.ts';
import { table } from './terminal/table.ts';

export interface ExitCode {
  readonly exit: number;
  readonly meaning: string;
  /** Codes of errors that end with it; empty for codes that are no error. */
  readonly errors: readonly string[];
}

const MEANINGS: ReadonlyMap<number, string> = new Map([
  [0, 'done; status: running'],
  [1, 'failed, or a defect; status: dead, its file was left; doctor: a check failed'],
  [2, 'typed wrong: a command, a flag, an argument or what was meant'],
  [3, 'not running'],
  [4, 'state unknown: something is there that does not answer'],
  [5, 'degraded (status --strict, cluster status)'],
  [64, 'configuration is not valid'],
  [65, 'input data or SQL is not valid'],
  [69, 'something needed is not available: ClickHouse, Docker, image, port, home, schema'],
  [73, 'cannot create a file or directory'],
  [74, 'input or output failed'],
  [75, 'not in time; try again'],
  [77, 'no permission'],
  [78, 'verification failed'],
  [79, 'a bound of --slo was missed (loadtest)'],
  [130, 'interrupted (SIGINT)'],
  [143, 'terminated (SIGTERM)'],
]);

/** Every exit code with its meaning, ascending. */
export function exitCodes(): readonly ExitCode[] {
  return [...MEANINGS].map(([exit, meaning]) => {
    const errors = Object.entries(ERRORS).filter(([, error]) => error.exit === exit);
    return { exit, meaning, errors: errors.map(([code]) => code) };
  });
}

/** The table with the errors that end with each code. */
export function exitCodeTable(): string {
  const columns = [{ title: 'EXIT', right: true }, { title: 'MEANING' }, { title: 'ERRORS' }];
  const rows = exitCodes().map(({ exit, meaning, errors }) => [String(exit), meaning, errors.join(' ')]);
  return table(columns, rows);
}

/** The same in lines short enough for `trackflow help exit-codes`. */
export function exitCodeLines(): string {
  return exitCodes()
    .map(({ exit, meaning }) => `${String(exit).padStart(3)}  ${meaning}`)
    .join('\n');
}
