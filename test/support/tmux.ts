import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.ts';
import { available } from './requirement.ts';
import { until } from './until.ts';

/** A terminal multiplexer, to run programs in a real terminal of any size. */
export const hasTmux = () =>
  available('tmux', () => {
    execFileSync('tmux', ['-V'], { stdio: 'ignore' });
    return true;
  });

/** The line of a shell that runs `trackflow …args` of this checkout. */
export function commandLine(...args: readonly string[]): string {
  return [process.execPath, join(packageRoot(), 'bin', 'trackflow.js'), ...args].map((word) => `'${word}'`).join(' ');
}

interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The screen can still be read when the program has ended. */
  readonly remains?: boolean;
}

let terminals = 0;

/**
 * A terminal with a program in it, as a person would see it. It has a tmux server of its own, so that no setting of the
 * machine and no other terminal reaches it.
 *
 *     await using terminal = openTerminal(commandLine('dash'), { columns: 80, rows: 24 });
 *     await terminal.shows(/LIVE/);
 *     terminal.press('q');
 */
export function openTerminal(command: string, { columns, rows, env = {}, remains = false }: TerminalOptions): Terminal {
  const terminal = new Terminal(`trackflow-test-${process.pid}-${terminals++}`);
  const variables = Object.entries({ LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', CI: '', ...env }).flatMap(([name, value]) => [
    '-e',
    `${name}=${value}`,
  ]);
  const before = ['start-server', ';', 'set-option', '-g', 'remain-on-exit', remains ? 'on' : 'off', ';'];
  terminal.tmux(...before, 'new-session', '-d', '-x', String(columns), '-y', String(rows), ...variables, command);
  return terminal;
}

export class Terminal implements AsyncDisposable {
  readonly #server: string;

  constructor(server: string) {
    this.#server = server;
  }

  /** The rows of the screen, without blanks at their ends; as many as the terminal has. */
  screen(): string[] {
    return this.tmux('capture-pane', '-p').split('\n').slice(0, -1);
  }

  /** The process of a command that began with `exec`. */
  get pid(): number {
    return Number(this.tmux('display-message', '-p', '#{pane_pid}'));
  }

  /** The screen and what has scrolled out of it. */
  scrollback(): string[] {
    return this.tmux('capture-pane', '-p', '-S', '-').split('\n');
  }

  /** Waits until the screen is as wanted; returns it. */
  async shows(wanted: RegExp | ((screen: string) => boolean), timeoutMs = 20_000): Promise<string[]> {
    let screen: string[] = [];
    const fits = typeof wanted === 'function' ? wanted : (text: string) => wanted.test(text);
    try {
      await until(() => {
        screen = this.screen();
        return fits(screen.join('\n'));
      }, timeoutMs);
    } catch {
      throw new Error(`the screen does not show ${wanted}:\n${screen.join('\n')}`);
    }
    return screen;
  }

  /** Keys by their names in tmux: `q`, `Space`, `Enter`, `C-u`. */
  press(...keys: readonly string[]): void {
    this.tmux('send-keys', '--', ...keys);
  }

  /** Characters as they are. */
  type(text: string): void {
    // At the end of a word a semicolon would end the command of tmux.
    this.tmux('send-keys', '-l', '--', text.replace(/;$/, '\\;'));
  }

  resize(columns: number, rows: number): void {
    this.tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  tmux(...args: readonly string[]): string {
    // The machine's own configuration is not read, and a session in a session is no matter.
    const { TMUX: _outer, ...env } = process.env;
    return execFileSync('tmux', ['-L', this.#server, '-f', '/dev/null', ...args], { encoding: 'utf8', env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.tmux('kill-server');
    } catch {
      // It ends by itself with the last program.
    }
  }
}
