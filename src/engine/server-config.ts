/**
 * The two configuration files of the embedded engine, as text, and the parts of them that an engine in a container shares.
 * Sized for a small machine that runs other things too: a memory cap, small caches and pools, and none of the system log
 * tables that would grow without bound.
 */
import { createHash } from 'node:crypto';
import { ANSWER_SETTINGS, type ReadLimits, readSettings } from '../clickhouse/settings.ts';
import { type XmlBranch, xmlDocument } from './xml.ts';

export const WRITER = 'trackflow';
export const READER = 'reader';

const MIB = 1024 * 1024;
const MEMORY_SHARE = 0.25;
const MEMORY_BYTES_FLOOR = 512 * MIB;
const MEMORY_BYTES_CEILING = 4096 * MIB;
/** One read may not starve inserts and merges. */
const READ_MEMORY_SHARE = 0.5;
const READ_THREADS = 2;

/** Memory cap of the engine: what was configured, else a quarter of the machine's, from 512 MiB to 4 GiB. */
export function memoryCap(configured: number, machineBytes: number): number {
  if (configured > 0) return configured;
  const share = Math.floor(machineBytes * MEMORY_SHARE);
  return Math.min(Math.max(share, MEMORY_BYTES_FLOOR), MEMORY_BYTES_CEILING);
}

export interface ServerConfig {
  readonly logFile: string;
  readonly usersFile: string;
  readonly memoryBytesMax: number;
  /** Named collections, by name: the file holds their passwords. */
  readonly collections?: XmlBranch;
}

/** `clickhouse.xml`: what the process may use. */
export function serverConfigXml({ logFile, usersFile, memoryBytesMax, collections }: ServerConfig): string {
  return xmlDocument({
    logger: { log: logFile, size: '10M', count: 3 },
    users_config: usersFile,
    ...(collections !== undefined && { named_collections: collections }),
    ...resources(memoryBytesMax),
  });
}

/** Memory, caches and pools of one server. */
export function resources(memoryBytesMax: number): XmlBranch {
  return {
    max_server_memory_usage: memoryBytesMax,
    max_connections: 256,
    keep_alive_timeout: 10,
    mark_cache_size: 64 * MIB,
    index_mark_cache_size: 16 * MIB,
    uncompressed_cache_size: 16 * MIB,
    index_uncompressed_cache_size: 8 * MIB,
    mmap_cache_size: 100,
    compiled_expression_cache_size: 16 * MIB,
    background_pool_size: 2,
    background_merges_mutations_concurrency_ratio: 2,
    background_schedule_pool_size: 4,
    background_common_pool_size: 2,
    background_move_pool_size: 1,
    background_fetches_pool_size: 1,
    background_distributed_schedule_pool_size: 1,
    background_message_broker_schedule_pool_size: 1,
    asynchronous_metrics_update_period_s: 30,
    // The defaults expect a pool of 16: with a small one mutations and large merges would never be scheduled.
    merge_tree: {
      number_of_free_entries_in_pool_to_execute_mutation: 1,
      number_of_free_entries_in_pool_to_lower_max_size_of_merge: 1,
      number_of_free_entries_in_pool_to_execute_optimize_entire_partition: 1,
    },
  };
}

export interface UsersConfig {
  readonly database: string;
  readonly writerPassword: string;
  readonly readerPassword: string;
  readonly limits: ReadLimits;
  /** The cap of the whole engine; one read gets a share of it at the most. */
  readonly memoryBytesMax: number;
  /** Another database that the reader may read. */
  readonly alsoReads?: string;
  /** Whether the writer may use named collections; nobody may read what is in them. */
  readonly collections?: boolean;
  /** Settings of everybody. */
  readonly settings?: XmlBranch;
  /** More settings of the reader. */
  readonly readerSettings?: XmlBranch;
}

/**
 * `clickhouse-users.xml`: who may do what.
 *
 * The statements that start the listeners run as `default`, which clickhouse-local insists on and which cannot have a
 * password. It may have one session only: the process's own, open before anybody can connect, so nobody else gets in.
 * Users of such a file have all grants unless listed; `reader` gets nothing but SELECT on our database and the harmless
 * system tables that ClickHouse grants everybody.
 */
export function usersConfigXml(users: UsersConfig): string {
  return xmlDocument({
    profiles: {
      default: users.settings ?? {},
      boot: { max_sessions_for_user: 1 },
      [READER]: readerProfile(users),
    },
    quotas: { default: {} },
    users: {
      default: {
        no_password: {},
        networks: LOOPBACK,
        profile: 'boot',
        quota: 'default',
        grants: {
          query: ['GRANT SYSTEM LISTEN ON *.*', 'GRANT CREATE TEMPORARY TABLE ON *.*', 'GRANT READ ON FILE'],
        },
      },
      ...ourUsers(users, LOOPBACK),
    },
  });
}

/** The writer, who may do everything, and the reader, from these networks. Passwords stand as hashes only. */
export function ourUsers(users: UsersConfig, networks: XmlBranch): XmlBranch {
  return {
    [WRITER]: {
      password_sha256_hex: sha256(users.writerPassword),
      networks,
      profile: 'default',
      quota: 'default',
      ...(users.collections && { named_collection_control: 1 }),
    },
    [READER]: {
      password_sha256_hex: sha256(users.readerPassword),
      networks,
      profile: READER,
      quota: 'default',
      grants: {
        query: [users.database, users.alsoReads ?? []].flat().map((database) => `GRANT SELECT ON ${database}.*`),
      },
    },
  };
}

/** What one read may use. */
export function readerProfile(
  users: Pick<UsersConfig, 'limits' | 'memoryBytesMax' | 'settings' | 'readerSettings'>,
): XmlBranch {
  return {
    ...readSettings({ ...users.limits, memoryBytesMax: readMemory(users) }),
    ...ANSWER_SETTINGS,
    max_threads: READ_THREADS,
    allow_introspection_functions: 0,
    // On in clickhouse-local: an expression alone would be a statement.
    implicit_select: 0,
    readonly: 1,
    ...users.settings,
    ...users.readerSettings,
  };
}

export const LOOPBACK = { ip: ['127.0.0.1', '::1'] };

function readMemory({ limits, memoryBytesMax }: Pick<UsersConfig, 'limits' | 'memoryBytesMax'>): number {
  return Math.min(limits.memoryBytesMax, Math.floor(memoryBytesMax * READ_MEMORY_SHARE));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
