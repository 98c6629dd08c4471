import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.ts';
import { available } from './requirement.ts';
import { until } from './until.ts';

export const hasTmux = () =>
  available('tmux', () => {
    execFileSync('tmux', ['-V'], { stdio: 'ignore' });
    return true;
  });

const WAIT_MS = 20_000;

/** A command on a real terminal, in a tmux server of its own: what a person would see, and the keys to press. */
export class Terminal implements Disposable {
  readonly #server = `trackflow-test-${randomUUID().slice(0, 8)}`;

  constructor(args: readonly string[], { columns = 80, rows = 24 } = {}) {
    const program = join(packageRoot(), 'bin', 'trackflow.js');
    const command = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
    const shell = `${command}; echo "exit $?"; sleep 600`;
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), '-e', 'CI=', shell);
  }

  /** The lines of the screen. */
  get screen(): string {
    return this.#tmux('capture-pane', '-p');
  }

  /** Keys by tmux's names: `Enter`, `Escape`, `C-u`, or text. */
  press(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  type(text: string): void {
    this.#tmux('send-keys', '-l', text);
  }

  async until(fits: (screen: string) => boolean): Promise<void> {
    await until(() => fits(this.screen), WAIT_MS).catch((error) => {
      throw new Error(`${error.message}\n${this.screen}`);
    });
  }

  [Symbol.dispose](): void {
    this.#tmux('kill-server');
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', ['-L', this.#server, ...args], { encoding: 'utf8' });
  }
}
