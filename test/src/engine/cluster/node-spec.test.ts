import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readMigrations } from '../../../../src/clickhouse/migrate.ts';
import { replicatedStatement, statementsOf } from '../../../../src/clickhouse/statements.ts';
import { clusterSpecs } from '../../../../src/engine/cluster/node-spec.ts';
import { clusterEndpoint, nodeEndpoint, nodesOf } from '../../../../src/engine/cluster/topology.ts';
import { TEST_LIMITS } from '../../../support/engine.ts';

/**
 * Replicas need Keeper and the port between servers, which the engine of the tests has not: what is told to the official image
 * is held against the format that ClickHouse documents. What one replica a shard does is tried out in `test/path/cluster.test.ts` and `test/fault/cluster.test.ts`.
 */
const home = mkdtempSync(join(tmpdir(), 'trackflow-specs-'));
afterAll(() => rmSync(home, { recursive: true }));

const MIB = 1024 ** 2;
const settings = {
  home,
  paths: { run: home, logs: home },
  database: 'trackflow',
  image: '',
  memoryBytesMax: 0,
  cpusMax: 0,
  query: TEST_LIMITS,
  dockerHost: '',
  env: {},
};
const kept = {
  instance: '0123456789ab',
  httpPort: 1,
  tcpPort: 2,
  writerPassword: 'w-secret',
  readerPassword: 'r-secret',
};
const fileOf = (shards: number, replicas: number) => ({
  shards,
  replicas,
  image: 'image',
  subnet: '172.20.0.0/16',
  secret: 'between-nodes',
  ports: Object.fromEntries(
    nodesOf(kept, { shards, replicas }, '172.20.0.0/16').map(({ name }, index) => [name, 18_000 + index]),
  ),
});

function specsOf(shards: number, replicas: number, machine = 24 * 1024 * MIB) {
  return clusterSpecs(settings, kept, fileOf(shards, replicas), 'image', machine);
}

/** `config.d/trackflow.xml` without what every server of ours has, one element a line. */
function configOf({ files }: { files: readonly { path: string; content: string }[] }, ...elements: string[]): string {
  const { content } = files.find(({ path }) => path.endsWith('config.d/trackflow.xml'))!;
  return elements.map((name) => new RegExp(`<${name}[ >].*?</${name}>`).exec(content)?.[0] ?? '').join('\n');
}

describe('nodes', () => {
  test('know every shard by address and let each other in by a secret', () => {
    const { nodes, keepers } = specsOf(2, 1);
    expect(keepers).toEqual([]);
    expect(nodes.map(({ name, address, network }) => [name, address, network])).toEqual([
      ['trackflow-0123456789ab-s1r1', '172.20.0.10', 'trackflow-0123456789ab-cluster'],
      ['trackflow-0123456789ab-s2r1', '172.20.0.15', 'trackflow-0123456789ab-cluster'],
    ]);
    expect(configOf(nodes[1]!, 'remote_servers', 'macros')).toBe(
      [
        '<remote_servers replace="replace"><trackflow><secret>between-nodes</secret>' +
          '<shard><internal_replication>true</internal_replication><replica><host>172.20.0.10</host><port>9000</port></replica></shard>' +
          '<shard><internal_replication>true</internal_replication><replica><host>172.20.0.15</host><port>9000</port></replica></shard>' +
          '</trackflow></remote_servers>',
        '<macros replace="replace"><shard>2</shard><replica>s2r1</replica></macros>',
      ].join('\n'),
    );
    expect(configOf(nodes[1]!, 'zookeeper', 'keeper_server')).toBe('\n');
  });

  test('publish nothing but HTTP, have a volume each, and share the memory', () => {
    const { nodes } = specsOf(3, 1);
    expect(nodes.map(({ ports }) => ports)).toEqual(
      [18_000, 18_001, 18_002].map((outside) => [{ inside: 8123, outside }]),
    );
    expect(nodes.map(({ volumes }) => volumes)).toEqual(nodes.map(({ name }) => ({ '/var/lib/clickhouse': name })));
    expect(nodes[0]!.files.find(({ path }) => path.endsWith('config.d/trackflow.xml'))!.content).toContain(
      `<max_server_memory_usage>${2 * 1024 * MIB}</max_server_memory_usage>`,
    );
    expect(JSON.stringify(nodes.map(({ files: _, ...rest }) => rest))).not.toMatch(/secret|between-nodes/);
  });

  test('read both databases, fail for a shard that is away, and let readers change only that', () => {
    const { content } = specsOf(2, 1).nodes[0]!.files.find(({ path }) => path.includes('users.d'))!;
    expect(content).toContain(
      '<grants><query>GRANT SELECT ON trackflow.*</query><query>GRANT SELECT ON trackflow_shard.*</query></grants>',
    );
    expect(content).toContain(
      '<skip_unavailable_shards>0</skip_unavailable_shards>' +
        '<constraints><skip_unavailable_shards><changeable_in_readonly></changeable_in_readonly></skip_unavailable_shards></constraints>',
    );
  });

  test('stay what they are when a shard is added, but for the list of shards', () => {
    const [before, after] = [specsOf(2, 2), specsOf(3, 2)];
    expect(after.nodes.slice(0, 4).map(({ name, address }) => [name, address])).toEqual(
      before.nodes.map(({ name, address }) => [name, address]),
    );
    expect(after.keepers).toEqual(before.keepers);
  });
});

describe('replicas', () => {
  test('are kept in step through three Keepers and copy from each other with credentials', () => {
    const { nodes, keepers } = specsOf(1, 2);
    expect(nodes.map(({ address }) => address)).toEqual(['172.20.0.10', '172.20.0.11']);
    expect(configOf(nodes[1]!, 'remote_servers', 'macros')).toBe(
      [
        '<remote_servers replace="replace"><trackflow><secret>between-nodes</secret>' +
          '<shard><internal_replication>true</internal_replication><replica><host>172.20.0.10</host><port>9000</port></replica>' +
          '<replica><host>172.20.0.11</host><port>9000</port></replica></shard></trackflow></remote_servers>',
        '<macros replace="replace"><shard>1</shard><replica>s1r2</replica></macros>',
      ].join('\n'),
    );
    const keeperNodes = [4, 5, 6].map((host) => `<node><host>172.20.0.${host}</host><port>9181</port></node>`).join('');
    expect(
      configOf(
        nodes[1]!,
        'zookeeper',
        'interserver_http_host',
        'interserver_http_credentials',
        'replicated_merge_tree',
      ),
    ).toBe(
      [
        `<zookeeper replace="replace">${keeperNodes}</zookeeper>`,
        '<interserver_http_host>172.20.0.11</interserver_http_host>',
        '<interserver_http_credentials><user>trackflow</user><password>between-nodes</password></interserver_http_credentials>',
        '<replicated_merge_tree><replicated_deduplication_window>10000</replicated_deduplication_window>' +
          '<replicated_deduplication_window_seconds>604800</replicated_deduplication_window_seconds></replicated_merge_tree>',
      ].join('\n'),
    );
    expect(keepers.map(({ name, address, ports }) => [name, address, ports])).toEqual([
      ['trackflow-0123456789ab-k1', '172.20.0.4', []],
      ['trackflow-0123456789ab-k2', '172.20.0.5', []],
      ['trackflow-0123456789ab-k3', '172.20.0.6', []],
    ]);
    const servers = [1, 2, 3].map(
      (id) => `<server><id>${id}</id><hostname>172.20.0.${id + 3}</hostname><port>9234</port></server>`,
    );
    expect(configOf(keepers[1]!, 'keeper_server')).toBe(
      '<keeper_server><tcp_port>9181</tcp_port><server_id>2</server_id>' +
        '<log_storage_path>/var/lib/clickhouse/coordination/log</log_storage_path>' +
        '<snapshot_storage_path>/var/lib/clickhouse/coordination/snapshots</snapshot_storage_path>' +
        '<coordination_settings><operation_timeout_ms>10000</operation_timeout_ms><session_timeout_ms>30000</session_timeout_ms>' +
        '<raft_logs_level>warning</raft_logs_level></coordination_settings>' +
        `<raft_configuration>${servers.join('')}</raft_configuration></keeper_server>`,
    );
  });

  test('have the tables of the schema, each of them replicated', () => {
    const statements = readMigrations().flatMap(({ sql }) => statementsOf(sql));
    const engines = statements.flatMap((statement) => /^ENGINE = .*/m.exec(replicatedStatement(statement))?.[0] ?? []);
    expect(engines.length).toBeGreaterThan(0);
    for (const engine of engines) {
      expect(engine).toBe("ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')");
    }
    expect(replicatedStatement('CREATE TABLE t\nENGINE = ReplacingMergeTree(version)\nORDER BY a')).toContain(
      "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version)",
    );
    expect(replicatedStatement('ALTER TABLE t ADD COLUMN a String')).toBe('ALTER TABLE t ADD COLUMN a String');
  });

  test('are read at any node, and written at one of their shard, where a count waits for the others', () => {
    const file = fileOf(2, 2);
    expect(clusterEndpoint(settings, kept, file)).toMatchObject({
      url: 'http://127.0.0.1:18000',
      others: [18_001, 18_002, 18_003].map((port) => `http://127.0.0.1:${port}`),
      database: 'trackflow',
      shards: 2,
    });
    const [first] = nodesOf(kept, file, file.subnet);
    expect(nodeEndpoint(settings, kept, file, first!)).toMatchObject({ database: 'trackflow_shard', replicated: true });
    expect(nodeEndpoint(settings, kept, fileOf(2, 1), first!).replicated).toBeUndefined();
  });
});

test('a network without room for the largest cluster is refused', () => {
  expect(() => nodesOf(kept, { shards: 1, replicas: 1 }, '10.0.0.0/28')).toThrow('no IPv4 network of at least /25');
});
