import type { Failure } from '../failure.ts';

/** How a body is cut into events: by its shape, or one event a line whatever it looks like. */
export type Media = 'json' | 'lines';

const MEDIA: ReadonlyMap<string, Media> = new Map([
  ['', 'json'],
  ['application/json', 'json'],
  // What sendBeacon sends for a string: the one type that needs no preflight.
  ['text/plain', 'json'],
  ['application/x-ndjson', 'lines'],
  ['application/ndjson', 'lines'],
]);

/** Characters of a wrong Content-Type that the answer repeats. */
const SHOWN_MAX = 64;

function unsupported(given: string): Failure {
  const message = `Content-Type is ${JSON.stringify(given.slice(0, SHOWN_MAX))}; allowed: application/json, application/x-ndjson or text/plain, in UTF-8.`;
  return { code: 'unsupported_media_type', message };
}

/** Reads a Content-Type. None counts as JSON; a charset other than UTF-8 is refused. */
export function mediaOf(contentType: string | undefined): Media | Failure {
  return MEDIA.get(contentType ?? '') ?? parameterized(contentType!.toLowerCase());
}

function parameterized(contentType: string): Media | Failure {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  if (charset !== undefined && !/^charset="?(utf-?8|us-ascii)"?$/.test(charset)) return unsupported(contentType);
  return MEDIA.get(type) ?? unsupported(contentType);
}
