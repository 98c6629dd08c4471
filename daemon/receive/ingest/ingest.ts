/**
 * Takes events by POST: collects the body within its limits, reads it, sends its events down the road and answers once
 * they are durable. It works on `node:http` itself: this is the hottest path of the daemon.
 *
 * Promises: one answer a request; 202 only after the commit. Always true: the bytes held are in the `Inflight` budget
 * from when they came until the answer. When a limit is passed, the answer goes out at once and the rest of the body is
 * thrown away. When the client goes away before its body is complete, nothing was taken; when it goes away later, the
 * events are committed all the same.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Denial } from '../../access/denial.ts';
import { isDenied } from '../../access/gatekeeper.ts';
import type { Grant } from '../../access/grant.ts';
import { readBody } from '../body/body.ts';
import { bodyTooLarge, collectBody } from '../body/collect.ts';
import { type Decompress, decompress, decompressorOf } from '../body/decompress.ts';
import { type Media, mediaOf } from '../body/media.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { type Failure, failureJson, INTERNAL, isFailure } from '../failure.ts';
import type { Outcome } from '../outcome.ts';
import type { ReceiverParts } from '../parts.ts';
import { countAnswer, failureHeaders, send, sendEarly, statusOf } from '../respond.ts';
import { senderOf } from '../sender.ts';
import { corsHeaders, INGEST_METHODS, preflightHeaders } from './cors.ts';

/** One request under way: where its answer goes, and how its body is to be read. */
interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly dialect: Dialect;
  readonly grant: Grant;
  readonly media: Media;
  readonly undo: Decompress | undefined;
}

const LENGTH_REQUIRED: Failure = {
  code: 'length_required',
  message: 'The request needs a Content-Length, or a chunked body.',
};
const METHOD_NOT_ALLOWED: Failure = {
  code: 'method_not_allowed',
  message: 'Events are sent with POST.',
  headers: ['Allow', INGEST_METHODS],
};

export class Ingest {
  readonly #options: ReceiverParts;

  constructor(options: ReceiverParts) {
    this.#options = options;
  }

  /** Takes one request to a path that speaks `dialect`. `expectsContinue`: its body comes only when asked for. */
  handle(req: IncomingMessage, res: ServerResponse, dialect: Dialect, expectsContinue: boolean): void {
    if (req.method !== 'POST') {
      this.#handleOther(req, res);
      return;
    }
    const entry = this.#options.gatekeeper.enter(req, 'write');
    const enter = (granted: Grant | Denial) => {
      if (isDenied(granted)) this.refuse(req, res, granted);
      else this.#receive(req, res, dialect, granted, expectsContinue);
    };
    // Until its body is asked for, it stays with the sender.
    if (entry instanceof Promise) void entry.then(enter);
    else enter(entry);
  }

  #receive(req: IncomingMessage, res: ServerResponse, dialect: Dialect, grant: Grant, expectsContinue: boolean): void {
    const { headers } = req;
    const { inflight, limits } = this.#options;
    const media = mediaOf(headers['content-type']);
    const encoding = headers['content-encoding'];
    const undo = encoding === undefined ? undefined : decompressorOf(encoding);
    const failure = this.#lengthFailure(req) ?? failureOf(media) ?? failureOf(undo);
    if (failure !== undefined) {
      this.refuse(req, res, failure);
      return;
    }
    if (expectsContinue) res.writeContinue();
    const exchange: Exchange = {
      req,
      res,
      dialect,
      grant,
      media: media as Media,
      undo: undo as Decompress | undefined,
    };
    collectBody(req, Number(headers['content-length']), inflight, limits.bodyBytesMax, (body) => {
      if (isFailure(body)) this.refuse(req, res, body);
      else void this.#take(exchange, body);
    });
  }

  /** Answers a request without its body having been read. */
  refuse(req: IncomingMessage, res: ServerResponse, failure: Failure): void {
    const status = statusOf(failure);
    countAnswer(this.#options.counters, status);
    const headers = [...failureHeaders(failure), ...corsHeaders(req.headers.origin)];
    sendEarly(res, status, failureJson(failure), headers);
  }

  async #take(exchange: Exchange, bytes: Buffer): Promise<void> {
    const { counters, traffic, inflight, log } = this.#options;
    const begunAt = traffic.begin();
    counters.add('receive_bytes_total', bytes.length);
    let result: Outcome | Failure;
    try {
      result = await this.#resultOf(exchange, bytes, begunAt);
    } catch (error) {
      log.error({ err: error }, 'request_defect');
      result = INTERNAL;
    }
    inflight.release(bytes.length);
    this.#answer(exchange, result);
    traffic.answered(begunAt);
  }

  #resultOf(exchange: Exchange, bytes: Buffer, begunAt: number): Promise<Outcome | Failure> | Failure {
    const { limits, inflight } = this.#options;
    const { undo } = exchange;
    if (undo === undefined) return this.#resultOfText(exchange, bytes, bytes.length, begunAt);
    const text = decompress(undo, bytes, limits.decodedBytesMax);
    if (isFailure(text)) return text;
    // What a body has grown by lies in its events until they are answered.
    const grown = Math.max(0, text.length - bytes.length);
    return (
      inflight.hold(grown) ??
      this.#resultOfText(exchange, text, bytes.length, begunAt).finally(() => inflight.release(grown))
    );
  }

  async #resultOfText(
    { req, dialect, grant, media }: Exchange,
    text: Buffer,
    bytesSent: number,
    begunAt: number,
  ): Promise<Outcome | Failure> {
    const { limits, intake, clientAddress, now } = this.#options;
    const body = readBody(text, media, limits.eventsPerRequestMax);
    if (isFailure(body)) return body;
    const judged = intake.judge(body, dialect, senderOf(req, clientAddress, now(), grant));
    return intake.commit(judged, bytesSent, begunAt, grant);
  }

  #answer({ req, res, dialect }: Exchange, result: Outcome | Failure): void {
    const { counters, isStopping } = this.#options;
    const status = statusOf(result);
    countAnswer(counters, status);
    if (isStopping()) res.shouldKeepAlive = false;
    const cors = corsHeaders(req.headers.origin);
    if (isFailure(result)) send(res, status, failureJson(result), [...failureHeaders(result), ...cors]);
    else send(res, status, dialect.answer(result), cors);
  }

  #handleOther(req: IncomingMessage, res: ServerResponse): void {
    if (req.method !== 'OPTIONS') {
      this.refuse(req, res, METHOD_NOT_ALLOWED);
      return;
    }
    countAnswer(this.#options.counters, 204);
    res.writeHead(204, preflightHeaders(req.headers.origin) as string[]).end();
  }

  #lengthFailure(req: IncomingMessage): Failure | undefined {
    const { bodyBytesMax } = this.#options.limits;
    const declared = req.headers['content-length'];
    // A body over HTTP/2 ends with its stream.
    const endsByItself = req.headers['transfer-encoding'] !== undefined || req.httpVersionMajor === 2;
    if (declared === undefined) return endsByItself ? undefined : LENGTH_REQUIRED;
    return Number(declared) > bodyBytesMax ? bodyTooLarge(bodyBytesMax) : undefined;
  }
}

function failureOf(value: Media | Decompress | Failure | undefined): Failure | undefined {
  return typeof value === 'object' ? value : undefined;
}
