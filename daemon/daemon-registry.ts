import type { Config } from '../src/config/schema.ts';
import type { RegistryNews } from '../src/registry/registry.ts';
import { RegistryDesk } from './registry/desk.ts';
import type { StateDatabase } from './state/database.ts';
import { RegistryState } from './state/registry-state.ts';

/** The registry of an instance; `onNews` carries what changed to the collectors. */
export function openRegistry(
  db: StateDatabase,
  { sfpl }: Config,
  onNews: (news: RegistryNews) => void,
  now: () => number,
): RegistryDesk {
  const { linkDomains, linksMax } = sfpl;
  return new RegistryDesk({ state: new RegistryState(db), ownDomains: linkDomains, linksMax, onNews, now });
}
