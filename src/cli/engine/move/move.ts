import { resolve } from 'node:path';
import { resolveConfig } from '../../../config/resolve.ts';
import type { Config } from '../../../config/schema.ts';
import type { Origin } from '../../../config/sources.ts';
import type { TaskReport } from '../../../control/tasks.ts';
import { openDocker } from '../../../engine/docker/bring-up.ts';
import { pullImage } from '../../../engine/docker/client/pull.ts';
import { keep, wantedImage } from '../../../engine/docker/engine-spec.ts';
import { placeOf, refuseCluster } from '../../../engine/place.ts';
import { TrackflowError } from '../../../errors/error.ts';
import type { Instance } from '../../instance.ts';
import { taskFailure, watchTask } from '../../tasks/carried-task.ts';
import { pullView } from '../pull-progress.ts';
import { settingsOf } from '../up.ts';
import { type EngineMovePlan, type Place, placeFor, planMove, removalOf } from './plan.ts';

const NOTHING_CHANGED = 'the engine of before goes on to serve; nothing of it was changed';

export interface EngineMoveOptions {
  readonly to: Config['engine']['kind'];
  readonly image: string | undefined;
  readonly url: string | undefined;
  readonly user: string | undefined;
  readonly passwordFile: string | undefined;
  readonly dryRun: boolean;
}

export interface EngineMoveReport {
  readonly schema: 'trackflow.engine-move/1';
  /** False: the data was there already. */
  readonly changed: boolean;
  /** Null when nothing had to be done. */
  readonly task: string | null;
  readonly from: Place;
  readonly to: Place;
  /** Rows that both engines were proven to hold. */
  readonly rows: number;
  readonly partitions: number;
  readonly seconds: number;
  /** What stays behind until somebody removes it. */
  readonly old: { readonly where: string; readonly remove: string } | null;
}

/**
 * Has the daemon carry the data to another engine and waits until that serves; an interruption leaves the daemon at it.
 * Throws TF_NOT_RUNNING, TF_CONFIG for a target that cannot be one, and what the task ended with: TF_VERIFICATION when both
 * engines do not hold the same.
 */
export async function engineMove(
  instance: Instance,
  options: EngineMoveOptions,
): Promise<EngineMoveReport | EngineMovePlan> {
  const { control } = instance;
  const { config, origins } = await control.config();
  refuseCluster(config.engine);
  const to = targetConfig(instance, config, options);
  if (placeOf(to.engine) === placeOf(config.engine)) return alreadyThere(instance, config);
  refuseFixed(config, to, origins);
  if (options.dryRun) return planMove(instance, config, to);
  if (to.engine.kind === 'docker') await haveImage(instance, to);
  const { task } = await control.startTask('engine-move', paramsOf(to, options));
  instance.say(`task ${task.id} carries the data; events are taken meanwhile. Ctrl-C leaves it to the daemon`);
  const report = await watchTask(instance, Number(task.id));
  if (report.state !== 'done') throw taskFailure(report, NOTHING_CHANGED);
  return moved(instance, config, to, report);
}

/** The configuration as it would be after the move, checked like any other. */
function targetConfig({ home, env }: Instance, config: Config, options: EngineMoveOptions): Config {
  const { to, image, url, user, passwordFile } = options;
  const given = { url, user, passwordFile: passwordFile === undefined ? undefined : resolve(passwordFile) };
  const foreign = to === 'url' ? { image } : to === 'docker' ? given : { image, ...given };
  const misplaced = Object.entries(foreign).find(([, value]) => value !== undefined);
  if (misplaced !== undefined) {
    throw new TrackflowError('TF_USAGE', `--to ${to} takes no ${FLAG_OF[misplaced[0]]}`);
  }
  const flags = {
    'engine.kind': to,
    'engine.image': to === 'docker' ? (image ?? config.engine.image) : config.engine.image,
    ...(to === 'url' && {
      'engine.url': given.url ?? '',
      'engine.user': given.user ?? 'default',
      'engine.passwordFile': given.passwordFile ?? '',
    }),
  };
  // All else is as the daemon has it, which may have been started with other flags and variables than this command.
  const checked = resolveConfig({ home, env, flags }).config.engine;
  const changed = Object.keys(flags).map((key) => key.slice('engine.'.length) as keyof typeof checked);
  const engine = Object.fromEntries(changed.map((name) => [name, checked[name]]));
  return { ...config, engine: { ...config.engine, ...engine } };
}

const FLAG_OF: Readonly<Record<string, string>> = {
  image: '--image',
  url: '--engine-url',
  user: '--engine-user',
  passwordFile: '--engine-password-file',
};

/** The daemon writes the configuration; what the environment says it cannot change. */
function refuseFixed(from: Config, to: Config, origins: Readonly<Record<string, Origin>>): void {
  const fixed = Object.entries(to.engine).find(
    ([name, value]) =>
      origins[`engine.${name}`] === 'env' && value !== (from.engine as Readonly<Record<string, unknown>>)[name],
  );
  if (fixed === undefined) return;
  throw new TrackflowError('TF_CONFIG', `engine.${fixed[0]} comes from the environment: the next start would go back`, {
    hints: ['put it into trackflow.json instead, trackflow restart, then this again', 'trackflow config show'],
  });
}

function paramsOf({ engine }: Config, { image }: EngineMoveOptions): object {
  if (engine.kind === 'embedded') return { to: 'embedded' };
  if (engine.kind === 'docker') return { to: 'docker', ...(image !== undefined && { image }) };
  return { to: 'url', url: engine.url, user: engine.user, passwordFile: engine.passwordFile };
}

/** Here, where a person sees how far it is; the daemon would pull it, too. */
async function haveImage(instance: Instance, to: Config): Promise<void> {
  const settings = settingsOf(instance, to);
  const docker = openDocker(settings);
  await docker.ping();
  const image = wantedImage(settings, await keep(settings));
  if ((await docker.imageId(image)) !== null) return;
  const view = pullView(process.stderr);
  try {
    await pullImage(docker, image, { signal: instance.signal, onProgress: view.show });
  } finally {
    view.end();
  }
}

function moved(
  instance: Instance,
  from: Config,
  to: Config,
  { id, log, createdAt, finishedAt }: TaskReport,
): EngineMoveReport {
  const proven = log.findLast(({ event }) => event === 'move_proven')?.fields;
  return {
    schema: 'trackflow.engine-move/1',
    changed: true,
    task: id,
    from: placeFor(instance, from),
    to: placeFor(instance, to),
    rows: Number(proven?.rows ?? 0),
    partitions: Number(proven?.partitions ?? 0),
    seconds: (Date.parse(finishedAt!) - Date.parse(createdAt)) / 1_000,
    old: { where: placeFor(instance, from).where, remove: removalOf(instance, from) },
  };
}

function alreadyThere(instance: Instance, config: Config): EngineMoveReport {
  const place = placeFor(instance, config);
  const nothing = { rows: 0, partitions: 0, seconds: 0, old: null };
  return { schema: 'trackflow.engine-move/1', changed: false, task: null, from: place, to: place, ...nothing };
}
