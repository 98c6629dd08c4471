/**
 * Which engine holds the data of a home, once they were moved: kept in `run/place.json`, so that a flag, a variable or a
 * file of before cannot bring back an engine whose data is old.
 *
 * Always true: while a move commits both engines are named, because either may be the one when the process dies; before
 * the first move there is no file and every engine will do.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TrackflowError } from '../errors/error.ts';
import { errnoOf, fileError } from '../errors/file-error.ts';
import { writeSecret } from './engine-file.ts';

export interface PlacedEngine {
  readonly kind: 'embedded' | 'docker' | 'url' | 'cluster';
  readonly url: string;
  readonly database: string;
}

/** An engine as one word that says where its data lies. */
export function placeOf({ kind, url, database }: PlacedEngine): string {
  const where = kind === 'url' ? ` ${url.replace(/\/+$/, '')}` : '';
  return `${kind}${where} ${database}`;
}

export function placeFile(run: string): string {
  return join(run, 'place.json');
}

/** Where the data lies; null before the first move. Throws TF_IO and what `fileError` gives. */
export function readPlace(run: string): readonly string[] | null {
  const path = placeFile(run);
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { data: readonly string[] }).data;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return null;
    if (!(cause instanceof SyntaxError)) throw fileError(cause, 'read', path);
    throw new TrackflowError('TF_IO', `${path} holds no JSON: it was damaged or is not ours`, { cause });
  }
}

export function writePlace(run: string, data: readonly string[]): void {
  writeSecret(placeFile(run), `${JSON.stringify({ data })}\n`);
}

/** Throws TF_CONFIG for a cluster: its rows lie on several nodes, and a move carries those of one. */
export function refuseCluster({ kind }: Pick<PlacedEngine, 'kind'>): void {
  if (kind !== 'cluster') return;
  throw new TrackflowError('TF_CONFIG', 'the data of a cluster cannot be moved', {
    hints: ['the rows of each shard stay where they are: trackflow cluster status'],
  });
}

/** Throws TF_CONFIG when the data was moved to another engine than this. A cluster is made on purpose and never moved to. */
export function checkPlace(run: string, engine: PlacedEngine): void {
  if (engine.kind === 'cluster') return;
  const data = readPlace(run);
  const wanted = placeOf(engine);
  if (data === null || data.includes(wanted)) return;
  throw new TrackflowError('TF_CONFIG', `the data was moved to ${data.join(' or ')}; ${wanted} holds what was before`, {
    hints: [
      'leave out --engine and TRACKFLOW_ENGINE_KIND: the configuration names the right one',
      `to carry it back: trackflow engine move --to ${engine.kind}`,
      `to use the old data all the same: rm ${placeFile(run)}`,
    ],
  });
}
