import { join } from 'node:path';
import { openDocker } from '../../engine/docker/bring-up.ts';
import { ContainerLog, LOG_FILE } from '../../engine/docker/container-log.ts';
import { engineFilePath, engineName } from '../../engine/docker/engine-spec.ts';
import { readEngineFile } from '../../engine/engine-file.ts';
import type { Instance } from '../instance.ts';
import { type LogsOptions, logs } from '../logs/logs.ts';
import { readStatus } from '../status/read-status.ts';
import type { Print } from '../terminal/output.ts';
import type { Style } from '../terminal/style.ts';
import { hadContainer } from './status.ts';
import { engineConfig, settingsOf } from './up.ts';

const EVERYTHING = {
  level: 'debug',
  steps: [],
  since: Number.NEGATIVE_INFINITY,
  until: Number.POSITIVE_INFINITY,
} as const;

/** Prints ClickHouse's log, after bringing the file up to date where no daemon does that. */
export async function engineLogs(
  instance: Instance,
  options: Pick<LogsOptions, 'follow' | 'count' | 'grep' | 'json'>,
  style: Style,
  print: Print,
): Promise<void> {
  const log = await orphanedLog(instance);
  if (log !== undefined) await log.copy(instance.signal);
  const ended = new AbortController();
  const copying = options.follow ? log?.follow(AbortSignal.any([instance.signal, ended.signal])) : undefined;
  // Docker may go away while somebody looks on: then there is nothing more to come.
  copying?.catch(() => {});
  try {
    await logs(instance, { ...options, engine: true, filter: EVERYTHING }, style, print);
  } finally {
    ended.abort();
    await copying?.catch(() => {});
  }
}

/** Of a container that no daemon looks after; undefined where there is none. */
async function orphanedLog(instance: Instance): Promise<ContainerLog | undefined> {
  const id = readEngineFile(engineFilePath(instance))?.instance;
  if (
    id === undefined ||
    !hadContainer(instance) ||
    (await readStatus(instance, { strict: false })).running !== undefined
  )
    return undefined;
  const docker = openDocker(settingsOf(instance, (await engineConfig(instance)).config));
  const name = engineName({ instance: id });
  if ((await docker.container(name)) === null) return undefined;
  return new ContainerLog({ docker, name, path: join(instance.paths.logs, LOG_FILE) });
}
