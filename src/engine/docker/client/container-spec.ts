import { createHash } from 'node:crypto';

/**
 * A container as it should be: everything that `docker.ts` needs to make one, and nothing it would have to guess. One
 * engine is one of these; several with the same network are a cluster.
 */
export interface ContainerSpec {
  /** Also the name under which others on the network find it. */
  readonly name: string;
  readonly image: string;
  readonly network: string;
  /** Its address there, where others know it by that; the network was made with a range for it. Left out: Docker chooses. */
  readonly address?: string;
  /** Named volumes by the path they are mounted on. They outlive the container. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Put into the container before it starts, each for its owner alone. Secrets belong here: never in labels, environment or arguments. */
  readonly files: readonly ContainerFile[];
  readonly owner: { readonly user: number; readonly group: number };
  readonly environment: Readonly<Record<string, string>>;
  /** Published on loopback only. */
  readonly ports: readonly { readonly inside: number; readonly outside: number }[];
  readonly memoryBytesMax: number;
  /** Cores; 0 is all. */
  readonly cpusMax: number;
  readonly pidsMax: number;
  readonly openFilesMax: number;
  /** Program and arguments that end with 0 while it is well. */
  readonly healthCheck: readonly string[];
  /** What it belongs to: labels of the container, the network and the volumes. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface ContainerFile {
  /** Absolute; its directory exists in the image. */
  readonly path: string;
  readonly content: string;
}

/** Names of our labels. */
export const LABEL = {
  /** Id of the home (`engine-identity.ts`). */
  id: 'trackflow.id',
  /** Path of the home. */
  home: 'trackflow.home',
  /** What the container is for: `engine`. */
  kind: 'trackflow.kind',
  /** `specHash` of what it was made from. */
  config: 'trackflow.config',
} as const;

/** Same containers, same hash: a container with another one is out of date. Holds no secret, only a digest of them. */
export function specHash(spec: ContainerSpec): string {
  return createHash('sha256').update(JSON.stringify(spec)).digest('hex');
}
