/**
 * Tries a cluster out: a marked row into each shard, as the daemon inserts, then read at every node through a table over all
 * shards, as readers read.
 *
 * Promises: touches no event: the rows are in a table of their own, made for the test and dropped after it, also when it
 * fails; a table that a node which went away meanwhile keeps holds one row and is dropped by a later test.
 */
import { randomBytes } from 'node:crypto';
import { type ClickHouse, openClickHouse } from '../../clickhouse/client.ts';
import { replicatedStatement } from '../../clickhouse/statements.ts';
import { type DockerSettings, keep } from '../docker/engine-spec.ts';
import { requireCluster } from './cluster-file.ts';
import { overAllShards } from './node-config.ts';
import { localDatabase, type Node, nodeEndpoint, nodesOf } from './topology.ts';

const CALL_MS_MAX = 10_000;
/** A test takes seconds. */
const LEFT_SECONDS_MIN = 600;
const TABLE = /^cluster_test_[0-9a-f]{16}$/;

export interface ShardProbe {
  readonly shard: number;
  /** Whether the row was inserted. */
  readonly written: boolean;
  /** Nodes that found it exactly once, of those that answered. */
  readonly readAt: number;
  readonly answered: number;
  /** What went wrong; empty when nothing did. */
  readonly problems: readonly string[];
}

interface Names {
  readonly table: string;
  readonly database: string;
  readonly local: string;
}

interface Reached {
  readonly node: Node;
  readonly server: ClickHouse;
}

/** Rejects with TF_CONFIG where the home has no cluster; what a node does wrong is in the report. */
export async function probeCluster(settings: DockerSettings): Promise<readonly ShardProbe[]> {
  const file = requireCluster(settings);
  const kept = await keep(settings);
  const reached = nodesOf(kept, file, file.subnet).map((node): Reached => {
    return { node, server: openClickHouse(nodeEndpoint(settings, kept, file, node), 'writer') };
  });
  const names = { table: `cluster_test_${randomBytes(8).toString('hex')}`, database: settings.database };
  const probe = new Probe(reached, { ...names, local: localDatabase(settings.database) }, file.replicas > 1);
  try {
    return await probe.run();
  } finally {
    await probe.clean();
    await Promise.all(reached.map(({ server }) => server.close()));
  }
}

class Probe {
  readonly #reached: readonly Reached[];
  readonly #names: Names;
  readonly #replicated: boolean;
  readonly #problems = new Map<number, string[]>();

  constructor(reached: readonly Reached[], names: Names, replicated: boolean) {
    this.#reached = reached;
    this.#names = names;
    this.#replicated = replicated;
  }

  async run(): Promise<readonly ShardProbe[]> {
    await Promise.all(this.#reached.map((one) => this.#try(one, () => this.#makeTables(one.server))));
    const shards = [...new Set(this.#reached.map(({ node }) => node.shard))];
    const written = new Set<number>();
    for (const shard of shards) if (await this.#write(shard)) written.add(shard);
    const counts = new Map<number, number>();
    const answers = await Promise.all(
      this.#reached.map((one) =>
        this.#try(one, async () => {
          for (const shard of await this.#read(one.server)) counts.set(shard, (counts.get(shard) ?? 0) + 1);
        }),
      ),
    );
    return shards.map((shard) => ({
      shard,
      written: written.has(shard),
      readAt: counts.get(shard) ?? 0,
      answered: answers.filter(Boolean).length,
      problems: this.#problems.get(shard) ?? [],
    }));
  }

  /** Drops the tables of this test, and what an earlier one has left; not those of one that runs beside it. */
  async clean(): Promise<void> {
    await Promise.allSettled(
      this.#reached.map(async ({ server }) => {
        for (const database of [this.#names.database, this.#names.local]) {
          const tables = await server.query<{ name: string }>(
            `SELECT name FROM system.tables WHERE database = {database:String} AND (name = {table:String} OR
             startsWith(name, 'cluster_test_') AND metadata_modification_time < now() - ${LEFT_SECONDS_MIN})`,
            { database, table: this.#names.table },
            { timeoutMs: CALL_MS_MAX },
          );
          for (const { name } of tables.filter((one) => TABLE.test(one.name))) {
            await this.#command(server, 'DROP TABLE IF EXISTS {database:Identifier}.{name:Identifier} SYNC', {
              database,
              name,
            });
          }
        }
      }),
    );
  }

  async #makeTables(server: ClickHouse): Promise<void> {
    const local = `CREATE TABLE {local:Identifier}.{table:Identifier} (shard UInt32)\nENGINE = MergeTree\nORDER BY shard`;
    await this.#command(server, this.#replicated ? replicatedStatement(local) : local);
    await this.#command(
      server,
      `CREATE TABLE {database:Identifier}.{table:Identifier} ${overAllShards(this.#names.local, this.#names.table)}`,
    );
  }

  /** Into the first replica that takes it. */
  async #write(shard: number): Promise<boolean> {
    for (const one of this.#reached.filter(({ node }) => node.shard === shard)) {
      const insert = 'INSERT INTO {local:Identifier}.{table:Identifier} (shard) SELECT {shard:UInt32}';
      if (await this.#try(one, () => this.#command(one.server, insert, { shard }))) return true;
    }
    return false;
  }

  /** Shards whose row is there exactly once. */
  async #read(server: ClickHouse): Promise<number[]> {
    if (this.#replicated) await this.#command(server, 'SYSTEM SYNC REPLICA {local:Identifier}.{table:Identifier}');
    const rows = await server.query<{ shard: number; copies: number }>(
      `SELECT shard, toUInt32(count()) AS copies FROM {database:Identifier}.{table:Identifier}
       WHERE shard = _shard_num GROUP BY shard SETTINGS skip_unavailable_shards = 1`,
      { ...this.#names },
      { timeoutMs: CALL_MS_MAX },
    );
    return rows.filter(({ copies }) => copies === 1).map(({ shard }) => shard);
  }

  #command(server: ClickHouse, sql: string, more: Record<string, unknown> = {}): Promise<void> {
    return server.command(sql, { ...this.#names, ...more }, { timeoutMs: CALL_MS_MAX });
  }

  async #try({ node }: Reached, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (cause) {
      const problem = `${node.name}: ${cause instanceof Error ? cause.message : String(cause)}`;
      const known = this.#problems.get(node.shard) ?? [];
      if (!known.includes(problem)) this.#problems.set(node.shard, [...known, problem]);
      return false;
    }
  }
}
