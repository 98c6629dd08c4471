import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '../../../src/engine/ports.ts';
import { cpuSeconds } from '../../support/cpu-seconds.ts';
import type { TestDaemon } from '../../support/daemon.ts';
import { until } from '../../support/until.ts';
import { directTable } from './direct.ts';
import type { Measured } from './measured.ts';

import { SECONDS, WARM_UP_SECONDS } from './rounds.ts';
import { send } from './send.ts';

const START_MS_MAX = 10_000;

/** A bare `node:http` server that collects the body, parses the same JSON and answers 202: what Node itself costs. */
export async function measureBare(): Promise<Measured> {
  const child = fork(path.join(import.meta.dirname, 'bare-server.mjs'));
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const measured = await measureServer(`http://127.0.0.1:${port}`, () => cpuSeconds(child.pid!));
  await end(child);
  return measured;
}

/** nginx that answers 204 and writes an access log of its own format: the floor, where the events are a log file. */
export async function measureNginx(): Promise<Measured> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'trackflow-nginx-'));
  const port = await freePort();
  const config = path.join(folder, 'nginx.conf');
  fs.writeFileSync(
    config,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log ${folder}/access.log combined;
  keepalive_requests 1000000000;
  client_body_temp_path ${folder}/body;
  server { listen 127.0.0.1:${port}; location / { return 204; } }
}\n`,
  );
  const child = spawn('nginx', ['-p', folder, '-c', config], { stdio: 'inherit' });
  const url = `http://127.0.0.1:${port}`;
  await until(
    () =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    START_MS_MAX,
  );
  const workers = fs
    .readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number);
  const measured = await measureServer(url, () => workers.reduce((sum, pid) => sum + cpuSeconds(pid), 0));
  await end(child);
  fs.rmSync(folder, { recursive: true });
  return measured;
}

/**
 * The collector that people write first: one ClickHouse insert for each request, into the engine of `daemon` and a table
 * of the same columns, which is not even synced. With `asynchronous` ClickHouse gathers the rows of several requests and answers when they are
 * stored (`async_insert=1, wait_for_async_insert=1`).
 */
export async function measureInsertPerRequest(daemon: TestDaemon, asynchronous: boolean): Promise<Measured> {
  await using table = await directTable(daemon, { synced: false });
  const settings = asynchronous ? 'async_insert=1&wait_for_async_insert=1' : 'async_insert=0';
  const child = fork(path.join(import.meta.dirname, 'insert-per-request.mjs'));
  child.send({ insert: table.insertUrl(`${settings}&input_format_skip_unknown_fields=1`), headers: table.headers });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const { engine } = await daemon.status();
  const engineBefore = cpuSeconds(engine.pid);
  const measured = await measureServer(`http://127.0.0.1:${port}`, () => cpuSeconds(child.pid!));
  const rows = await table.rows();
  await end(child);
  return {
    ...measured,
    storedPerSecond: measured.eventsPerSecond,
    engineCpuMicros: ((cpuSeconds(engine.pid) - engineBefore) / rows) * 1e6,
  };
}

async function measureServer(url: string, cpu: () => number): Promise<Measured> {
  await send(url, 1, WARM_UP_SECONDS);
  const before = cpu();
  const sent = await send(url, 1, SECONDS);
  if (sent.errors > 0) throw new Error(`${url} failed ${sent.errors} of ${sent.requests} requests`);
  return {
    ...sent,
    eventsPerSecond: sent.requests / sent.seconds,
    storedPerSecond: 0,
    cpuMicros: ((cpu() - before) / sent.requests) * 1e6,
    engineCpuMicros: 0,
  };
}

async function end(child: ChildProcess): Promise<void> {
  child.kill();
  await once(child, 'close');
}
