/**
 * Configuration of the nodes of a cluster, as ClickHouse documents it:
 * https://clickhouse.com/docs/operations/server-configuration-parameters/settings#remote_servers
 * https://clickhouse.com/docs/guides/sre/keeper/clickhouse-keeper
 */
import type { UsersConfig } from '../server-config.ts';
import type { XmlBranch } from '../xml.ts';
import type { Keeper, Node } from './topology.ts';

/** Name of the cluster in ClickHouse. */
const CLUSTER = 'trackflow';
/** Names that stand in a statement as they are, where ClickHouse takes no parameters. */
const PLAIN_NAME = /^\w+$/;
const TCP_PORT = 9000;
const KEEPER_PORT = 9181;
const RAFT_PORT = 9234;
const KEEPER_FOLDER = '/var/lib/clickhouse/coordination';
const WEEK_SECONDS = 604_800;
const REPLACE = { '@replace': 'replace' } as const;

/** Columns and engine of a table over all shards, of `table` in `database` of each. It has no key to insert by. */
export function overAllShards(database: string, table: string): string {
  if (!PLAIN_NAME.test(database) || !PLAIN_NAME.test(table)) throw new Error(`no plain name: ${database}.${table}`);
  return `AS ${database}.${table} ENGINE = Distributed('${CLUSTER}', '${database}', '${table}')`;
}

export interface ClusterSecrets {
  readonly secret: string;
}

/** What a node has besides what every server of ours has. */
export function nodeConfig(
  node: Node,
  nodes: readonly Node[],
  keepers: readonly Keeper[],
  { secret }: ClusterSecrets,
): XmlBranch {
  const shards = Map.groupBy(nodes, ({ shard }) => shard);
  const shard = [...shards.values()].map((replicas) => ({
    // Replicas copy from each other; whoever inserted through the cluster would insert once.
    internal_replication: 'true',
    replica: replicas.map(({ address }) => ({ host: address, port: TCP_PORT })),
  }));
  return {
    remote_servers: { ...REPLACE, [CLUSTER]: { secret, shard } },
    macros: { ...REPLACE, shard: String(node.shard), replica: node.name },
    ...(keepers.length > 0 && replicationConfig(node, keepers, secret)),
  };
}

function replicationConfig({ address }: Node, keepers: readonly Keeper[], secret: string): XmlBranch {
  return {
    zookeeper: { ...REPLACE, node: keepers.map((keeper) => ({ host: keeper.address, port: KEEPER_PORT })) },
    interserver_http_host: address,
    interserver_http_credentials: { user: CLUSTER, password: secret },
    // A batch that waits out a week is still known by its token. One is in flight at a time, so the number never matters.
    replicated_merge_tree: {
      replicated_deduplication_window: 10_000,
      replicated_deduplication_window_seconds: WEEK_SECONDS,
    },
  };
}

/** What makes a server a Keeper. It keeps no events. */
export function keeperConfig(keeper: Keeper, keepers: readonly Keeper[]): XmlBranch {
  return {
    keeper_server: {
      tcp_port: KEEPER_PORT,
      server_id: keeper.id,
      log_storage_path: `${KEEPER_FOLDER}/log`,
      snapshot_storage_path: `${KEEPER_FOLDER}/snapshots`,
      coordination_settings: {
        operation_timeout_ms: 10_000,
        session_timeout_ms: 30_000,
        raft_logs_level: 'warning',
      },
      raft_configuration: {
        server: keepers.map(({ id, address }) => ({ id, hostname: address, port: RAFT_PORT })),
      },
    },
  };
}

/** Settings of whoever reads over all shards. */
export const READER_SETTINGS: NonNullable<UsersConfig['readerSettings']> = {
  // A shard that is away fails the read, unless the reader says that it knows (`src/query/missing-shards.ts`).
  skip_unavailable_shards: 0,
  constraints: { skip_unavailable_shards: { changeable_in_readonly: {} } },
  // A second for a shard that says nothing, not ten three times over.
  connect_timeout_with_failover_ms: 1_000,
  handshake_timeout_ms: 1_000,
  connections_with_failover_max_tries: 1,
  // IN and JOIN with a subquery over all shards mean all of its rows.
  distributed_product_mode: 'global',
};
