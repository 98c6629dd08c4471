import type { IncomingMessage } from 'node:http';
import { uncompressSync } from 'lz4-napi';
import { EVENT_LIMITS } from '../../../src/event/limits.ts';
import { isRejection } from '../../../src/event/rejection.ts';
import { type ObjectLimits, ONE_EVENT, readObject } from '../body/object.ts';
import type { Failure } from '../failure.ts';
import { ackJson, type Messages } from '../websocket/messages.ts';
import type { SfplContext } from './context.ts';
import { readCookies } from './cookies.ts';
import type { EventRoutes } from './events.ts';
import { storedFlagsOf } from './events.ts';
import { faultyBody } from './exchange.ts';
import { type Hit, hitDialect } from './hit.ts';
import { isOurs } from './origins.ts';
import { addObject, addQuery, type Params, textOf } from './params.ts';

const LENGTH_BYTES = 4;
/** LZ4 makes 255 bytes of one at most: a length beyond that cannot be meant. */
const RATIO_MAX = 255;
const NO_ORIGIN: Failure = {
  code: 'host_not_allowed',
  message: 'Pages of this origin may not open WebSockets here: it is not of this site, and not in sfpl.origins.',
};

/**
 * What is spoken at `/tr/v1/ws`: a text message is one JSON object; a binary one its uncompressed length (u32, little-endian)
 * and one LZ4 block of it. Path and query of the upgrade are part of every message. `?ack=1` asks for an ack a message, which
 * means that its event is on disk; without it nothing is sent, as that wire never did.
 */
export function socketMessages(
  context: SfplContext,
  routes: EventRoutes,
  req: IncomingMessage,
  rest: string,
  search: string,
): Messages | Failure {
  const { origin, host } = req.headers;
  if (origin !== undefined && !isOurs(origin, host, context.config.origins)) return NO_ORIGIN;
  const cookies = readCookies(req.headers.cookie);
  const common = routes.params(req, rest);
  addQuery(common, search, context.config.ignoreQueryKey);
  const acks = textOf(common, 'ack') === '1';
  common.delete('ack');
  return {
    dialect: hitDialect(context),
    binary: true,
    read: async (bytes, isBinary, sender) => {
      const json = isBinary ? decode(bytes) : bytes;
      const object = json === undefined ? BAD_BLOCK : readObject(json, ONE_EVENT);
      if (isRejection(object)) return faultyBody(object);
      const params: Params = new Map(common);
      addObject(params, object);
      const hit: Hit = { params, cookies, isClient: true, storedFlags: await storedFlagsOf(context, params, sender) };
      return { wires: [hit], faults: new Map() };
    },
    answer: acks ? ackJson : () => '',
  };
}

const BAD_BLOCK = {
  reason: 'bad_format',
  field: '',
  limit: EVENT_LIMITS.eventBytesMax,
  message: 'A binary message is a length of four bytes and one LZ4 block of that length, within the limit of an event.',
} as const;

/** The JSON of a binary message; undefined when it is none. Nothing is allocated for a length that is over the limit. */
function decode(bytes: Buffer, { bytesMax }: ObjectLimits = ONE_EVENT): Buffer | undefined {
  if (bytes.length <= LENGTH_BYTES) return undefined;
  const length = bytes.readUInt32LE(0);
  if (length > bytesMax || length > (bytes.length - LENGTH_BYTES) * RATIO_MAX) return undefined;
  try {
    const json = uncompressSync(bytes);
    return json.length === length ? json : undefined;
  } catch {
    return undefined;
  }
}
