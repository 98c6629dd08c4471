import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TrackflowError } from '../../errors/error.ts';
import { errnoOf, fileError } from '../../errors/file-error.ts';
import { writeSecret } from '../engine-file.ts';

/** Above it one machine is not where a cluster should run. */
export const SHARDS_MAX = 16;
export const REPLICAS_MAX = 5;

export interface ClusterShape {
  readonly shards: number;
  /** Copies of each shard; 1 is none but the shard itself. */
  readonly replicas: number;
}

/**
 * What a cluster keeps from the moment it first worked, in `run/cluster.json` (0600). While it is there the home's events
 * are in the cluster.
 */
export interface ClusterFile extends ClusterShape {
  /** That worked last. */
  readonly image: string;
  /** Range of addresses of its network. */
  readonly subnet: string;
  /** Between the nodes: they let each other in by it. */
  readonly secret: string;
  /** Published loopback port of each node's HTTP, by its name (`s1r1`). */
  readonly ports: Readonly<Record<string, number>>;
}

type Home = { readonly paths: { readonly run: string } };

export function clusterFilePath({ paths }: Home): string {
  return join(paths.run, 'cluster.json');
}

/** What is kept; null when this home has no cluster. Throws TF_IO and what `fileError` gives. */
export function readCluster(home: Home): ClusterFile | null {
  const path = clusterFilePath(home);
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ClusterFile;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return null;
    if (!(cause instanceof SyntaxError)) throw fileError(cause, 'read', path);
    throw new TrackflowError('TF_IO', `${path} holds no JSON: it was damaged or is not ours`, {
      hints: [`delete ${path}, then trackflow cluster up with the same --shards and --replicas: the data stays`],
    });
  }
}

/** The same where there must be one. Throws TF_CONFIG besides. */
export function requireCluster(home: Home): ClusterFile {
  const found = readCluster(home);
  if (found !== null) return found;
  throw new TrackflowError('TF_CONFIG', 'this home has no cluster yet', {
    hints: ['trackflow cluster up --shards 2'],
  });
}

export function writeCluster(home: Home, file: ClusterFile): void {
  writeSecret(clusterFilePath(home), `${JSON.stringify(file, null, 2)}\n`);
}

/** Nobody looks for the cluster in this home any more. */
export function forgetCluster(home: Home): void {
  rmSync(clusterFilePath(home), { force: true });
}
