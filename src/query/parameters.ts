import type { Narrow } from '../clickhouse/postgres-tables.ts';

/** SQL with `{name:Type}` places, and the values for them. */
export interface Compiled {
  readonly sql: string;
  readonly params: Record<string, unknown>;
  /** What of a table it needs at the most: for stores that send rows. */
  readonly narrow?: Narrow;
}

type ParameterType = 'String' | 'Array(String)' | 'Int64' | 'UInt32' | 'UUID';

/** Collects the values of one statement. The only way a value gets into SQL is the place that `bind` returns. */
export class Parameters {
  readonly values: Record<string, unknown> = {};
  #bound = 0;

  /** Keeps `value` and returns the text that stands for it. */
  bind(type: ParameterType, value: string | number | readonly string[]): string {
    const name = `p${this.#bound++}`;
    this.values[name] = value;
    return `{${name}:${type}}`;
  }
}
