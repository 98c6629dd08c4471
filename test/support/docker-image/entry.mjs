// Entry point of the stand-in image: ClickHouse out of the npm packages, behind the same files, folders, ports and
// signals as the official image. `clickhouse local` merges config.d and users.d by itself, as the server does.
import { spawn } from 'node:child_process';

const STATEMENTS = `SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP;
SELECT count() FROM file(stdin, 'LineAsString', 'line String') FORMAT Null`;
const engine = spawn(
  '/usr/bin/node',
  [
    ...['/opt/engine/engine-process.mjs', '/opt/engine/libchdb.so'],
    ...['--config-file', process.env.CLICKHOUSE_CONFIG, '--path', '/var/lib/clickhouse', '--log-level', 'warning'],
    ...['--listen_host', '0.0.0.0', '--http_port', '8123', '--tcp_port', '9000', '--query', STATEMENTS],
  ],
  { stdio: ['pipe', 'inherit', 'inherit'] },
);
process.on('SIGTERM', () => engine.stdin.end());
engine.on('close', (code, signal) => process.exit(signal === null ? code : 137));
