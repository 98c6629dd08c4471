import readline from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { type JobControl, jobControl } from '../../terminal/screen/job-control.ts';
import type { FilterChoice } from './filter-choice.ts';
import { joinFilters, splitFilters } from './filters.ts';

interface Key {
  readonly name?: string;
  readonly ctrl?: boolean;
  readonly sequence?: string;
}

export interface TailKeysOptions {
  readonly input: ReadStream;
  /** Where the prompt stands. */
  readonly output: WriteStream;
  readonly choice: FilterChoice;
  readonly onEnd: () => void;
}

/**
 * The keys of a tail on a terminal: `/` asks for other filters, `q` and Ctrl-C end it, Ctrl-Z stops it.
 *
 * Always true: while the prompt stands, `quiet` waits, so that no row is printed into it. `close` gives the terminal back as
 * it was; it has to be called however the tail ends.
 */
export class TailKeys {
  readonly #options: TailKeysOptions;
  readonly #job: JobControl;
  #prompt: readline.Interface | null = null;
  #quiet: PromiseWithResolvers<void> | null = null;
  readonly #onKey = (_text: string | undefined, key: Key) => this.#pressed(key);

  constructor(options: TailKeysOptions) {
    this.#options = options;
    readline.emitKeypressEvents(options.input);
    options.input.on('keypress', this.#onKey);
    this.#listen();
    this.#job = jobControl(async () => {
      this.#endPrompt();
      options.input.setRawMode(false);
      return async () => this.#listen();
    });
  }

  /** Resolves when no prompt stands. */
  async quiet(): Promise<void> {
    await this.#quiet?.promise;
  }

  close(): void {
    this.#job.close();
    this.#endPrompt();
    this.#options.input.off('keypress', this.#onKey);
    this.#options.input.setRawMode(false);
    this.#options.input.pause();
  }

  #listen(): void {
    this.#options.input.setRawMode(true);
    this.#options.input.resume();
  }

  #pressed({ name, ctrl, sequence }: Key): void {
    if (this.#prompt !== null) {
      if (name === 'escape') this.#endPrompt();
    } else if (name === 'q' || (ctrl === true && (name === 'c' || name === 'd'))) {
      this.#options.onEnd();
    } else if (ctrl === true && name === 'z') {
      this.#job.stop();
    } else if (sequence === '/') {
      this.#ask();
    }
  }

  #ask(): void {
    const { input, output, choice, onEnd } = this.#options;
    this.#quiet = Promise.withResolvers();
    const prompt = readline.createInterface({ input, output, prompt: 'filter: ', historySize: 0, terminal: true });
    this.#prompt = prompt;
    prompt.once('line', (line) => {
      this.#endPrompt();
      choice.choose(splitFilters(line));
    });
    prompt.once('SIGINT', () => {
      this.#endPrompt();
      onEnd();
    });
    prompt.once('close', () => this.#endPrompt());
    prompt.prompt();
    prompt.write(joinFilters(choice.filters));
  }

  /** Takes the prompt away and lets rows come again. */
  #endPrompt(): void {
    const prompt = this.#prompt;
    if (prompt === null) return;
    this.#prompt = null;
    prompt.close();
    readline.clearLine(this.#options.output, 0);
    readline.cursorTo(this.#options.output, 0);
    this.#listen();
    this.#quiet?.resolve();
    this.#quiet = null;
  }
}
