import { ROUTES, type RouteId } from '../../src/access/routes.ts';
import { account } from './dialects/account.ts';
import type { Dialect } from './dialects/dialect.ts';
import { events } from './dialects/events.ts';
import { track } from './dialects/track.ts';

/** The rows of the table of routes that take events by POST, with the dialect that is spoken there. */
const DIALECTS: Readonly<Partial<Record<RouteId, Dialect>>> = { account, track, collect: events, events };

/**
 * Every path that takes events by POST, with the dialect that is spoken there. `collectPath`, where pages post, may be one
 * of its own.
 */
export function ingestRoutes(eventsPath: string, collectPath: string): ReadonlyMap<string, Dialect> {
  const renamed: Readonly<Partial<Record<RouteId, string>>> = { events: eventsPath, collect: collectPath };
  const routes = new Map<string, Dialect>();
  // The first row of the table wins where two have been given the same path.
  for (const { id, path } of ROUTES.toReversed()) {
    const dialect = DIALECTS[id];
    if (dialect !== undefined) routes.set(renamed[id] ?? path, dialect);
  }
  return routes;
}

/** Where WebSockets are opened; their messages speak the dialect `events`. */
export const WEBSOCKET_PATH = ROUTES.find(({ id }) => id === 'websocket')!.path;
