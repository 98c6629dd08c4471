import { fileURLToPath } from 'node:url';
import { prepareHome } from '../../config/home.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { Launch } from '../lifecycle/launch.ts';

const READY_MS = 120_000;

/**
 * Sees to it that a daemon runs while a command needs one: the one of the instance, or one of the command's own that listens
 * on a free port of loopback only and ends with it, in whatever way. Returns how to end that.
 */
export async function attachDaemon(instance: Instance): Promise<() => Promise<void>> {
  try {
    await instance.control.status();
    return async () => {};
  } catch (cause) {
    if (!(cause instanceof TrackflowError) || cause.code !== 'TF_NOT_RUNNING') throw cause;
  }
  const { home, env, signal } = instance;
  prepareHome(home);
  instance.say(`no TrackFlow runs in ${home}: it runs as part of this command`);
  const launch = new Launch({
    program: fileURLToPath(new URL('../../../daemon/main.js', import.meta.url)),
    home,
    env,
    flags: { 'listen.host': '127.0.0.1', 'listen.port': 0 },
    output: instance.paths.daemonOutput,
    attached: true,
  });
  try {
    await launch.ready({ timeoutMs: READY_MS, signal, onProgress: instance.say });
  } catch (cause) {
    await launch.rollBack();
    throw cause;
  }
  return () => launch.rollBack();
}
