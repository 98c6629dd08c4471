import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openClickHouse } from '../../../src/clickhouse/client.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { readPasswordFile } from '../../../src/engine/password-file.ts';
import { startUrl, type UrlOptions } from '../../../src/engine/url.ts';
import { startEngine, TEST_LIMITS, type TestEngine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';

const READY_MS = 10_000;

let server: TestEngine;
let logged: string[] = [];
let folder: string;
let passwordFile: string;
const open: { close(timeoutMs: number): Promise<void> }[] = [];

beforeAll(async () => {
  server = await startEngine({ migrated: false });
  folder = await mkdtemp(join(tmpdir(), 'trackflow-url-'));
  passwordFile = await secretFile('password', `${server.endpoint.writer.password}\n`, 0o600);
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close(1_000);
  logged = [];
});

async function secretFile(name: string, text: string, mode: number): Promise<string> {
  await writeFile(join(folder, name), text, { mode });
  return join(folder, name);
}

async function start(changes: Partial<UrlOptions> = {}): Promise<Engine> {
  const { url, writer } = server.endpoint;
  const engine = await startUrl({
    url,
    user: writer.user,
    passwordFile,
    database: 'elsewhere',
    log: (...line) => logged.push(JSON.stringify(line)),
    ...changes,
  });
  open.push(engine);
  return engine;
}

/** A server that says it is ClickHouse of some version, and nothing else. */
async function pretend(version: string, port = 0) {
  const fake = createServer((request, response) => {
    request.resume();
    response.end(JSON.stringify({ meta: [{ name: 'version', type: 'String' }], data: [[version]] }));
  });
  await new Promise<void>((resolve) => fake.listen(port, '127.0.0.1', resolve));
  const bound = (fake.address() as AddressInfo).port;
  const close = async () => {
    fake.closeAllConnections();
    await new Promise((resolve) => fake.close(resolve));
  };
  return { url: `http://127.0.0.1:${bound}`, port: bound, close };
}

describe('an engine by address', () => {
  test('gets ready on a server that is new enough and creates its database there', async () => {
    const engine = await start();
    await engine.ready(READY_MS);
    expect(engine.version).toBe(server.engine.version);
    expect(engine.pid).toBe(0);
    const found = await server.query(`SELECT name FROM system.databases WHERE name = 'elsewhere'`);
    expect(found).toEqual([{ name: 'elsewhere' }]);
  });

  test('holds its reads to reading and to limits though the user may write', async () => {
    const engine = await start();
    await engine.ready(READY_MS);
    const reader = openClickHouse(engine.endpoint, 'reader', { ...TEST_LIMITS, rowsMax: 10 });
    try {
      expect(await reader.query('SELECT number FROM numbers(3)')).toHaveLength(3);
      await expect(reader.command('CREATE TABLE t (a UInt8) ENGINE = Memory')).rejects.toMatchObject({ code: 164 });
      await expect(reader.query('SELECT number FROM numbers(100000)')).rejects.toMatchObject({ code: 396 });
    } finally {
      await reader.close();
    }
  });

  test('refuses a server that is too old at once, with both versions', async () => {
    const fake = await pretend('24.8.1.1');
    open.push(fake);
    const engine = await start({ url: fake.url });
    await expect(engine.ready(READY_MS)).rejects.toMatchObject({
      code: 'TF_ENGINE_UNAVAILABLE',
      message: 'ClickHouse 24.8.1.1 is too old: 25.3 or newer is needed',
    });
    expect(logged).toHaveLength(1);
  });

  test('refuses a wrong password at once and names the settings to look at', async () => {
    const engine = await start({ passwordFile: await secretFile('wrong', 'wrong', 0o600) });
    await expect(engine.ready(READY_MS)).rejects.toMatchObject({
      code: 'TF_ENGINE_UNAVAILABLE',
      hints: [expect.stringContaining('engine.passwordFile')],
    });
  });

  test('waits for a server that does not answer yet, until the deadline', async () => {
    const engine = await start({ url: 'http://127.0.0.1:1' });
    await expect(engine.ready(200)).rejects.toMatchObject({
      code: 'TF_ENGINE_UNAVAILABLE',
      message: expect.stringContaining('http://127.0.0.1:1'),
    });
    expect(engine.state).toBe('starting');
  });

  test('is down while the server is away and ready when it is back', async () => {
    const fake = await pretend('26.1.1.1');
    const engine = await start({ url: fake.url });
    await engine.ready(READY_MS);
    await fake.close();
    await until(() => engine.state === 'down', READY_MS);
    open.push(await pretend('26.2.1.1', fake.port));
    await until(() => engine.state === 'ready', READY_MS);
    expect(engine.version).toBe('26.2.1.1');
  });

  test.each(['ftp://host', 'nonsense', 'http://user:secret@host:8123'])('refuses the address %s', async (url) => {
    await expect(start({ url })).rejects.toMatchObject({ code: 'TF_CONFIG' });
    await expect(start({ url })).rejects.not.toThrow(/secret/);
  });
});

describe('the password file', () => {
  test('gives its line when only its owner may read it, and is refused otherwise', async () => {
    expect(readPasswordFile(await secretFile('closed', 'secret\n', 0o600))).toBe('secret');
    expect(readPasswordFile('')).toBe('');
    const shared = await secretFile('shared', 'secret', 0o644);
    expect(() => readPasswordFile(shared)).toThrow(/can be read by others/);
    expect(() => readPasswordFile(join(folder, 'missing'))).toThrow(/cannot read/);
  });
});
