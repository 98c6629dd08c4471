import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Config } from '../config/schema.ts';
import { TrackflowError } from '../errors/error.ts';
import { packageRoot } from '../package-root.ts';

/** A file that browsers load, as an instance with these settings serves it. */
export interface TrackerFile {
  /** Empty for the tracker itself. */
  readonly option: string;
  /** Always the newest. */
  readonly path: string;
  /** Only ever this very text; it may be kept for ever. */
  readonly versionedPath: string;
  readonly text: string;
  /** Eight hexadecimal digits of the text's hash. */
  readonly version: string;
  /** For the attribute `integrity`: SHA-384 in base64. */
  readonly integrity: string;
}

type Settings = Pick<Config, 'tracker' | 'receive' | 'spool'>;

const CORE = 'trackflow.js';
const NOT_OPTIONS = [CORE, 'index.js'];
const VERSION_DIGITS = 8;
/** Of an hour. */
const HUNDREDS_OF_SECONDS = 36;

/**
 * The tracker and its options under their paths, with what the operator renamed put in: the tracker first. `folder` is
 * what the build wrote. Throws TF_CANNOT_CREATE where nothing was built.
 */
export function trackerFiles(config: Settings, folder: string = join(packageRoot(), 'dist', 'tracker')): TrackerFile[] {
  const names = listed(folder).filter((name) => name.endsWith('.js') && !NOT_OPTIONS.includes(name));
  return [CORE, ...names.sort()].map((name) => {
    const option = name === CORE ? '' : name.slice(0, -'.js'.length);
    const text = withSettings(readFileSync(join(folder, name), 'utf8'), config);
    const hash = createHash('sha384').update(text).digest();
    const version = hash.toString('hex').slice(0, VERSION_DIGITS);
    const stem = stemOf(config) + (option && `.${option}`);
    return {
      option,
      path: `${stem}.js`,
      versionedPath: `${stem}.${version}.js`,
      text,
      version,
      integrity: `sha384-${hash.toString('base64')}`,
    };
  });
}

/** Where pages post their events. */
export function collectPath({ tracker, receive }: Pick<Config, 'tracker' | 'receive'>): string {
  return tracker.collectPath || receive.eventsPath;
}

function stemOf({ tracker }: Settings): string {
  return tracker.path.slice(0, -'.js'.length);
}

/** Settings are checked to hold no quote and no backslash (`src/config/schema.ts`). */
function withSettings(text: string, config: Settings): string {
  const { tracker, spool } = config;
  return (
    text
      .replaceAll('{prefix}', tracker.attributePrefix)
      // Relative, so that a proxy may serve all of it below a path of its own.
      .replaceAll('{collect}', posix.relative(posix.dirname(tracker.path), collectPath(config)) || '.')
      .replaceAll('{options}', `${posix.basename(stemOf(config))}.`)
      // An hour is left for a clock that runs slow and a request that is long on its way; half of a single one.
      .replaceAll('4242424242', `${Math.max(spool.dedupHours - 1, 0.5) * HUNDREDS_OF_SECONDS}e5`)
  );
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new TrackflowError('TF_CANNOT_CREATE', `the tracker was not built: there is no ${folder}`, {
      hints: ['npm run build'],
      cause,
    });
  }
}
