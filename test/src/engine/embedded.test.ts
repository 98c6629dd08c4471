import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openClickHouse } from '../../../src/clickhouse/client.ts';
import { type EmbeddedOptions, startEmbedded } from '../../../src/engine/embedded.ts';
import type { Engine, EngineState } from '../../../src/engine/engine.ts';
import { engineOptions } from '../../support/engine.ts';
import { until } from '../../support/until.ts';

const READY_MS = 20_000;

let home: string;
let options: EmbeddedOptions;
let logged: string[];
let running: Engine[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'trackflow-embedded-'));
  logged = [];
  running = [];
  options = { ...(await engineOptions(home)), log: (...line) => logged.push(JSON.stringify(line)) };
});

afterEach(async () => {
  for (const engine of running) await engine.close(10_000);
  await rm(home, { recursive: true, force: true });
});

async function start(changes: Partial<EmbeddedOptions> = {}): Promise<Engine> {
  const engine = await startEmbedded({ ...options, ...changes });
  running.push(engine);
  return engine;
}

async function ask(engine: Engine, sql: string): Promise<unknown[]> {
  const server = openClickHouse(engine.endpoint, 'writer');
  try {
    return await server.query(sql);
  } finally {
    await server.close();
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('an embedded engine', () => {
  test('gets ready with its version and an empty database, and stops without leaving a process', async () => {
    const engine = await start();
    expect(engine.state).toBe('starting');
    await engine.ready(READY_MS);
    expect(engine.version).toMatch(/^\d+\.\d+/);
    expect(await ask(engine, `SELECT count() AS n FROM system.tables WHERE database = 'trackflow'`)).toEqual([
      { n: 0 },
    ]);
    const { pid } = engine;
    await engine.close(10_000);
    await engine.close(10_000);
    expect(engine.state).toBe('stopped');
    expect(engine.pid).toBe(0);
    expect(alive(pid)).toBe(false);
  });

  test('gives way to whoever takes events: each of its threads has a lower priority than this process', async () => {
    const engine = await start();
    await engine.ready(READY_MS);
    const threads = (await readdir(`/proc/${engine.pid}/task`)).map(Number);
    // The threads of Node, which were there before, do next to nothing.
    const lower = threads.filter((thread) => getPriority(thread) > getPriority(process.pid));
    expect(threads.length).toBeGreaterThan(20);
    expect(lower.length).toBeGreaterThan(threads.length / 2);
    expect(lower).toContain(engine.pid);
  });

  test('keeps endpoint and rows from one start to the next, in files nobody else can read', async () => {
    const first = await start();
    await first.ready(READY_MS);
    const server = openClickHouse(first.endpoint, 'writer');
    await server.command('CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a');
    await server.command('INSERT INTO t SELECT 7');
    await server.close();
    await first.close(10_000);
    const second = await start();
    await second.ready(READY_MS);
    expect(second.endpoint).toEqual(first.endpoint);
    expect(await ask(second, "SELECT name FROM system.tables WHERE database = 'trackflow'")).toEqual([{ name: 't' }]);
    for (const file of ['engine.json', 'clickhouse.xml', 'clickhouse-users.xml']) {
      expect((await stat(join(home, 'run', file))).mode & 0o777).toBe(0o600);
    }
    expect(await readFile(join(home, 'run', 'clickhouse-users.xml'), 'utf8')).not.toContain(
      second.endpoint.writer.password,
    );
  });

  test('chooses another port when somebody took the kept one, and says so', async () => {
    const first = await start();
    await first.ready(READY_MS);
    await first.close(10_000);
    const port = Number(new URL(first.endpoint.url).port);
    const stranger = createServer().listen(port, '127.0.0.1');
    await once(stranger, 'listening');
    try {
      const second = await start();
      await second.ready(READY_MS);
      expect(second.endpoint.url).not.toBe(first.endpoint.url);
      expect(logged.join('\n')).toContain(`"engine_port_taken",{"kept":${port}`);
    } finally {
      stranger.close();
    }
  });

  test('comes back with its rows after its process was killed, and tells every change', async () => {
    let restarts = 0;
    const engine = await start({ onRestart: () => restarts++ });
    const states: EngineState[] = [];
    engine.onState((state) => states.push(state));
    await engine.ready(READY_MS);
    const { pid } = engine;
    process.kill(pid, 'SIGKILL');
    await until(() => states.length === 3, READY_MS);
    expect(states).toEqual(['ready', 'down', 'ready']);
    expect(engine.pid).not.toBe(pid);
    expect(restarts).toBe(1);
    expect(logged.join('\n')).toContain('SIGKILL');
  });

  test('is down while it does not answer, and ready again when it does', async () => {
    const engine = await start();
    await engine.ready(READY_MS);
    process.kill(engine.pid, 'SIGSTOP');
    await until(() => engine.state === 'down', READY_MS);
    process.kill(engine.pid, 'SIGCONT');
    await until(() => engine.state === 'ready', READY_MS);
  });

  test('ignores the signals that a terminal or a service manager sends to the whole group', async () => {
    const engine = await start();
    await engine.ready(READY_MS);
    const { pid } = engine;
    process.kill(pid, 'SIGINT');
    process.kill(pid, 'SIGTERM');
    expect(await ask(engine, 'SELECT sleep(0.3) AS slept')).toEqual([{ slept: 0 }]);
    expect(engine.pid).toBe(pid);
  });

  test('is killed at the deadline when it does not end', async () => {
    const engine = await start();
    await engine.ready(READY_MS);
    const { pid } = engine;
    process.kill(pid, 'SIGSTOP');
    await engine.close(100);
    expect(alive(pid)).toBe(false);
  });

  test('names the process that holds the data when a second one wants it', async () => {
    const first = await start();
    await first.ready(READY_MS);
    await rm(join(home, 'run', 'engine.json'));
    const second = await start();
    await expect(second.ready(2_000)).rejects.toMatchObject({
      code: 'TF_ENGINE_UNAVAILABLE',
      message: expect.stringContaining(`another engine (process ${first.pid}) still holds ${home}`),
    });
  });

  test('ends when the process that started it is killed', async () => {
    const parent = spawn(process.execPath, [fileURLToPath(new URL('./engine-parent.ts', import.meta.url)), home], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(alive(pid)).toBe(true);
    parent.kill('SIGKILL');
    // At once, while the old engine may still hold its ports and data.
    const next = await start();
    await next.ready(READY_MS);
    await until(() => !alive(pid), READY_MS);
    expect(logged.filter((line) => line.includes('taken'))).toEqual([]);
  });

  test('refuses a file of ports that is not ours, with the way out', async () => {
    const first = await start();
    await first.close(10_000);
    await writeFile(join(home, 'run', 'engine.json'), 'not json');
    await expect(start()).rejects.toMatchObject({ code: 'TF_IO', message: expect.stringContaining('engine.json') });
  });
});
