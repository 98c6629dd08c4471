import { existsSync, rmSync } from 'node:fs';
import { controlSocketPath } from '../../../control/socket-path.ts';
import { readDaemonFile, removeDaemonFile } from '../../lifecycle/daemon-file.ts';
import { processState } from '../../lifecycle/daemon-process.ts';
import { readStatus } from '../../status/read-status.ts';
import { type Finding, type Patient, pass, warn } from '../check.ts';

/** What a daemon that was killed left in the home. The next start replaces it; until then it misleads. */
export function leftovers(patient: Patient): Finding {
  const found = namesOf(patient);
  if (found.length === 0) return pass('none');
  return warn(`of a daemon that is gone: ${found.join(' ')}`, 'trackflow start replaces them; trackflow doctor --fix');
}

/** Removes them, unless a daemon has started since. */
export async function removeLeftovers(patient: Patient): Promise<string[]> {
  const status = await readStatus(patient.instance, { strict: false });
  return namesOf({ ...patient, status }).map((path) => {
    const { daemonJson } = patient.instance.paths;
    if (path === daemonJson) removeDaemonFile(path, readDaemonFile(path)?.pid ?? 0);
    else rmSync(path, { force: true });
    return `removed ${path}`;
  });
}

function namesOf({ instance, status }: Patient): string[] {
  const { state } = status.document;
  // `unknown`: something holds the place; nothing of it is touched.
  if (state !== 'stopped' && state !== 'dead') return [];
  const file = readDaemonFile(instance.paths.daemonJson);
  const isOfTheDead = file !== undefined && ['gone', 'other'].includes(processState(file.pid, instance.home));
  const socket = controlSocketPath(instance.home);
  return [...(isOfTheDead ? [instance.paths.daemonJson] : []), ...(existsSync(socket) ? [socket] : [])];
}
