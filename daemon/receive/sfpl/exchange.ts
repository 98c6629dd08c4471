import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Sender } from '../../../src/event/event.ts';
import type { Rejection } from '../../../src/event/rejection.ts';
import type { Grant } from '../../access/grant.ts';
import { bodyTooLarge, collectBody } from '../body/collect.ts';
import { type Decompress, decompress, decompressorOf } from '../body/decompress.ts';
import { type ObjectLimits, readObject } from '../body/object.ts';
import { type Failure, failureJson, INTERNAL, isFailure } from '../failure.ts';
import { type Outcome, outcomeJson } from '../outcome.ts';
import { countAnswer, failureHeaders, sendEarly, statusOf } from '../respond.ts';
import { type ClientAddress, senderOf } from '../sender.ts';
import type { SfplContext } from './context.ts';
import { isOurs, pageHeaders, preflight } from './origins.ts';

/** What a request is answered: a status, and a body of some type. */
export interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body?: string | Buffer;
  /** Names and values in turn. */
  readonly headers?: readonly string[];
}

export const JSON_TYPE = 'application/json';
export const TEXT_TYPE = 'text/plain; charset=utf-8';

/** An answer of the wire's own when all went well, else the failure or the outcome as everywhere. */
export function answerOf(result: Outcome | Failure, well: () => Answer): Answer {
  const status = statusOf(result);
  if (isFailure(result)) {
    return { status, type: JSON_TYPE, body: failureJson(result), headers: failureHeaders(result) };
  }
  return status === 202 ? well() : { status, type: JSON_TYPE, body: outcomeJson(result) };
}

/**
 * One request of this wire and its one answer.
 *
 * Always true: the bytes of its body are in the budget of unfinished bodies until it is answered. Whatever fails while it is
 * worked on is answered, as a defect of ours where nothing else explains it.
 */
export class Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** What its sender may do. */
  readonly grant: Grant;
  readonly sender: Sender;
  /** Without the question mark. */
  readonly search: string;
  /** Size of the body. */
  bytes = 0;
  readonly begunAt: number;
  readonly #context: SfplContext;
  #held = 0;

  constructor(context: SfplContext, req: IncomingMessage, res: ServerResponse, grant: Grant) {
    const { clientAddress, now, traffic } = context.parts;
    this.#context = context;
    this.req = req;
    this.res = res;
    this.grant = grant;
    this.sender = senderOf(req, clientAddress, now(), grant);
    const query = req.url!.indexOf('?');
    this.search = query === -1 ? '' : req.url!.slice(query + 1);
    this.begunAt = traffic.begin();
  }

  get host(): string {
    return hostOf(this.req, this.#context.parts.clientAddress);
  }

  /** Answers with what `work` comes to. */
  async run(work: () => Promise<Answer>): Promise<void> {
    const { inflight, log, traffic } = this.#context.parts;
    let answer: Answer;
    try {
      answer = await work();
    } catch (error) {
      log.error({ err: error }, 'request_defect');
      answer = answerOf(INTERNAL, () => ({ status: 500 }));
    }
    if (this.#held > 0) inflight.release(this.#held);
    this.answer(answer);
    traffic.answered(this.begunAt);
  }

  answer({ status, type, body = '', headers = [] }: Answer): void {
    const { req, res } = this;
    countAnswer(this.#context.parts.counters, status);
    if (this.#context.parts.isStopping()) res.shouldKeepAlive = false;
    const head = [
      ...(type === undefined ? [] : ['Content-Type', type]),
      ...headers,
      ...headersForPage(this.#context, this.req),
    ];
    res.writeHead(status, [...head, 'Content-Length', String(Buffer.byteLength(body)), 'Cache-Control', 'no-store']);
    res.end(req.method === 'HEAD' ? undefined : body);
  }

  /** Answers before the body was read. */
  refuse(failure: Failure): void {
    refuseRequest(this.#context, this.req, this.res, failure);
  }

  preflight(methods: string): void {
    countAnswer(this.#context.parts.counters, 204);
    const { origin } = this.req.headers;
    const ours = isOurPage(this.#context, this.req);
    this.res.writeHead(204, preflight(origin, ours, methods) as string[]).end();
  }

  /** Hands on the JSON object that the body is, once it is there; an empty body is an empty object. */
  collect(
    expectsContinue: boolean,
    limits: ObjectLimits,
    done: (body: Readonly<Record<string, unknown>> | Rejection) => void,
  ): void {
    const { req } = this;
    const { inflight, limits: receive, counters } = this.#context.parts;
    const { 'content-length': declared, 'content-encoding': encoding, 'transfer-encoding': transfer } = req.headers;
    const undo = encoding === undefined ? undefined : decompressorOf(encoding);
    const tooLarge = Number(declared) > receive.bodyBytesMax ? bodyTooLarge(receive.bodyBytesMax) : undefined;
    const failure = isFailureOf(undo) ? undo : tooLarge;
    if (failure !== undefined) {
      this.refuse(failure);
      return;
    }
    if (declared === undefined && transfer === undefined) {
      done({});
      return;
    }
    if (expectsContinue) this.res.writeContinue();
    collectBody(req, Number(declared), inflight, receive.bodyBytesMax, (bytes) => {
      if (isFailure(bytes)) return this.refuse(bytes);
      this.#held = bytes.length;
      this.bytes = bytes.length;
      counters.add('receive_bytes_total', bytes.length);
      const json = undo === undefined ? bytes : decompress(undo as Decompress, bytes, receive.decodedBytesMax);
      if (isFailure(json)) {
        inflight.release(this.#held);
        return this.refuse(json);
      }
      done(json.length === 0 ? {} : readObject(json, limits));
    });
  }
}

/** The name under which a browser asked: as a proxy says, where it is one of ours. */
export function hostOf({ headers, socket }: IncomingMessage, clientAddress: ClientAddress): string {
  const forwarded = headers['x-forwarded-host'];
  const isBelieved =
    typeof forwarded === 'string' && clientAddress(socket.remoteAddress ?? '', undefined, undefined).trusted;
  return (isBelieved ? forwarded : (headers.host ?? headers[':authority']?.toString())) ?? '';
}

/** Answers a request of which nothing was read. */
export function refuseRequest(context: SfplContext, req: IncomingMessage, res: ServerResponse, failure: Failure): void {
  const status = statusOf(failure);
  countAnswer(context.parts.counters, status);
  sendEarly(res, status, failureJson(failure), [...failureHeaders(failure), ...headersForPage(context, req)]);
}

function headersForPage(context: SfplContext, req: IncomingMessage): readonly string[] {
  return pageHeaders(req.headers.origin, isOurPage(context, req));
}

function isOurPage({ config }: SfplContext, { headers: { origin, host } }: IncomingMessage): boolean {
  return origin !== undefined && isOurs(origin, host, config.origins);
}

function isFailureOf(value: object | undefined): value is Failure {
  return typeof value === 'object' && isFailure(value);
}

/** A body that could not be read as the fault of the one event it should have been. */
export function faultyBody(fault: Rejection) {
  return { wires: [undefined], faults: new Map([[0, fault]]) };
}
