/**
 * The prompt of `trackflow engine sql` on a terminal: lines are edited and remembered by readline; a statement ends with
 * `;` or `\G` and may take several lines.
 *
 * Always true: one statement at a time; what is typed or pasted meanwhile waits its turn. Ctrl-C ends the statement that
 * runs, else forgets what was typed; Ctrl-D, `exit` and `\q` leave. A statement that fails is told, and the prompt is
 * back. `run` returns however the terminal ends.
 */
import readline from 'node:readline';
import type { SqlHistory } from './history.ts';
import { oneLine, splitStatements } from './statements.ts';

const HISTORY_ENTRIES_MAX = 1_000;
const LEAVE = /^\s*(?:\\q|exit|quit)\s*;?\s*$/i;

export interface PromptOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** Ends it, as when the process is to end. */
  readonly signal: AbortSignal;
  /** What stands before the first line of a statement. */
  readonly prompt: string;
  readonly history: SqlHistory;
  /** Words of which the one under the cursor may be the beginning. */
  readonly words: () => Promise<readonly string[]>;
  /** Runs one statement to its end and tells its failure itself. */
  readonly execute: (statement: string, vertical: boolean, signal: AbortSignal) => Promise<void>;
  /** A command of the prompt's own, like `\d`: the statement it stands for, or undefined when it is none or done. */
  readonly command: (line: string) => string | undefined;
  readonly say: (line: string) => void;
}

export class SqlPrompt {
  readonly #options: PromptOptions;
  readonly #lines: string[] = [];
  readonly #closed = new AbortController();
  #typed = '';
  #remembered: string[] = [];
  #running: AbortController | null = null;
  #busy = false;
  #left: () => void = () => {};

  constructor(options: PromptOptions) {
    this.#options = options;
  }

  /** Returns when the person has left. */
  async run(): Promise<void> {
    const { input, output, signal, history, words } = this.#options;
    const editor = readline.createInterface({
      input,
      output,
      terminal: true,
      history: history.load(),
      historySize: HISTORY_ENTRIES_MAX,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        void complete(line, words).then((result) => done(null, result));
      },
    });
    // Statements are remembered, not the lines they were typed in.
    editor.on('history', (entries: string[]) => {
      entries.shift();
      this.#remembered = entries;
    });
    editor.on('line', (line) => {
      this.#lines.push(line);
      void this.#work(editor);
    });
    editor.on('SIGINT', () => this.#interrupted(editor));
    const left = new Promise<void>((resolve) => {
      this.#left = resolve;
    });
    const leave = () => editor.close();
    editor.once('close', () => {
      this.#closed.abort();
      this.#running?.abort();
      if (!this.#busy) this.#left();
    });
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    else this.#show(editor);
    await left;
    signal.removeEventListener('abort', leave);
  }

  async #work(editor: readline.Interface): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) {
      await this.#take(line, editor);
      if (this.#closed.signal.aborted) break;
    }
    this.#busy = false;
    if (this.#closed.signal.aborted) this.#left();
    else this.#show(editor);
  }

  async #take(line: string, editor: readline.Interface): Promise<void> {
    const isFirst = this.#typed === '';
    if (isFirst && LEAVE.test(line)) return editor.close();
    if (isFirst && /^\s*\\[a-z?]/.test(line)) {
      this.#remember(line);
      const statement = this.#options.command(line.trim());
      if (statement !== undefined) await this.#execute(statement, false);
      return;
    }
    this.#typed = isFirst ? line : `${this.#typed}\n${line}`;
    const { statements, rest, isOpen } = splitStatements(this.#typed);
    this.#typed = isOpen ? rest.text : '';
    for (const { text, vertical } of statements) {
      this.#remember(`${oneLine(text) ?? ''}${vertical ? '\\G' : ';'}`);
      // Whoever ends one does not want those behind it in the same line.
      if (!(await this.#execute(text, vertical))) break;
    }
  }

  /** Whether nobody ended it. */
  async #execute(statement: string, vertical: boolean): Promise<boolean> {
    const running = new AbortController();
    const { signal } = running;
    this.#running = running;
    await this.#options.execute(statement, vertical, signal);
    this.#running = null;
    return !signal.aborted;
  }

  #remember(entry: string): void {
    if (entry.length <= 1 || !this.#options.history.add(entry)) return;
    if (this.#remembered[0] !== entry) this.#remembered.unshift(entry);
    this.#remembered.splice(HISTORY_ENTRIES_MAX);
  }

  #interrupted(editor: readline.Interface): void {
    this.#lines.length = 0;
    if (this.#running !== null) {
      this.#running.abort();
      return;
    }
    if (this.#typed === '' && editor.line === '') this.#options.say('\nCtrl-D or exit leaves');
    else this.#options.output.write('^C\n');
    this.#typed = '';
    editor.write(null, { ctrl: true, name: 'e' });
    editor.write(null, { ctrl: true, name: 'u' });
    this.#show(editor);
  }

  #show(editor: readline.Interface): void {
    const { prompt } = this.#options;
    editor.setPrompt(this.#typed === '' ? prompt : `${'->'.padStart(prompt.length - 1)} `);
    editor.prompt();
  }
}

const WORD = /[\w.]*$/;
const SHOWN_MAX = 100;

async function complete(line: string, words: () => Promise<readonly string[]>): Promise<[string[], string]> {
  const begun = WORD.exec(line)![0];
  if (begun === '') return [[], ''];
  const fitting = (await words()).filter((word) => word.toLowerCase().startsWith(begun.toLowerCase()));
  return [fitting.slice(0, SHOWN_MAX), begun];
}
