import path from 'node:path';
import { columnHeads } from '../../src/clickhouse/native/encoded-rows.ts';
import type { Config } from '../../src/config/schema.ts';
import { TABLES, type TableName } from '../../src/event/tables.ts';
import { ClickHouseTarget } from '../flush/clickhouse-target.ts';
import type { Disk } from '../spool/disk.ts';
import type { StateDatabase } from '../state/database.ts';
import { SpoolState } from '../state/spool-state.ts';
import type { LaneEvents } from './lane-events.ts';
import { LaneService } from './lane-service.ts';
import { LANES } from './lanes.ts';

/** A lane with all that its rows pass, from a collector's group to the stored batch. */
export interface OpenLane {
  readonly name: string;
  readonly table: TableName;
  readonly state: SpoolState;
  readonly target: ClickHouseTarget;
  readonly service: LaneService;
}

/** Opens every lane over what its folder holds, in the order of the list. */
export function openLanes(parts: {
  readonly folder: string;
  readonly config: Config;
  readonly db: StateDatabase;
  readonly disk: Disk;
  readonly events: (table: TableName) => LaneEvents;
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly random: () => number;
}): readonly OpenLane[] {
  const { folder, config, db, disk, events, now, monotonic, random } = parts;
  const lanes: OpenLane[] = [];
  const spoolBytes = () => lanes.reduce((sum, { service }) => sum + service.lane.bytes, 0);
  for (const { name, table, strategy = config.flush.strategy } of LANES) {
    const { columns, id, time } = TABLES[table];
    const state = new SpoolState(db, name);
    const target = new ClickHouseTarget({ table: { name: table, id, time }, timeoutMs: config.flush.timeoutMs });
    const service = new LaneService({
      name,
      folder: path.resolve(folder),
      columns: columnHeads(columns),
      strategy,
      config,
      disk,
      state,
      target,
      events: events(table),
      spoolBytes,
      now,
      monotonic,
      random,
    });
    lanes.push({ name, table, state, target, service });
  }
  return lanes;
}
