import type { KeyStore } from '../../daemon/spool/dedup.ts';

/** Keys in memory, in the order in which they came: what state.db keeps of them, for tests that need no database. */
export class MemoryKeyStore implements KeyStore {
  readonly keys = new Map<string, number>();
  through = '';
  /** Thrown by `remember`, as a database without room does. */
  failure: Error | null = null;

  known(key: string): boolean {
    return this.keys.has(key);
  }

  remember(keys: readonly string[], seenAt: number, through?: string): void {
    if (this.failure !== null) throw this.failure;
    for (const key of keys) if (!this.keys.has(key)) this.keys.set(key, seenAt);
    if (through !== undefined && through > this.through) this.through = through;
  }

  prune(seenBefore: number, keep: number, rowsMax: number): number {
    const oldest = [...this.keys].slice(0, rowsMax);
    const gone = oldest.filter(([, seenAt], index) => seenAt < seenBefore || this.keys.size - index > keep);
    for (const [key] of gone) this.keys.delete(key);
    return gone.length;
  }
}
