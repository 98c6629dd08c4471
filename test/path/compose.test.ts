import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../src/engine/ports.ts';
import { packageRoot } from '../../src/package-root.ts';
import { STAND_IN, startTestDocker } from '../support/docker.ts';
import { buildProduct, buildProxy, ENGINE_PACKAGES, PRODUCT, PROXY } from '../support/docker-image/product.ts';
import { available } from '../support/requirement.ts';
import { until } from '../support/until.ts';

const WAIT_MS = 90_000;
const TEST_MS_MAX = 300_000;
const PROJECT = 'trackflow-test';

const hasCompose = available('compose', () => {
  execFileSync('docker-compose', ['version'], { stdio: 'ignore' });
  execFileSync('which', ['nginx'], { stdio: 'ignore' });
  return true;
});
const docker = hasCompose ? await startTestDocker() : null;
afterAll(() => docker?.stop());

describe.skipIf(docker === null)('TrackFlow in containers', { timeout: TEST_MS_MAX }, () => {
  let folder: string;
  let port: number;
  let file: string;
  beforeAll(async () => {
    await buildProduct(docker!);
    await buildProxy(docker!);
  }, TEST_MS_MAX);
  beforeEach(async () => {
    // A copy: the secrets are none of the checkout's.
    folder = fs.mkdtempSync(path.join(docker!.folder, 'deploy-'));
    fs.cpSync(path.join(packageRoot(), 'deploy'), folder, { recursive: true });
    execFileSync(path.join(folder, 'make-secrets.sh'));
    // Where the suite runs nobody may raise limits.
    for (const name of ['compose.yaml', 'compose.replicas.yaml']) {
      const text = fs.readFileSync(path.join(folder, name), 'utf8');
      fs.writeFileSync(path.join(folder, name), text.replace(/^ {4}ulimits:\n.*\n/m, ''));
    }
    port = await freePort();
    key = '';
  });
  afterEach(() => {
    docker!.clear();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function compose(...args: readonly string[]): string {
    const env = {
      ...process.env,
      DOCKER_HOST: docker!.host,
      CLICKHOUSE_IMAGE: STAND_IN,
      TRACKFLOW_IMAGE: PRODUCT,
      PROXY_IMAGE: PROXY,
      TRACKFLOW_PUBLISH: `127.0.0.1:${port}`,
    };
    return execFileSync('docker-compose', ['--project-name', PROJECT, '--file', path.join(folder, file), ...args], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  const container = (service: string) => compose('ps', '--quiet', service).trim();
  const url = (route: string) => `http://127.0.0.1:${port}${route}`;
  const isTaken = async () => (await fetch(url('/health')).catch(() => null))?.status === 200;

  let key = '';
  /** The image asks for one; the Compose files publish on loopback and do not. */
  function makeKey(name: string): void {
    key = (JSON.parse(docker!.run('exec', name, 'trackflow', 'keys', 'create', 'write', '--json')) as { key: string })
      .key;
  }

  /** Whether it was taken. */
  async function post(user: string): Promise<boolean> {
    const body = JSON.stringify({ name: 'sent', account: 'compose', user_id: user });
    const headers = key === '' ? {} : { authorization: `Bearer ${key}` };
    const answer = await fetch(url('/v1/events'), {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(10_000),
    });
    return answer.status === 202;
  }

  function stored(name: string): string[] {
    const sql = 'SELECT user_id FROM events ORDER BY user_id';
    const text = docker!.run('exec', name, 'trackflow', 'query', sql, '--format', 'ndjson');
    const lines = text.split('\n').filter(Boolean);
    return lines.map((line) => (JSON.parse(line) as { user_id: string }).user_id);
  }

  /** What the daemon in this container finds in ClickHouse. */
  async function becomes(users: readonly string[], name: string): Promise<void> {
    let found: string[] = [];
    await until(() => {
      try {
        found = stored(name);
      } catch {
        // ClickHouse is away, or the daemon is still starting.
      }
      return found.length >= users.length;
    }, WAIT_MS).catch(() => {});
    expect(found).toEqual([...users].sort());
  }

  test('the image alone: embedded engine, no root, nothing written outside of its home', async () => {
    docker!.run('network', 'create', 'alone');
    docker!.run('volume', 'create', 'alone');
    const hardened = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
    const library = `${path.join(packageRoot(), ENGINE_PACKAGES)}:/opt/trackflow/${ENGINE_PACKAGES}:ro`;
    const volumes = ['--volume', 'alone:/data', '--volume', library];
    const place = ['--network', 'alone', ...volumes, '--publish', `127.0.0.1:${port}:8080`];
    docker!.run('run', '--detach', '--name', 'alone', ...hardened, ...place, PRODUCT);
    await until(isTaken, WAIT_MS);
    expect(await post('nobody')).toBe(false);
    makeKey('alone');
    expect(await post('alone')).toBe(true);
    await becomes(['alone'], 'alone');
    expect(docker!.run('exec', 'alone', 'node', '-p', 'process.getuid()')).toBe('10001');
    expect(() => docker!.run('exec', 'alone', 'node', '-e', 'fs.writeFileSync("/opt/x", "")')).toThrow(/EROFS/);
    expect(docker!.run('exec', 'alone', 'trackflow', 'status')).toMatch(/TrackFlow \S+ running/);
    await until(() => docker!.inspect('alone', '.State.Health.Status') === 'healthy', WAIT_MS);
    docker!.run('stop', '--time', '60', 'alone');
    expect(docker!.inspect('alone', '.State.ExitCode')).toBe('0');
    docker!.run('start', 'alone');
    await becomes(['alone'], 'alone');
  });

  test('compose.yaml: events are taken while ClickHouse is away, and volumes outlive everything', async () => {
    file = 'compose.yaml';
    compose('up', '--detach', '--no-build');
    await until(isTaken, WAIT_MS);
    expect(await post('first')).toBe(true);
    await becomes(['first'], container('trackflow'));
    const found = JSON.parse(docker!.run('inspect', container('trackflow')))[0];
    expect(found.HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'] });
    expect(found.Config.User).toBe('10001:10001');
    expect(JSON.stringify(found.Config)).not.toContain(
      fs.readFileSync(path.join(folder, 'secrets/clickhouse-password'), 'utf8'),
    );
    compose('stop', 'clickhouse');
    expect(await post('second')).toBe(true);
    compose('start', 'clickhouse');
    await becomes(['first', 'second'], container('trackflow'));
    compose('down');
    expect(docker!.containers()).toEqual([]);
    compose('up', '--detach', '--no-build');
    await becomes(['first', 'second'], container('trackflow'));
  });

  test('compose.replicas.yaml: the proxy passes over a replica that is gone, whose events come when it is back', async () => {
    file = 'compose.replicas.yaml';
    compose('up', '--detach', '--no-build');
    await until(isTaken, WAIT_MS);
    const sent: string[] = [];
    const send = async (user: string) => {
      await until(() => post(user).catch(() => false), WAIT_MS);
      sent.push(user);
    };
    for (let n = 0; n < 20; n++) await send(`before-${n}`);
    const spools = ['trackflow-1', 'trackflow-2', 'trackflow-3'];
    const replicas = spools.map(container);
    // Each of them takes events, whoever the proxy sends this sender to.
    const own =
      'fetch("http://127.0.0.1:8080/v1/events",{method:"POST",body:JSON.stringify({name:"sent",account:"compose",user_id:process.argv[1]})}).then((a)=>process.exit(a.status===202?0:1))';
    for (const [index, replica] of replicas.entries()) {
      docker!.run('exec', replica, 'node', '-e', own, `own-${index}`);
      sent.push(`own-${index}`);
    }
    await becomes(sent, container('trackflow-1'));
    const took = spoolOf('before-0');
    const numbers = new Set(['before-0', 'own-0', 'own-1', 'own-2'].map(spoolOf));
    expect(numbers.size, 'each replica has numbers of its own').toBe(3);
    // With ClickHouse away, what is taken now lies in one spool; then that replica is killed.
    const victim = replicas.find((_, index) => spoolOf(`own-${index}`) === took)!;
    compose('stop', 'clickhouse');
    await send('held');
    docker!.run('kill', victim);
    await send('after');
    compose('start', 'clickhouse');
    docker!.run('start', victim);
    await becomes(sent, container('trackflow-1'));
  });

  /** The number of the batch that brought this event, without what a spool counts in such a test. */
  function spoolOf(user: string): string {
    const sql = `SELECT toString(bitShiftRight(batch, 16)) AS spool FROM events WHERE user_id = '${user}'`;
    const text = docker!.run('exec', container('trackflow-1'), 'trackflow', 'query', sql, '--format', 'ndjson');
    return (JSON.parse(text) as { spool: string }).spool;
  }
});
