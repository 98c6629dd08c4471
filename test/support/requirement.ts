import { execFileSync } from 'node:child_process';

/**
 * Whether what a test needs of the machine is there. When it is named in `TRACKFLOW_TEST_REQUIRE` (a list with commas) and
 * missing, this throws, so that a gate which promises a service never skips its tests silently.
 */
export function available(name: string, check: () => boolean): boolean {
  const required = isRequired(name);
  let found = false;
  try {
    found = check();
  } catch (error) {
    if (required) throw new Error(`this run requires ${name}: ${error}`, { cause: error });
  }
  if (required && !found) throw new Error(`this run requires ${name}, which is not here`);
  return found;
}

/** Whether this run may not do without it. */
export function isRequired(name: string): boolean {
  return (process.env.TRACKFLOW_TEST_REQUIRE ?? '').split(',').includes(name);
}

/** strace, and the right to trace children. */
export const hasStrace = () =>
  available('strace', () => {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return true;
  });

/** The right to mount a tmpfs, in a mount namespace of its own. */
export const hasTmpfs = () =>
  available('tmpfs', () => {
    execFileSync('unshare', ['--mount', 'sh', '-c', 'mount -t tmpfs -o size=1m none /mnt'], { stdio: 'ignore' });
    return true;
  });
