/**
 * Our configuration of a ClickHouse in a container: files that add to those of the image, as its documentation asks. What
 * the image itself configures stays, but for what would grow without bound or listen for nothing.
 */
import { LOOPBACK, ourUsers, READER, readerProfile, resources, type UsersConfig } from '../server-config.ts';
import { type XmlBranch, xmlDocument } from '../xml.ts';
import type { ContainerFile } from './client/container-spec.ts';

const CONFIG_FOLDER = '/etc/clickhouse-server/config.d';
const USERS_FOLDER = '/etc/clickhouse-server/users.d';

/** Log tables that the image's own configuration has had in some version; naming one that it has not does nothing. */
const LOG_TABLES = [
  'query_log',
  'query_thread_log',
  'query_views_log',
  'query_metric_log',
  'part_log',
  'trace_log',
  'text_log',
  'metric_log',
  'transposed_metric_log',
  'latency_log',
  'error_log',
  'crash_log',
  'session_log',
  'asynchronous_metric_log',
  'asynchronous_insert_log',
  'opentelemetry_span_log',
  'processors_profile_log',
  'backup_log',
  'blob_storage_log',
  's3queue_log',
  'azure_queue_log',
  'zookeeper_log',
  'zookeeper_connection_log',
  'aggregated_zookeeper_log',
  'background_schedule_pool_log',
  'iceberg_metadata_log',
  'delta_lake_metadata_log',
  'dead_letter_queue',
];
const UNUSED_PORTS = ['mysql_port', 'postgresql_port'];
const REMOVED: XmlBranch = { '@remove': 'remove' };
/** Only what is published on loopback, or stands in the same network, gets as far as the password. */
const ANYWHERE: XmlBranch = { ip: ['::/0'] };

/** `config.d/trackflow.xml` and `users.d/trackflow.xml`. `extra` is added to the former. */
export function serverFiles(users: UsersConfig, extra: XmlBranch = {}): ContainerFile[] {
  const removed = Object.fromEntries([...LOG_TABLES, ...UNUSED_PORTS].map((name) => [name, REMOVED]));
  return [
    {
      path: `${CONFIG_FOLDER}/trackflow.xml`,
      content: xmlDocument({
        logger: { level: 'warning', console: 1 },
        ...resources(users.memoryBytesMax),
        ...removed,
        ...extra,
      }),
    },
    { path: `${USERS_FOLDER}/trackflow.xml`, content: usersXml(users) },
  ];
}

/** The image's own user, who has no password, is held to the container itself. */
function usersXml(users: UsersConfig): string {
  return xmlDocument({
    profiles: { [READER]: readerProfile(users) },
    users: {
      default: { networks: { '@replace': 'replace', ...LOOPBACK } },
      ...ourUsers(users, ANYWHERE),
    },
  });
}
