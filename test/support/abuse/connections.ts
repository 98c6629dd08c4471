import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is done to a collector below the level of a request: over bare sockets, until it has closed each of them. */

const DRIP_EVERY_MS = 200;

function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect({ host: hostname, port: Number(port) })
    .on('error', () => {})
    .resume();
}

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

/** What comes back until the other side closes. */
async function exchange(url: string, text: string): Promise<string> {
  let answer = '';
  const socket = open(url);
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
  });
  socket.write(text);
  await closed(socket);
  return answer;
}

/** Slowloris: heads and bodies that come a byte at a time, on `count` connections, half of them each. */
export async function sendSlowly(url: string, count = 200): Promise<void> {
  const slow = async (start: string) => {
    const socket = open(url);
    socket.write(start);
    const drip = setInterval(() => socket.write('x'), DRIP_EVERY_MS);
    await closed(socket);
    clearInterval(drip);
  };
  const starts = ['POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n', 'POST /v1/ev'];
  await Promise.all(Array.from({ length: count }, (_, n) => slow(starts[n % 2]!)));
}

const IDLE_MAX = 10_000;

/** Connections that may be idle: Node raises its own limit of open files to the hard one; where that is low, as many as fit. */
export function idleConnections(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const files = Number(/^Max open files +\S+ +(\d+)/m.exec(limits)?.[1] ?? 4_096);
  return Math.min(IDLE_MAX, Math.floor(files / 2));
}

/** Connections on which nothing is ever said. */
export async function stayIdle(url: string, count: number): Promise<void> {
  const ends: Promise<void>[] = [];
  for (let n = 0; n < count; n++) {
    ends.push(closed(open(url)));
    if (n % 250 === 249) await sleep(10);
  }
  await Promise.all(ends);
}

/** Heads that are too long in all or in one header, or have too many. Returns the answers, empty where a reset was faster. */
export function floodHeads(url: string, count = 90): Promise<string[]> {
  const heads = [
    `X: ${'x'.repeat(100_000)}`,
    Array.from({ length: 3_000 }, (_, n) => `X${n}: y`).join('\r\n'),
    `Cookie: ${'a=b; '.repeat(20_000)}`,
  ];
  return Promise.all(
    Array.from({ length: count }, (_, n) => exchange(url, `GET /ping HTTP/1.1\r\nHost: a\r\n${heads[n % 3]}\r\n\r\n`)),
  );
}

const INNER = 'POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 19\r\n\r\n{"name":"smuggled"}';
const TWO_MEANINGS = [
  'Content-Length: 4\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nContent-Length: 4',
  'Content-Length: 4\r\nContent-Length: 5',
  'Content-Length: 4, 5',
  'Content-Length: +4',
  'Content-Length: 0x4',
  'Content-Length : 4',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding:\tchunked\r\nContent-Length: 4',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
  'X: a\r\n Content-Length: 4',
  'X: a\nContent-Length: 4',
  'X: a\rContent-Length: 4',
];

/**
 * Requests whose end two servers would see in two places, each with an event of the name `smuggled` behind one of them.
 * Returns the headers and the answer to each.
 */
export async function smuggle(url: string): Promise<{ readonly header: string; readonly answer: string }[]> {
  const answers: { header: string; answer: string }[] = [];
  for (const header of TWO_MEANINGS) {
    const text = `POST /v1/events HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n0\r\n\r\n${INNER}`;
    answers.push({ header, answer: await exchange(url, text) });
  }
  return answers;
}

/** WebSockets on which random bytes follow the handshake, `count` at once. */
export async function fuzzFrames(url: string, random: () => number, count = 200): Promise<void> {
  const key = randomBytes(16).toString('base64');
  const head = `GET /v1/ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;
  const byte = () => Math.floor(random() * 256);
  const fuzz = async () => {
    const frame = Buffer.from(Array.from({ length: 2 + Math.floor(random() * 200) }, byte));
    // Half of them begin like a text frame with a mask.
    if (random() < 0.5) frame.writeUInt16BE(0x8180 + Math.floor(random() * 127), 0);
    const socket = open(url);
    const end = closed(socket);
    socket.write(head);
    socket.write(frame);
    await sleep(20);
    socket.end();
    await end;
  };
  await Promise.all(Array.from({ length: count }, fuzz));
}
