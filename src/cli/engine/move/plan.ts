import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { withoutCredentials } from '../../../config/checks.ts';
import type { Config } from '../../../config/schema.ts';
import { openDocker } from '../../../engine/docker/bring-up.ts';
import { engineFilePath, engineName, keep, wantedImage } from '../../../engine/docker/engine-spec.ts';
import { readEngineFile } from '../../../engine/engine-file.ts';
import type { Instance } from '../../instance.ts';
import { settingsOf } from '../up.ts';

/** An engine and where its data lies. */
export interface Place {
  readonly kind: Config['engine']['kind'];
  readonly where: string;
}

export interface EngineMovePlan {
  readonly schema: 'trackflow.engine-move-plan/1';
  readonly changed: false;
  readonly from: Place;
  readonly to: Place;
  /** Rows that would be carried, now. */
  readonly rows: number;
  readonly partitions: number;
  /** Events in the spool, which go to whichever engine is the one. */
  readonly spooled: number;
  /** What was looked at of the target, in words. */
  readonly notes: readonly string[];
}

/** What a move would do. Changes nothing: brings nothing up and creates nothing. Rejects where the target is out of reach. */
export async function planMove(instance: Instance, from: Config, to: Config): Promise<EngineMovePlan> {
  const { control } = instance;
  const { spool } = await control.status();
  const { rows: tables } = await control.query(
    'SELECT _partition_id AS partition, toUInt64(count()) AS rows FROM events GROUP BY partition',
  );
  return {
    schema: 'trackflow.engine-move-plan/1',
    changed: false,
    from: placeFor(instance, from),
    to: placeFor(instance, to),
    rows: tables.reduce((sum, { rows }) => sum + Number(rows), 0),
    partitions: tables.length,
    spooled: spool.rows,
    notes: await lookAt(instance, to),
  };
}

export function placeFor(instance: Instance, { engine }: Config): Place {
  return { kind: engine.kind, where: whereFor(instance, engine) };
}

/** The command that deletes what a place holds. */
export function removalOf(instance: Instance, { engine }: Config): string {
  if (engine.kind === 'embedded') return `rm -r ${instance.paths.clickhouse}`;
  if (engine.kind === 'url') return `DROP DATABASE ${engine.database}, on that server`;
  return instance.commandLine(`engine down --purge --yes --confirm=${containerName(instance)}`);
}

function whereFor(instance: Instance, engine: Config['engine']): string {
  if (engine.kind === 'embedded') return instance.paths.clickhouse;
  if (engine.kind === 'url') return `database ${engine.database} at ${withoutCredentials(engine.url)}`;
  return `Docker volume ${containerName(instance)}`;
}

function containerName({ paths }: Instance): string {
  const instance = readEngineFile(engineFilePath({ paths }))?.instance;
  return instance === undefined ? 'trackflow-<id>' : engineName({ instance });
}

async function lookAt(instance: Instance, to: Config): Promise<string[]> {
  if (to.engine.kind === 'embedded') {
    const isThere = existsSync(join(instance.paths.clickhouse, 'store'));
    return isThere ? [`${instance.paths.clickhouse} is there already: it has to be empty, or the move is refused`] : [];
  }
  if (to.engine.kind === 'url') {
    const answer = await fetch(`${to.engine.url.replace(/\/+$/, '')}/ping`, {
      signal: AbortSignal.timeout(PING_MS_MAX),
    });
    return [answer.ok ? 'the server answers' : `the server answers with ${answer.status}`];
  }
  const settings = settingsOf(instance, to);
  const docker = openDocker(settings);
  const { version } = await docker.ping();
  const image = wantedImage(settings, await keep(settings));
  const isHere = (await docker.imageId(image)) !== null;
  return [`Docker ${version} answers`, isHere ? `the image ${image} is here` : `the image ${image} would be pulled`];
}

const PING_MS_MAX = 5_000;
