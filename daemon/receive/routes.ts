import { account } from './dialects/account.ts';
import type { Dialect } from './dialects/dialect.ts';
import { events } from './dialects/events.ts';
import { track } from './dialects/track.ts';

/**
 * Every path that takes events by POST, with the dialect that is spoken there. `collectPath`, where pages post, may be one
 * of its own.
 */
export function ingestRoutes(eventsPath: string, collectPath: string): ReadonlyMap<string, Dialect> {
  return new Map([
    ['/', account],
    ['/track', track],
    [collectPath, events],
    [eventsPath, events],
  ]);
}

/** Where WebSockets are opened; their messages speak the dialect `events`. */
export const WEBSOCKET_PATH = '/v1/ws';
