import { type ClickHouse, ClickHouseError } from '../clickhouse/client.ts';
import { TrackflowError } from '../errors/error.ts';
import { SHARD_AWAY } from './failure.ts';

/** Attempts while shards come and go. */
const ATTEMPTS_MAX = 4;

/**
 * Reads over all shards, or over those that are there, and then says which are not.
 *
 * Promises: never a silently smaller answer. A read runs without leaving anything out, and fails when a shard is away. Only
 * then it runs again over what is there, between two roll calls that must agree: the shards that neither found are the ones
 * whose rows are missing. Always true: while all shards are there a read costs nothing more.
 */
export class ShardedReads {
  readonly #shards: number;
  /** Missing at the last read: a read that would fail is not tried first. */
  #missing: readonly number[] = [];

  constructor(shards: number) {
    this.#shards = shards;
  }

  /** `missing`: numbers of shards, from 1. Rejects with TF_ENGINE_UNAVAILABLE while shards come and go, else as `ask`. */
  async read<T>(
    server: ClickHouse,
    ask: (options: { readonly skipMissingShards: boolean }) => Promise<T>,
  ): Promise<{ readonly answer: T; readonly missing: readonly number[] }> {
    let isKnownToMiss = this.#missing.length > 0;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      try {
        const before = isKnownToMiss ? await this.#rollCall(server) : [];
        isKnownToMiss = true;
        const answer = await ask({ skipMissingShards: before.length > 0 });
        const after = before.length > 0 ? await this.#rollCall(server) : [];
        if (before.join() !== after.join()) continue;
        this.#missing = after;
        return { answer, missing: after };
      } catch (thrown) {
        if (!(thrown instanceof ClickHouseError) || !SHARD_AWAY.has(thrown.code)) throw thrown;
      }
    }
    throw new TrackflowError('TF_ENGINE_UNAVAILABLE', 'shards of the cluster come and go; none could be left out', {
      hints: ['trackflow cluster status', 'try again in a moment'],
    });
  }

  async #rollCall(server: ClickHouse): Promise<readonly number[]> {
    const rows = await server.query<{ shard: number }>('SELECT _shard_num AS shard FROM shards', {}, SKIPPING);
    const there = new Set(rows.map(({ shard }) => shard));
    return Array.from({ length: this.#shards }, (_, index) => index + 1).filter((shard) => !there.has(shard));
  }
}

const SKIPPING = { skipMissingShards: true };
