import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CliResult, runCli } from '../support/cli.ts';
import { clusterEnvironment, startTestDocker } from '../support/docker.ts';

/** Several containers one after the other, on a machine that may have other work. */
const TEST_MS_MAX = 300_000;

const docker = await startTestDocker();
afterAll(() => docker?.stop());

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'trackflow-cluster-path-'));
});
afterEach(() => {
  docker!.clear();
  rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

function cli(...args: readonly string[]): Promise<CliResult> {
  return runCli([...args, '--home', home], { env: clusterEnvironment(docker!) });
}

/** The document of a command that ends with `exit`. */
async function json(args: readonly string[], exit = 0): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await cli(...args, '--json');
  if (code !== exit) throw new Error(`${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function failure(...args: readonly string[]): Promise<{ code: string; exit: number; message: string }> {
  const { code, stdout } = await cli(...args, '--json');
  const { error } = JSON.parse(stdout) as { error: { code: string; exit: number; message: string } };
  expect(code).toBe(error.exit);
  return error;
}

function prefix(): string {
  const { instance } = JSON.parse(readFileSync(join(home, 'run', 'engine.json'), 'utf8')) as { instance: string };
  return `trackflow-${instance}`;
}

const ids = (names: readonly string[]) => names.map((name) => docker!.inspect(name, '.Id'));

describe.skipIf(docker === null)('trackflow cluster', { timeout: TEST_MS_MAX }, () => {
  test('makes containers that know each other, finds them again, adds shards, and deletes data by its name only', async () => {
    expect(await failure('start', '--engine', 'cluster')).toMatchObject({ code: 'TF_CONFIG', exit: 64 });
    const up = await json(['cluster', 'up', '--shards', '2']);
    expect(up).toMatchObject({ changed: true, shards: 2, replicas: 1, daemon: null });
    const name = prefix();
    const nodes = [`${name}-s1r1`, `${name}-s2r1`];
    expect(docker!.containers().sort()).toEqual(nodes);
    const found = JSON.parse(docker!.run('inspect', nodes[1]!))[0];
    expect(found.Config.Labels).toMatchObject({ 'trackflow.id': name.slice(10), 'trackflow.kind': 'node' });
    const published = Object.values(found.HostConfig.PortBindings as Record<string, { HostIp: string }[]>).flat();
    expect(published.map(({ HostIp }) => HostIp)).toEqual(['127.0.0.1']);
    const kept = readFileSync(join(home, 'run', 'cluster.json'), 'utf8');
    const { secret } = JSON.parse(kept) as { secret: string };
    expect(JSON.stringify(found)).not.toContain(secret);

    // A second time nothing changes, and another shape is not taken for it.
    const before = ids(nodes);
    expect(await json(['cluster', 'up', '--shards', '2'])).toMatchObject({ changed: false });
    expect(ids(nodes)).toEqual(before);
    expect(readFileSync(join(home, 'run', 'cluster.json'), 'utf8')).toBe(kept);
    expect(await failure('cluster', 'up', '--shards', '3')).toMatchObject({ code: 'TF_USAGE', exit: 2 });
    expect(await json(['cluster', 'status'])).toMatchObject({ state: 'ready', shardCount: 2, rows: 0, missing: [] });
    expect(await json(['cluster', 'test'])).toMatchObject({ ok: true });

    // One that is away is named, by status and by the test, and brought up again with the others untouched.
    docker!.run('stop', nodes[1]!);
    const degraded = await json(['cluster', 'status'], 5);
    expect(degraded).toMatchObject({ state: 'degraded', rows: null, missing: [2] });
    const tested = await json(['cluster', 'test'], 69);
    expect(tested.shards).toMatchObject([
      { shard: 1, ok: true, written: true },
      { shard: 2, ok: false, written: false },
    ]);
    expect(await failure('cluster', 'scale', '--shards', '3')).toMatchObject({ code: 'TF_ENGINE_UNAVAILABLE' });
    expect(await json(['cluster', 'up'])).toMatchObject({ changed: true });
    expect(ids(nodes)).toEqual(before);

    // One shard more.
    expect(await failure('cluster', 'scale', '--shards', '1')).toMatchObject({ code: 'TF_USAGE', exit: 2 });
    expect(await json(['cluster', 'scale', '--shards', '3'])).toMatchObject({ changed: true, from: 2, restart: false });
    nodes.push(`${name}-s3r1`);
    expect(docker!.containers().sort()).toEqual(nodes);
    expect(await json(['cluster', 'test'])).toMatchObject({ ok: true });

    // Down stops, and deletes nothing but by its name.
    expect(await json(['cluster', 'down'])).toMatchObject({ changed: true, stopped: nodes, deleted: [] });
    expect((await cli('cluster', 'status')).stdout).toContain('without shard 1, 2, 3');
    const unconfirmed = await failure('cluster', 'down', '--purge', '--yes', `--confirm=${name}`);
    expect(unconfirmed).toMatchObject({ code: 'TF_USAGE', exit: 2 });
    expect(docker!.run('volume', 'ls', '--quiet').split('\n').sort()).toEqual(nodes);
    const purged = await json(['cluster', 'down', '--purge', '--yes', `--confirm=${name}-cluster`]);
    expect(purged.deleted).toHaveLength(7);
    expect(docker!.containers()).toEqual([]);
    expect(docker!.run('volume', 'ls', '--quiet')).toBe('');
    expect(docker!.run('network', 'ls', '--quiet', '--filter', 'name=trackflow')).toBe('');
    expect(await failure('cluster', 'status')).toMatchObject({ code: 'TF_CONFIG' });
  });

  test('a start that cannot be done leaves nothing', async () => {
    const broken = docker!.variant('trackflow-broken:1', 'ENTRYPOINT ["/usr/bin/node", "-e", "process.exit(3)"]');
    const failed = await failure('cluster', 'up', '--shards', '2', '--image', broken);
    expect(failed).toMatchObject({ code: 'TF_ENGINE_UNAVAILABLE', exit: 69 });
    expect(docker!.containers()).toEqual([]);
    expect(docker!.run('volume', 'ls', '--quiet')).toBe('');
    expect(docker!.run('network', 'ls', '--quiet', '--filter', 'name=trackflow')).toBe('');
    expect(await failure('cluster', 'status')).toMatchObject({ code: 'TF_CONFIG' });
  });
});
