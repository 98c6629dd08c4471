import fs from 'node:fs';

const SHARD_LANE = /^([a-z]+)-([1-9]\d{0,3})$/;

/** A lane of a table: its folder's name, and the number of its shard from 1. */
export interface ShardLane {
  readonly name: string;
  readonly shard: number;
}

/**
 * The lanes of `table` for so many shards, then those for shards above that lie in the spool's folder: of a cluster that this
 * instance had, or will have again. Their batches belong to those shards and to no other. The lane of the first shard is the
 * one that an engine without shards has.
 */
export function shardLanes(table: string, shards: number, folder: string): ShardLane[] {
  const above = fs
    .readdirSync(folder)
    .flatMap((name) => {
      const [, of, shard] = SHARD_LANE.exec(name) ?? [];
      return of === table ? Number(shard) : [];
    })
    .filter((shard) => shard > shards)
    .sort((a, b) => a - b);
  const numbers = [...Array.from({ length: shards }, (_, index) => index + 1), ...above];
  return numbers.map((shard) => ({ shard, name: shard === 1 ? table : `${table}-${shard}` }));
}
