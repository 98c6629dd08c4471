import { account } from './dialects/account.ts';
import type { Dialect } from './dialects/dialect.ts';
import { events } from './dialects/events.ts';
import { track } from './dialects/track.ts';

/** Every path that takes events by POST, with the dialect that is spoken there. */
export function ingestRoutes(eventsPath: string): ReadonlyMap<string, Dialect> {
  return new Map([
    ['/', account],
    ['/track', track],
    [eventsPath, events],
  ]);
}

/** Where WebSockets are opened; their messages speak the dialect `events`. */
export const WEBSOCKET_PATH = '/v1/ws';
