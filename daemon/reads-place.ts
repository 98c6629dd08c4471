import path from 'node:path';
import { isLoopback } from '../src/access/loopback.ts';
import { readsPlace } from '../src/access/reads-place.ts';
import type { HomePaths } from '../src/config/home.ts';
import type { Config } from '../src/config/schema.ts';
import { claimPort, collectorUrl } from './port.ts';
import type { ReadsAt } from './receive/reads/place.ts';

/**
 * Where the collectors answer reads, and how a person on this machine gets there; `url` is that of the events. A free
 * port is kept in `<run>/reads-port`. Throws as `claimPort` does.
 */
export async function claimReads(
  { listen, reads }: Config,
  paths: HomePaths,
  url: string,
): Promise<{ readonly readsAt: ReadsAt; readonly readsUrl: string }> {
  const place = readsPlace(reads.listen, listen.host)!;
  if (place.kind === 'collector') return { readsAt: null, readsUrl: url };
  if (place.kind === 'unix') return { readsAt: { path: place.path }, readsUrl: `unix:${place.path}` };
  const { host } = place;
  const port = await claimPort(host, place.port, path.join(paths.run, 'reads-port'));
  return { readsAt: { host, port }, readsUrl: collectorUrl(host, port, url.startsWith('https:') && !isLoopback(host)) };
}
