import { outcomeJson } from '../outcome.ts';
import type { Dialect } from './dialect.ts';

/** `POST /v1/events`, and WebSocket messages: TrackFlow's own words, which are the names of the columns. */
export const events: Dialect = {
  take: (wire, sender, road) => road(wire, sender),
  answer: outcomeJson,
};
