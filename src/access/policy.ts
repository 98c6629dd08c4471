import { isLoopback } from './loopback.ts';
import { isLocal, readsPlace } from './reads-place.ts';
import type { Need } from './routes.ts';

/** The settings that decide who may do what. */
export interface AccessSettings {
  readonly access: { readonly write: Whom; readonly read: Whom };
  readonly listen: { readonly host: string };
  readonly reads: { readonly listen: string };
}

type Whom = 'auto' | 'anyone' | 'key';

/**
 * What nobody has to prove anything for. By itself TrackFlow asks nothing on loopback; wherever others can reach it,
 * events need a write key and reads a read key.
 */
export function openNeeds({ access, listen, reads }: AccessSettings): ReadonlySet<Need> {
  const open = new Set<Need>(['nothing']);
  if (access.write === 'anyone' || (access.write === 'auto' && isLoopback(listen.host))) open.add('write');
  const place = readsPlace(reads.listen, listen.host)!;
  if (access.read === 'anyone' || (access.read === 'auto' && isLocal(place, listen.host))) {
    open.add('read').add('operate');
  }
  return open;
}
