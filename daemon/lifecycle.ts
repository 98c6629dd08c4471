/**
 * What was opened, closed in reverse.
 *
 * Each resource registers how to close it at the moment it is acquired. `close` runs all of them, also when one fails, and
 * throws what failed as one AggregateError. It runs once; a second call waits for the first.
 */
export class Closers {
  readonly #closers: { name: string; close: () => void | Promise<void> }[] = [];
  #closing: Promise<void> | null = null;

  push(name: string, close: () => void | Promise<void>): void {
    this.#closers.push({ name, close });
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      try {
        await closer.close();
      } catch (cause) {
        failures.push(new Error(`closing ${closer.name} failed: ${cause}`, { cause }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('; '));
  }
}
