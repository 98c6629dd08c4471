import { describe, expect, test } from 'vitest';
import { type ClickHouse, ClickHouseError } from '../../../src/clickhouse/client.ts';
import { readFailure } from '../../../src/query/failure.ts';
import { ShardedReads } from '../../../src/query/missing-shards.ts';

const AWAY = new ClickHouseError(279, 'ALL_CONNECTION_TRIES_FAILED', 'All connection tries failed');

/** Three shards, of which some are away; `afterRoll` changes that after each roll call. */
class FakeCluster {
  away: readonly number[] = [];
  readonly asked: string[] = [];
  afterRoll: () => void = () => {};

  readonly server = {
    query: async () => {
      this.asked.push('roll');
      const rows = [1, 2, 3].filter((shard) => !this.away.includes(shard)).map((shard) => ({ shard }));
      this.afterRoll();
      return rows;
    },
  } as unknown as ClickHouse;

  readonly ask = async ({ skipMissingShards }: { skipMissingShards: boolean }): Promise<number> => {
    this.asked.push(skipMissingShards ? 'skipping' : 'whole');
    if (this.away.length > 0 && !skipMissingShards) throw AWAY;
    return 3 - this.away.length;
  };
}

function setUp() {
  const cluster = new FakeCluster();
  const reads = new ShardedReads(3);
  return { cluster, read: () => reads.read(cluster.server, cluster.ask) };
}

describe('a read over shards', () => {
  test('asks nothing more while all are there', async () => {
    const { cluster, read } = setUp();
    expect(await read()).toEqual({ answer: 3, missing: [] });
    expect(cluster.asked).toEqual(['whole']);
  });

  test('says which are away, between two roll calls, and does not try them first the next time', async () => {
    const { cluster, read } = setUp();
    cluster.away = [2];
    expect(await read()).toEqual({ answer: 2, missing: [2] });
    expect(cluster.asked).toEqual(['whole', 'roll', 'skipping', 'roll']);
    cluster.asked.length = 0;
    expect(await read()).toEqual({ answer: 2, missing: [2] });
    expect(cluster.asked).toEqual(['roll', 'skipping', 'roll']);
    cluster.away = [];
    expect(await read()).toEqual({ answer: 3, missing: [] });
  });

  test('is done again when a shard went or came meanwhile', async () => {
    const { cluster, read } = setUp();
    cluster.away = [2];
    let rolls = 0;
    cluster.afterRoll = () => {
      rolls += 1;
      if (rolls === 1) cluster.away = [2, 3];
    };
    expect(await read()).toEqual({ answer: 1, missing: [2, 3] });
    expect(cluster.asked).toEqual(['whole', 'roll', 'skipping', 'roll', 'roll', 'skipping', 'roll']);
  });

  test('fails rather than guess while they come and go', async () => {
    const { cluster, read } = setUp();
    cluster.away = [1];
    cluster.afterRoll = () => {
      cluster.away = cluster.away[0] === 1 ? [2] : [1];
    };
    await expect(read()).rejects.toMatchObject({ code: 'TF_ENGINE_UNAVAILABLE' });
  });

  test('passes on what has nothing to do with shards', async () => {
    const { cluster } = setUp();
    const refused = new ClickHouseError(62, 'SYNTAX_ERROR', 'Syntax error');
    const read = new ShardedReads(3).read(cluster.server, () => Promise.reject(refused));
    await expect(read).rejects.toBe(refused);
  });
});

test('a read that cannot be told what is missing fails when a shard is away, with the reason', () => {
  const limits = { timeoutMs: 1, rowsMax: 1, bytesMax: 1, memoryBytesMax: 1 };
  expect(readFailure(AWAY, limits, 'ours')).toMatchObject({ code: 'TF_ENGINE_UNAVAILABLE' });
});
