import { resolveConfig } from '../../config/resolve.ts';
import type { Instance } from '../instance.ts';
import { type StartOptions, type StartReport, startInstance } from './start.ts';
import { type StopOptions, stopInstance } from './stop.ts';

/** Stops, then starts. A configuration that could not start is refused before anything is stopped. */
export async function restartInstance(
  instance: Instance,
  stop: StopOptions,
  start: StartOptions,
): Promise<StartReport> {
  resolveConfig({ home: instance.home, env: instance.env, flags: start.flags });
  await stopInstance(instance, stop);
  return startInstance(instance, start);
}
