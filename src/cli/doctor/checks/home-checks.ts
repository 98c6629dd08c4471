import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { errnoOf } from '../../../errors/file-error.ts';
import { bytesText, countText } from '../../terminal/units.ts';
import { type Check, type Finding, fail, NO_CONFIG, type Patient, pass, warn } from '../check.ts';
import { fileSystem, nearestExisting } from './file-system.ts';
import { leftovers, removeLeftovers } from './leftovers.ts';
import { closePermissions, permissions } from './permissions.ts';
import { spoolFiles } from './spool-files.ts';

/** Share of the inodes that should be free. */
const FREE_FILES_SHARE_MIN = 0.05;

/** The place where an instance keeps everything, and what it is told there. */
export const HOME_CHECKS: readonly Check[] = [
  { id: 'config', look: configuration },
  { id: 'home', look: writable },
  { id: 'home-permissions', look: permissions, mend: closePermissions },
  { id: 'leftovers', look: leftovers, mend: removeLeftovers },
  { id: 'disk', look: freeSpace },
  { id: 'file-system', look: fileSystem },
  { id: 'spool-files', look: spoolFiles },
];

function configuration({ config, instance }: Patient): Finding {
  if (config instanceof Error) return fail(config.message, 'trackflow config validate');
  const changed = Object.entries(config.origins).filter(([, origin]) => origin !== 'default');
  const file = existsSync(instance.paths.config) ? instance.paths.config : `no ${instance.paths.config}`;
  const named = changed.map(([key, origin]) => `${key} (${origin})`).join(', ');
  return pass(changed.length === 0 ? `all defaults (${file})` : `valid, not defaults: ${named} (${file})`);
}

function writable({ instance }: Patient): Finding {
  const { home } = instance;
  const place = nearestExisting(home);
  try {
    accessSync(place, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    return fail(`${place} cannot be written: ${errnoOf(cause)}`, 'use another place: --home DIR');
  }
  return pass(place === home ? `${home} can be written` : `${home} is not there yet; start makes it`);
}

function freeSpace({ instance, config }: Patient): Finding {
  if (config instanceof Error) return NO_CONFIG;
  const { freeBytesMin } = config.config.spool;
  const { bavail, bsize, files, ffree } = statfsSync(nearestExisting(instance.home));
  const free = bavail * bsize;
  const seen = `${bytesText(free)} free`;
  const floor = `events are refused below ${bytesText(freeBytesMin)} (spool.freeBytesMin)`;
  if (free < freeBytesMin) return fail(`${seen}; ${floor}`, 'free disk space, or use --home on another disk');
  if (free < 2 * freeBytesMin) return warn(`${seen}; ${floor}`, 'free disk space soon');
  if (files > 0 && ffree < files * FREE_FILES_SHARE_MIN) {
    return warn(`${seen}, but only ${countText(ffree)} of ${countText(files)} files`, 'remove small files (df -i)');
  }
  return pass(seen);
}
