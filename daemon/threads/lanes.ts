import type { TableName } from '../../src/event/tables.ts';
import type { StrategyName } from '../spool/strategy.ts';

/** A way through the spool: rows of one table, in a folder of their own, with their own batches and their own flush. */
export interface LaneSpec {
  /** Its folder, and its name in `state.db` and in messages. */
  readonly name: string;
  readonly table: TableName;
  /** `flush.strategy` unless given. */
  readonly strategy?: StrategyName;
}

/** Every lane of an instance. */
export const LANES: readonly LaneSpec[] = [
  { name: 'events', table: 'events' },
  // Money waits for no batch.
  { name: 'payments', table: 'payments', strategy: 'immediate' },
  { name: 'agreements', table: 'agreements' },
];
