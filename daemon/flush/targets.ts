import { storeMigrations } from '../../src/postgres/schema.ts';
import type { StoreAccess } from '../../src/postgres/store-access.ts';
import { ClickHouseTarget } from './clickhouse-target.ts';
import type { LaneTarget, TargetTable } from './lane-target.ts';
import { PostgresTarget } from './postgres/postgres-target.ts';

/** What makes the target of a lane: the one place that knows which stores there are. `store` null: ClickHouse. */
export function targetsOf(store: StoreAccess | null, timeoutMs: number): (table: TargetTable) => LaneTarget {
  if (store === null) return (table) => new ClickHouseTarget({ table, timeoutMs });
  const migrations = storeMigrations();
  return (table) => new PostgresTarget({ access: store, table, timeoutMs, migrations });
}
