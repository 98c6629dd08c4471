/**
 * Serves the files of the browser tracker: any page may load them, from any origin, also with SRI. Everything an answer
 * needs is made when the collector starts, compressed bodies included; a request costs a look-up and a write.
 *
 * A path with the version in it is good for ever. One with another version (a page older than an upgrade) gets the file
 * of today, which is not kept for long: a page without SRI goes on to track.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Counters } from '../telemetry/counters.ts';
import { type Failure, failureJson } from './failure.ts';
import { RECEIVE_LIMITS } from './limits.ts';
import { countAnswer, failureHeaders, sendEarly, statusOf } from './respond.ts';

/** One file, and the two paths that it is served at. */
export interface ServedFile {
  readonly path: string;
  readonly versionedPath: string;
  readonly text: string;
  readonly version: string;
}

type Encoding = 'br' | 'gzip' | 'identity';

interface Prepared {
  readonly etag: string;
  readonly headers: readonly string[];
  readonly bodies: Readonly<Record<Encoding, Buffer>>;
}

const VERSION = /\.[0-9a-f]{8}\.js$/;
const METHOD_NOT_ALLOWED: Failure = {
  code: 'method_not_allowed',
  message: 'The tracker is read with GET.',
  headers: ['Allow', 'GET, HEAD'],
};

export class TrackerScript {
  readonly #counters: Counters;
  readonly #newest = new Map<string, Prepared>();
  readonly #versioned = new Map<string, Prepared>();

  constructor(files: readonly ServedFile[], counters: Counters) {
    this.#counters = counters;
    for (const { path, versionedPath, text, version } of files) {
      const bodies = compressed(text);
      const etag = `W/"${version}"`;
      const prepare = (cache: string) => ({ etag, bodies, headers: headersOf(etag, cache) });
      this.#newest.set(path, prepare(NEWEST));
      this.#versioned.set(versionedPath, prepare(FOR_EVER));
    }
  }

  /** Answers when the path is one of the tracker's; false, and nothing is done, when it is not. */
  handle(req: IncomingMessage, res: ServerResponse, path: string): boolean {
    const file = this.#newest.get(path) ?? this.#versioned.get(path) ?? this.#newest.get(path.replace(VERSION, '.js'));
    if (file === undefined) return false;
    const { method, headers } = req;
    if (method !== 'GET' && method !== 'HEAD') {
      this.#refuse(res);
      return true;
    }
    if (isKnown(headers['if-none-match'], file.etag)) {
      countAnswer(this.#counters, 304);
      res.writeHead(304, [...file.headers]).end();
      return true;
    }
    const encoding = chosenEncoding(headers['accept-encoding']);
    const body = file.bodies[encoding];
    const head = [...file.headers, 'Content-Type', CONTENT_TYPE, 'Content-Length', String(body.length)];
    if (encoding !== 'identity') head.push('Content-Encoding', encoding);
    countAnswer(this.#counters, 200);
    res.writeHead(200, head);
    res.end(method === 'HEAD' ? undefined : body);
    return true;
  }

  #refuse(res: ServerResponse): void {
    const status = statusOf(METHOD_NOT_ALLOWED);
    countAnswer(this.#counters, status);
    sendEarly(res, status, failureJson(METHOD_NOT_ALLOWED), failureHeaders(METHOD_NOT_ALLOWED));
  }
}

const CONTENT_TYPE = 'text/javascript; charset=utf-8';
const NEWEST = `public, max-age=${RECEIVE_LIMITS.scriptSeconds}, stale-while-revalidate=${RECEIVE_LIMITS.scriptStaleSeconds}`;
const FOR_EVER = 'public, max-age=31536000, immutable';

function headersOf(etag: string, cache: string): readonly string[] {
  return [
    'ETag',
    etag,
    'Cache-Control',
    cache,
    'Vary',
    'Accept-Encoding',
    'Access-Control-Allow-Origin',
    '*',
    'Cross-Origin-Resource-Policy',
    'cross-origin',
    'Timing-Allow-Origin',
    '*',
    'X-Content-Type-Options',
    'nosniff',
  ];
}

function compressed(text: string): Prepared['bodies'] {
  const identity = Buffer.from(text);
  return {
    identity,
    gzip: gzipSync(identity, { level: constants.Z_BEST_COMPRESSION }),
    br: brotliCompressSync(identity, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: identity.length } }),
  };
}

/** Weak comparison, as If-None-Match wants it (RFC 9110, 13.1.2). */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const opaque = etag.replace('W/', '');
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((one) => one.trim().replace('W/', '') === opaque);
}

/** The best of what the client takes; a weight of 0 is a refusal. */
function chosenEncoding(acceptEncoding: string | undefined): Encoding {
  const taken = (acceptEncoding ?? '').toLowerCase().split(',');
  const takes = (name: string) =>
    taken.some((one) => {
      const [coding = '', weight = ''] = one.split(';').map((part) => part.trim());
      return coding === name && !/^q=0(\.0*)?$/.test(weight);
    });
  if (takes('br')) return 'br';
  return takes('gzip') ? 'gzip' : 'identity';
}
