import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../../src/errors/error.ts';
import type { CounterName } from '../telemetry/catalogue.ts';
import type { Counters } from '../telemetry/counters.ts';
import { FAILURES, type Failure, failureJson } from './failure.ts';
import { type Fault, faultOf, type Outcome } from './outcome.ts';

/** The one place where what happened becomes an HTTP status: outcomes and failures here, errors of reads below. */
export function statusOf(result: Outcome | Failure): number {
  if ('code' in result) return FAILURES[result.code];
  const fault = faultOf(result);
  return fault === undefined ? 202 : FAULT_STATUS[fault];
}

/** An account that is not there is not found, one that this sender may not use is forbidden. */
const FAULT_STATUS: Readonly<Record<Fault, number>> = { invalid: 400, forbidden: 403, unknown: 404 };

/** Status of a read that failed with one of the expected errors; what is not listed is our fault. */
export function statusOfError(code: ErrorCode): number {
  return ERROR_STATUS[code] ?? 500;
}

const ERROR_STATUS: Partial<Record<ErrorCode, number>> = {
  TF_USAGE: 400,
  TF_INPUT: 400,
  TF_QUERY: 400,
  TF_NOT_RUNNING: 503,
  TF_DEGRADED: 503,
  TF_BUSY: 503,
  TF_ENGINE_UNAVAILABLE: 503,
  TF_TIMEOUT: 504,
};

const CONTENT_TYPE = 'application/json';

/**
 * Writes a whole answer at once. `headers` are names and values in turn: Node sends such a list as it is, where an
 * object or `setHeader` costs a map for each answer.
 */
export function send(res: ServerResponse, status: number, json: string, headers: readonly string[]): void {
  writeHead(res, status, json, headers);
  res.end(json);
}

/**
 * Answers a request whose body is not wanted, then closes the connection. Until the client has sent the rest or its
 * time is up, what comes is thrown away: a socket closed with unread bytes is reset, and the answer is lost with it.
 */
export function sendEarly(res: ServerResponse, status: number, json: string, headers: readonly string[]): void {
  // HTTP/2 has no such header: there a refusal is the end of its stream, not of the connection.
  const isSession = res.req.httpVersionMajor === 2;
  writeHead(res, status, json, isSession ? headers : [...headers, 'Connection', 'close']);
  res.write(json);
  const end = () => res.end();
  res.req.once('end', end).once('close', end).resume();
}

/** Answers on a socket that has no response to write to (the request could not be parsed, or is an upgrade). */
export function sendRaw(socket: Duplex, failure: Failure): void {
  const status = statusOf(failure);
  const json = failureJson(failure);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(json)}`,
    'Connection: close',
  ];
  const headers = failureHeaders(failure);
  for (let index = 0; index < headers.length; index += 2) head.push(`${headers[index]}: ${headers[index + 1]}`);
  socket.end(`${head.join('\r\n')}\r\n\r\n${json}`, () => socket.destroy());
}

function writeHead(res: ServerResponse, status: number, json: string, headers: readonly string[]): void {
  const head = ['Content-Type', CONTENT_TYPE, 'Content-Length', String(Buffer.byteLength(json))];
  if (headers.length > 0) head.push(...headers);
  res.writeHead(status, head);
}

/** The headers that a failure calls for. */
export function failureHeaders(failure: Failure): readonly string[] {
  const { headers = [], retryAfterSeconds } = failure;
  return retryAfterSeconds === undefined ? headers : [...headers, 'Retry-After', String(retryAfterSeconds)];
}

/** Counts one answer by the class of its status. */
export function countAnswer(counters: Counters, status: number): void {
  counters.add(CLASSES[Math.floor(status / 100)] ?? CLASSES[5]!);
}

const CLASSES: readonly (CounterName | undefined)[] = [
  undefined,
  undefined,
  'receive_requests_total{code="2xx"}',
  // No route redirects: this is 304.
  'receive_requests_total{code="3xx"}',
  'receive_requests_total{code="4xx"}',
  'receive_requests_total{code="5xx"}',
];
