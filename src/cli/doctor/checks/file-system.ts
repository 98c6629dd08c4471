import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Finding, type Patient, pass, skip, warn } from '../check.ts';

/** Numbers of `statfs(2)` on Linux for places that keep less than they promise. */
const DOUBTFUL: Readonly<Record<number, readonly [name: string, why: string]>> = {
  16914836: ['tmpfs', 'it lies in memory, and a restart of the machine loses every event'],
  2240043254: ['ramfs', 'it lies in memory, and a restart of the machine loses every event'],
  2035054128: ['overlay', 'it goes away with the container; mount a volume'],
  26985: ['NFS', 'its locks and syncs depend on the server'],
  4283649346: ['CIFS', 'its locks and syncs depend on the server'],
  4266872130: ['SMB2', 'its locks and syncs depend on the server'],
  1702057286: ['FUSE', 'whether a sync reaches a disk depends on who serves it'],
};

/** Whether the home lies on something that keeps what was synced. */
export function fileSystem({ instance }: Patient): Finding {
  if (process.platform !== 'linux') return skip('looked at on Linux only');
  const { type } = statfsSync(nearestExisting(instance.home));
  const doubt = DOUBTFUL[type];
  if (doubt === undefined) return pass(`a local disk (type 0x${type.toString(16)})`);
  return warn(`the home is on ${doubt[0]}: ${doubt[1]}`, 'use --home on a local disk');
}

export function nearestExisting(path: string): string {
  let place = path;
  while (!existsSync(place)) place = dirname(place);
  return place;
}
