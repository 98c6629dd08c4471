import path from 'node:path';
import { columnHeads } from '../../src/clickhouse/native/encoded-rows.ts';
import type { Config } from '../../src/config/schema.ts';
import { TABLES, type TableName } from '../../src/event/tables.ts';
import type { LaneTarget, TargetTable } from '../flush/lane-target.ts';
import type { Disk } from '../spool/disk.ts';
import type { StateDatabase } from '../state/database.ts';
import { SpoolState } from '../state/spool-state.ts';
import type { LaneEvents } from './lane-events.ts';
import { shardLanes } from './lane-names.ts';
import type { LaneService } from './lane-service.ts';
import { LANES } from './lanes.ts';
import { SpoolService } from './spool-service.ts';

/** A lane with all that its rows pass, from the commit to the stored batch. */
export interface OpenLane {
  readonly name: string;
  readonly table: TableName;
  /** From 1. */
  readonly shard: number;
  /** Whether the engine has that shard. */
  readonly served: boolean;
  readonly state: SpoolState;
  readonly target: LaneTarget;
  readonly service: LaneService;
}

/** The lanes of a table, and who commits to them. */
export interface OpenTable {
  /** Of the lane of its first shard. */
  readonly name: string;
  readonly table: TableName;
  readonly spool: SpoolService;
  readonly lanes: readonly OpenLane[];
}

/** Opens every lane over what its folder holds, in the order of the list and of the shards. */
export function openLanes(parts: {
  readonly folder: string;
  readonly shards: number;
  readonly config: Config;
  readonly db: StateDatabase;
  readonly disk: Disk;
  /** `lane`: its name, where the table has several. */
  readonly events: (table: TableName, lane: string | null) => LaneEvents;
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly random: () => number;
  /** Where the batches of one lane of `table` go. */
  readonly target: (table: TargetTable) => LaneTarget;
}): readonly OpenTable[] {
  const { shards, config, db, disk, events, now, monotonic, random, target } = parts;
  const folder = path.resolve(parts.folder);
  const tables: OpenTable[] = [];
  const spoolBytes = () => tables.reduce((sum, { spool }) => sum + spool.bytes, 0);
  for (const { name, table, strategy = config.flush.strategy } of LANES) {
    const { columns, id, time } = TABLES[table];
    const names = shardLanes(name, shards, folder);
    const lanes = names.map((lane) => ({
      ...lane,
      table,
      served: lane.shard <= shards,
      state: new SpoolState(db, lane.name),
      target: target({ name: table, id, time }),
      events: events(table, names.length === 1 ? null : lane.name),
    }));
    const heads = columnHeads(columns);
    const clocks = { now, monotonic, random };
    const spool = new SpoolService({ folder, columns: heads, strategy, config, disk, spoolBytes, lanes, ...clocks });
    tables.push({
      name,
      table,
      spool,
      lanes: lanes.map((lane, index) => ({ ...lane, service: spool.lanes[index]! })),
    });
  }
  return tables;
}
