import type { TableName } from '../../src/event/tables.ts';
import type { StrategyName } from '../spool/strategy.ts';

/**
 * A way through the spool: rows of one table, with their own batches and their own flush. Where the engine has shards it is one
 * such way for each (`lane-names.ts`), which are written in one commit.
 */
export interface LaneSpec {
  /** Its folder, and its name in `state.db` and in messages; those of further shards begin with it. */
  readonly name: string;
  readonly table: TableName;
  /** `flush.strategy` unless given. */
  readonly strategy?: StrategyName;
}

/** Every lane of an instance whose engine is one shard. */
export const LANES: readonly LaneSpec[] = [
  { name: 'events', table: 'events' },
  // Money waits for no batch.
  { name: 'payments', table: 'payments', strategy: 'immediate' },
  { name: 'agreements', table: 'agreements' },
];
