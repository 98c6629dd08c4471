import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { importStandIn } from './docker-image/build.ts';
import { available, isRequired } from './requirement.ts';
import { until } from './until.ts';

const START_MS_MAX = 30_000;
const STOP_MS_MAX = 30_000;

/** The stand-in of the official image (`docker-image/`). */
export const STAND_IN = 'trackflow-stand-in:1';

/**
 * A Docker daemon of a test file's own, with the stand-in image; null where there can be none. With `docker` in
 * `TRACKFLOW_TEST_REQUIRE` it throws instead, with the reason.
 *
 *     const docker = await startTestDocker();
 *     afterAll(() => docker?.stop());
 *     describe.skipIf(docker === null)('…', …);
 */
export async function startTestDocker(): Promise<TestDocker | null> {
  const here = available('docker', () => {
    execFileSync('dockerd', ['--version'], { stdio: 'ignore' });
    if (process.getuid?.() !== 0) throw new Error('dockerd wants to be started by root');
    return true;
  });
  if (!here) return null;
  const docker = new TestDocker();
  try {
    await docker.start();
    await importStandIn(docker.command, STAND_IN, docker.folder);
    return docker;
  } catch (error) {
    await docker.stop();
    if (isRequired('docker')) throw error;
    return null;
  }
}

export class TestDocker {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'trackflow-docker-'));
  readonly host = `unix://${this.folder}/docker.sock`;
  /** The docker command, told which daemon. */
  readonly command = ['docker', '--host', this.host] as const;
  /** A process of its own, as on any machine: dockerd may die and come back while containers go on. */
  #containerd: ChildProcess | null = null;
  #daemon: ChildProcess | null = null;

  /** Starts dockerd. No bridge of its own and no rules of the firewall: nothing is left behind of either. */
  async start(): Promise<void> {
    const place = (name: string) => path.join(this.folder, name);
    if (this.#containerd === null) {
      const state = ['--root', place('containerd'), '--state', place('run'), '--address', place('containerd.sock')];
      this.#containerd = this.#spawn('containerd', state);
      await this.#begun(this.#containerd, () => fs.existsSync(place('containerd.sock')));
    }
    const flags = ['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--host', this.host];
    const places = ['data-root', 'exec-root', 'pidfile'].flatMap((name) => [`--${name}`, place(name)]);
    fs.rmSync(place('pidfile'), { force: true });
    this.#daemon = this.#spawn('dockerd', [...flags, ...places, '--containerd', place('containerd.sock')]);
    await this.#begun(this.#daemon, () => this.#answers());
  }

  #spawn(program: string, args: readonly string[]): ChildProcess {
    const log = fs.openSync(path.join(this.folder, `${program}.log`), 'a');
    const child = spawn(program, args, { stdio: ['ignore', log, log] });
    fs.closeSync(log);
    return child;
  }

  async #begun(child: ChildProcess, isUp: () => boolean): Promise<void> {
    await until(() => child.exitCode !== null || isUp(), START_MS_MAX).catch(() => {});
    if (isUp()) return;
    const [program] = child.spawnargs;
    const words = fs
      .readFileSync(path.join(this.folder, `${program}.log`), 'utf8')
      .trim()
      .split('\n')
      .slice(-5);
    throw new Error(`${program} does not start here:\n${words.join('\n')}`);
  }

  /** Output of a docker command. */
  run(...args: readonly string[]): string {
    const [program, ...before] = this.command;
    return execFileSync(program, [...before, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  }

  /** A second image with the same content and other settings, like `ENTRYPOINT ["…"]`. */
  variant(image: string, ...changes: readonly string[]): string {
    const container = this.run('create', '--network', 'none', STAND_IN);
    this.run('commit', ...changes.flatMap((change) => ['-c', change]), container, image);
    this.run('rm', '-v', container);
    return image;
  }

  /** Names of all containers, running or not. */
  containers(): string[] {
    return this.run('ps', '--all', '--format', '{{.Names}}').split('\n').filter(Boolean);
  }

  /** One field of a container, as Go's templates name it. */
  inspect(name: string, field: string): string {
    return this.run('inspect', '--format', `{{${field}}}`, name);
  }

  /** Ends dockerd by a signal and starts it again. */
  async restart(signal: NodeJS.Signals): Promise<void> {
    await this.#end(signal);
    await this.start();
  }

  /** Removes every container, volume and network. */
  clear(): void {
    const names = this.containers();
    if (names.length > 0) this.run('rm', '--force', '--volumes', ...names);
    const volumes = this.run('volume', 'ls', '--quiet').split('\n').filter(Boolean);
    if (volumes.length > 0) this.run('volume', 'rm', ...volumes);
    this.run('network', 'prune', '--force');
  }

  /** Removes every container and network, ends dockerd and deletes all it had. */
  async stop(): Promise<void> {
    if (this.#daemon?.exitCode === null && this.#answers()) this.clear();
    await this.#end('SIGTERM');
    await ended(this.#containerd, 'SIGTERM');
    for (const mount of mountsBelow(this.folder)) execFileSync('umount', ['--lazy', mount]);
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = null;
    await ended(daemon, signal);
  }

  #answers(): boolean {
    try {
      this.run('version');
      return true;
    } catch {
      return false;
    }
  }
}

/** Environment of a home whose engine are containers of `docker`, small ones. */
export function clusterEnvironment(docker: TestDocker): Record<string, string> {
  return {
    DOCKER_HOST: docker.host,
    TRACKFLOW_ENGINE_IMAGE: STAND_IN,
    TRACKFLOW_ENGINE_MEMORY_BYTES_MAX: '512MiB',
  };
}

async function ended(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await exited;
  clearTimeout(force);
}

/** What a daemon that was killed has left mounted, innermost first. */
function mountsBelow(folder: string): string[] {
  const mounts = fs.readFileSync('/proc/mounts', 'utf8').split('\n');
  return mounts
    .map((line) => line.split(' ')[1] ?? '')
    .filter((place) => place.startsWith(`${folder}/`))
    .reverse();
}
