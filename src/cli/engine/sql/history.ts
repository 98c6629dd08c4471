import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const ENTRIES_MAX = 1_000;
const ENTRY_CHARACTERS_MAX = 10_000;
const MODE = 0o600;
/** Statements that hold a password, and what begins with a blank, as shells have it. */
const NOT_KEPT = /^\s|\bIDENTIFIED\b|\bpassword\b/i;

/**
 * What was typed at the prompt, one entry a line, over sessions.
 *
 * Always true: the file is for its owner alone; an entry is one line that is appended whole, so that two sessions may
 * write at once. It is cut to `ENTRIES_MAX` when a session begins. Losing it is no failure.
 */
export class SqlHistory {
  readonly #path: string;
  readonly #onFailure: (error: Error) => void;
  #failed = false;

  constructor(path: string, onFailure: (error: Error) => void) {
    this.#path = path;
    this.#onFailure = onFailure;
  }

  /** The newest first, as readline wants them. */
  load(): string[] {
    let entries: string[] = [];
    this.#try(() => {
      entries = readFileSync(this.#path, 'utf8').split('\n').filter(Boolean);
    });
    const kept = entries.slice(-ENTRIES_MAX);
    if (kept.length < entries.length) this.#try(() => this.#replace(kept));
    return kept.reverse();
  }

  /** Whether it is kept. `entry` is one line. */
  add(entry: string): boolean {
    if (NOT_KEPT.test(entry) || entry.length > ENTRY_CHARACTERS_MAX) return false;
    this.#try(() => appendFileSync(this.#path, `${entry}\n`, { mode: MODE }));
    return true;
  }

  #replace(entries: readonly string[]): void {
    const fresh = `${this.#path}.${process.pid}`;
    writeFileSync(fresh, `${entries.join('\n')}\n`, { mode: MODE });
    renameSync(fresh, this.#path);
  }

  /** Told once: there is nothing else to be done about it. */
  #try(work: () => void): void {
    try {
      work();
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT' || this.#failed) return;
      this.#failed = true;
      this.#onFailure(cause as Error);
    }
  }
}
