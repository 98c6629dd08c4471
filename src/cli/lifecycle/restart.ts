import { type ResolvedConfig, resolveConfig } from '../../config/resolve.ts';
import { TrackflowError } from '../../errors/error.ts';
import type { Instance } from '../instance.ts';
import { changeText, flagsToForget, keepCommand } from './flag-notes.ts';
import { differences, type StartOptions, type StartReport, startInstance } from './start.ts';
import { type StopOptions, stopInstance } from './stop.ts';

/** Stops, then starts. A configuration that could not start is refused before anything is stopped. */
export async function restartInstance(
  instance: Instance,
  stop: StopOptions,
  start: StartOptions,
): Promise<StartReport> {
  const wanted = resolveConfig({ home: instance.home, env: instance.env, flags: start.flags });
  await sayWhatIsForgotten(instance, wanted);
  await stopInstance(instance, stop);
  return startInstance(instance, start);
}

/** A port that only a flag gave is another one afterwards: whoever restarts is told before senders find out. */
async function sayWhatIsForgotten(instance: Instance, wanted: ResolvedConfig): Promise<void> {
  try {
    const running = await instance.control.config();
    const forgotten = flagsToForget(differences(wanted.config, running.config), running, wanted);
    if (forgotten.length === 0) return;
    instance.say(`flags of the last start are not kept: ${changeText(forgotten, running, wanted)}`);
    instance.say(`to keep them: ${keepCommand(instance, forgotten, running)}, then restart again`);
  } catch (cause) {
    // A daemon that does not run or answer is restarted all the same.
    if (!(cause instanceof TrackflowError)) throw cause;
  }
}
