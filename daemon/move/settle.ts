import { openClickHouse } from '../../src/clickhouse/client.ts';
import type { HomePaths } from '../../src/config/home.ts';
import type { Config } from '../../src/config/schema.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { readPlace } from '../../src/engine/place.ts';
import { unmark } from './claim.ts';
import { settleMove } from './commit.ts';
import { aborted } from './target.ts';

/** A container may have to be made anew. */
const SETTLE_MS_MAX = 300_000;

export interface SettleParts {
  readonly paths: HomePaths;
  readonly config: Config;
  readonly engine: Engine;
}

/**
 * A daemon that died between two steps of a commit has left both engines named: its own is the one from now on. Nothing to
 * do in a home where no move was under way.
 */
export async function settleLeftMove(parts: SettleParts): Promise<void> {
  if ((readPlace(parts.paths.run)?.length ?? 0) > 1) await settle(parts, AbortSignal.timeout(SETTLE_MS_MAX));
}

/** The engine of this daemon is the one from now on, and what a move has left beside it is removed. */
export async function settle({ engine, paths, config }: SettleParts, signal: AbortSignal): Promise<void> {
  await Promise.race([engine.ready(SETTLE_MS_MAX), aborted(signal)]);
  const client = openClickHouse(engine.endpoint, 'writer');
  try {
    await unmark(client);
  } finally {
    await client.close();
  }
  settleMove(paths, config.engine);
}
