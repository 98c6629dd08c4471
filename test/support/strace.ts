import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A running process some of whose system calls are tampered with until this is disposed of. */
export interface Tampering extends AsyncDisposable {
  /** Resolves when the process is gone or let go. */
  readonly ended: Promise<void>;
}

/**
 * Attaches strace to all threads of a process and injects a fault into its system calls, from outside: the program knows
 * nothing of it. `inject` is strace's own word, `fdatasync:error=EIO:when=3+`; it counts calls per thread. With `paths`
 * only calls that touch one of them count.
 *
 *     await using broken = await tamper(daemon.pid, 'fdatasync:error=EIO', segments);
 */
export async function tamper(pid: number, inject: string, paths: readonly string[] = []): Promise<Tampering> {
  const calls = inject.slice(0, inject.indexOf(':'));
  const filter = paths.flatMap((path) => ['-P', path]);
  const args = ['-f', '-p', String(pid), '-o', '/dev/null', ...filter];
  const child = spawn('strace', [...args, '-e', `trace=${calls}`, '-e', `inject=${inject}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit').then(() => {});
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-2_000);
      if (said.includes('attached')) resolve();
    });
    void ended.then(() => reject(new Error(`strace ended: ${said}`)));
  });
  return {
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
