import { readFile, stat } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import { TrackflowError } from '../../../errors/error.ts';
import { fileError } from '../../../errors/file-error.ts';
import { asFailure, failureText } from '../../failure.ts';
import type { Instance } from '../../instance.ts';
import { printTo } from '../../terminal/output.ts';
import type { Style } from '../../terminal/style.ts';
import { confirmed, type SqlStreams } from './confirm.ts';
import { SqlHistory } from './history.ts';
import {
  collectAnswer,
  DEFAULT_ROWS,
  type PrintOptions,
  printAnswer,
  type SqlFormat,
  type SqlResult,
} from './printers.ts';
import { SqlPrompt } from './prompt.ts';
import { type Statement, splitStatements } from './statements.ts';
import { COMMANDS, statementOf, wordsOf } from './vocabulary.ts';

/** A script is written by people; data goes in by INSERT … SELECT or over HTTP. */
const SCRIPT_BYTES_MAX = 16 * 1024 * 1024;

export interface SqlOptions {
  /** Path of a script; `-` is standard input. */
  readonly file: string | undefined;
  readonly execute: string | undefined;
  readonly write: boolean;
  readonly yes: boolean;
  readonly format: SqlFormat;
  readonly rows: number | undefined;
  readonly json: boolean;
}

export interface SqlDocument {
  readonly schema: 'trackflow.sql/1';
  readonly results: readonly SqlResult[];
}

/**
 * Runs statements and prints their answers: those of `execute`, of a file, of standard input, or what is typed at a prompt
 * where that is a terminal. Returns the document of `--json`, else nothing. A script ends at the first statement that
 * fails, with its error. Throws TF_USAGE, TF_NOT_RUNNING, TF_INPUT and what the statements end with.
 */
export async function runSql(
  instance: Instance,
  options: SqlOptions,
  streams: SqlStreams,
  style: Style,
): Promise<SqlDocument | undefined> {
  const { stdin, stdout } = streams;
  if (options.execute !== undefined && options.file !== undefined) {
    throw new TrackflowError('TF_USAGE', 'give either a file or --execute, not both');
  }
  const interactive = options.execute === undefined && options.file === undefined && stdin.isTTY === true;
  if (interactive && (options.json || !stdout.isTTY)) {
    throw new TrackflowError('TF_USAGE', 'a prompt needs a terminal for input and output, and no --json', {
      hints: ['trackflow engine sql -e "SELECT count() FROM events"', 'trackflow engine sql FILE'],
    });
  }
  // Before anybody types: without a daemon nothing can be asked.
  await instance.control.status();
  if (options.write) await confirmed(streams, options, instance.signal);
  if (interactive) {
    await openPrompt(instance, options, streams, style);
    return undefined;
  }
  const statements = await scriptOf(instance, options, stdin);
  return options.json
    ? { schema: 'trackflow.sql/1', results: await collectAll(instance, options, statements) }
    : printAll(instance, options, statements, stdout);
}

async function printAll(
  instance: Instance,
  options: SqlOptions,
  statements: readonly Statement[],
  stdout: NodeJS.WriteStream,
): Promise<undefined> {
  const printing = printOptions(instance, options, stdout);
  for (const statement of statements) {
    await at(statement, statements.length, () => {
      const format = statement.vertical ? 'vertical' : printing.format;
      return printAnswer(answerTo(instance, statement.text, options.write), { ...printing, format });
    });
  }
  return undefined;
}

async function collectAll(instance: Instance, options: SqlOptions, statements: readonly Statement[]) {
  const results: SqlResult[] = [];
  const rowsMax = options.rows ?? DEFAULT_ROWS.json;
  for (const statement of statements) {
    const ask = () => collectAnswer(answerTo(instance, statement.text, options.write), rowsMax);
    results.push(await at(statement, statements.length, ask));
  }
  return results;
}

/** The error of a script says which statement it was. */
async function at<T>({ line }: Statement, count: number, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof TrackflowError) || count === 1 || cause.who !== 'you') throw cause;
    throw new TrackflowError(cause.code, `line ${line}: ${cause.message}`, { hints: cause.hints, cause });
  }
}

function answerTo(instance: Instance, sql: string, write: boolean, signal = instance.signal): AsyncGenerator<string> {
  return instance.control.sql(sql, write, signal);
}

function printOptions(instance: Instance, options: SqlOptions, stdout: NodeJS.WriteStream): PrintOptions {
  const { format, rows } = options;
  const width = stdout.isTTY ? stdout.columns : undefined;
  return {
    format,
    rowsMax: rows ?? DEFAULT_ROWS[format],
    width,
    print: printTo(stdout, instance.signal),
    say: instance.say,
  };
}

async function scriptOf(instance: Instance, options: SqlOptions, stdin: NodeJS.ReadStream): Promise<Statement[]> {
  const text = options.execute ?? (await readScript(instance, options.file ?? '-', stdin));
  const { statements, rest, isOpen } = splitStatements(text);
  const all = isOpen ? [...statements, rest] : [...statements];
  if (all.length > 0) return all;
  throw new TrackflowError('TF_USAGE', 'no SQL was given', {
    hints: ['trackflow engine sql -e "SELECT count() FROM events"'],
  });
}

async function readScript({ signal }: Instance, file: string, stdin: NodeJS.ReadStream): Promise<string> {
  if (file === '-') {
    const read = await readText(stdin);
    signal.throwIfAborted();
    return bounded(read, Buffer.byteLength(read), 'standard input');
  }
  try {
    const { size } = await stat(file);
    return bounded(size > SCRIPT_BYTES_MAX ? '' : await readFile(file, 'utf8'), size, file);
  } catch (cause) {
    throw cause instanceof TrackflowError ? cause : fileError(cause, 'read', file);
  }
}

function bounded(text: string, bytes: number, from: string): string {
  if (bytes <= SCRIPT_BYTES_MAX) return text;
  throw new TrackflowError('TF_INPUT', `${from} has ${bytes} bytes; the most is ${SCRIPT_BYTES_MAX}`);
}

async function openPrompt(
  instance: Instance,
  options: SqlOptions,
  { stdin, stdout, stderr }: SqlStreams,
  style: Style,
): Promise<void> {
  let format = options.format;
  const { engine } = await instance.control.status();
  instance.say(
    `ClickHouse ${engine.version} (${engine.kind}) as ${options.write ? 'the writer' : 'the reader'}; \\? for help`,
  );
  const words = wordsOf((sql) => collectAnswer(answerTo(instance, sql, false), DEFAULT_ROWS.json));
  const prompt = new SqlPrompt({
    input: stdin,
    output: stdout,
    signal: instance.signal,
    prompt: options.write ? 'trackflow# ' : 'trackflow> ',
    history: new SqlHistory(instance.paths.sqlHistory, ({ message }) =>
      instance.say(`history is not kept: ${message}`),
    ),
    words,
    say: instance.say,
    command: (line) => {
      if (line === '\\x') {
        format = format === 'vertical' ? 'table' : 'vertical';
        instance.say(`rows are printed as ${format}`);
      } else if (line === '\\?') stdout.write(`${COMMANDS}\n`);
      else return statementOf(line, instance.say);
      return undefined;
    },
    execute: async (statement, vertical, signal) => {
      try {
        const printing = printOptions(instance, { ...options, format: vertical ? 'vertical' : format }, stdout);
        const begunAt = performance.now();
        await printAnswer(answerTo(instance, statement, options.write, signal), printing);
        stdout.write(`${style.dim(`${((performance.now() - begunAt) / 1_000).toFixed(3)} s`)}\n`);
      } catch (cause) {
        if (signal.aborted) instance.say('interrupted');
        else stderr.write(`${failureText(asFailure(cause, 'trackflow help engine sql'), style)}\n`);
      }
    },
  });
  await prompt.run();
}
