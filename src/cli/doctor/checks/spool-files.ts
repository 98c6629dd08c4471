import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bytesText, plural } from '../../terminal/units.ts';
import { type Finding, fail, type Patient, pass, skip } from '../check.ts';

/** The spool as it lies on disk, also when no daemon runs. */
export function spoolFiles({ instance }: Patient): Finding {
  const folder = instance.paths.spool;
  if (!existsSync(folder)) return skip('there is no spool yet');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const inFolder = (name: string) => files.filter(({ parentPath }) => basename(parentPath) === name).length;
  const bytes = files.reduce((sum, { parentPath, name }) => sum + sizeOf(join(parentPath, name)), 0);
  const seen = `${plural(files.length, 'file')}, ${bytesText(bytes)}`;
  const damaged = inFolder('quarantine');
  if (damaged === 0) return pass(seen);
  return fail(
    `${seen}; ${plural(damaged, 'damaged segment')} in quarantine, whose readable events were kept`,
    'check the disk (dmesg, smartctl)',
  );
}

/** A segment may be flushed and gone since it was listed. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
