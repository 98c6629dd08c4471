import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';

/**
 * A tmpfs that only daemons started in it see, with some entries of their home on it. It lives in a mount namespace that
 * a process of ours holds and that ends with it, so nothing is ever left mounted; from outside it is reached through
 * `/proc`.
 *
 *     await using disk = await openSmallDisk(home, 8 * MIB, ['spool']);
 *     await using daemon = await startDaemon({ home, wrapper: disk.wrapper });
 *     disk.fill();
 */
export class SmallDisk {
  readonly #mount: string;
  readonly #holder: ChildProcess;

  constructor(mount: string, holder: ChildProcess) {
    this.#mount = mount;
    this.#holder = holder;
  }

  /** Runs a program where the disk is mounted, under the process id that was spawned. */
  get wrapper(): readonly string[] {
    return ['nsenter', `--mount=/proc/${this.#holder.pid}/ns/mnt`];
  }

  get freeBytes(): number {
    const { bavail, bsize } = fs.statfsSync(this.#root);
    return bavail * bsize;
  }

  /** Takes all room but `leaveBytes`; again, what has become free since. */
  fill(leaveBytes = 0): void {
    const fd = fs.openSync(this.#ballast, 'a');
    try {
      while (this.freeBytes > leaveBytes) fs.writeSync(fd, PIECE);
    } catch (error) {
      // Others write as well: the last piece of room may be theirs.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Gives back what `fill` took. */
  free(): void {
    fs.rmSync(this.#ballast, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#holder, 'exit');
    this.#holder.stdin!.end();
    await gone;
  }

  get #root(): string {
    return path.join(`/proc/${this.#holder.pid}/root`, this.#mount);
  }

  get #ballast(): string {
    return path.join(this.#root, 'ballast');
  }
}

const PIECE = Buffer.alloc(4_096);

/** `entries`: what of the home lies on the disk; a name with a dot is a file. The home must not hold them yet. */
export async function openSmallDisk(home: string, bytes: number, entries: readonly string[]): Promise<SmallDisk> {
  const mount = path.join(home, 'small-disk');
  fs.mkdirSync(mount);
  for (const entry of entries) fs.symlinkSync(path.join(mount, entry), path.join(home, entry));
  const folders = entries.filter((entry) => !entry.includes('.')).map((entry) => path.join(mount, entry));
  const script = `mount -t tmpfs -o size=${bytes} none "$0" && mkdir -p "$0" "$@" && echo mounted && exec cat`;
  const holder = spawn('unshare', ['--mount', 'sh', '-c', script, mount, ...folders], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [said] = await Promise.race([once(holder.stdout!, 'data'), once(holder, 'exit')]);
  if (!String(said).startsWith('mounted')) throw new Error(`cannot mount a tmpfs: ${said}`);
  return new SmallDisk(mount, holder);
}
