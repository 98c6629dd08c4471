/**
 * What wrk is for HTTP, for WebSocket: messages made beforehand, one under way on each connection, the next as soon as the
 * ack of the last is there. Frames are masked with zeros, so that the sender spends as little on a message as wrk does.
 * `node websocket-sender.ts URL CONNECTIONS BATCH SECONDS`
 */
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { LatencyHistogram } from '../../../src/loadtest/measure/histogram.ts';

const MESSAGES = 200;
const [target, connections, batch, seconds] = process.argv.slice(2) as [string, string, string, string];
const { hostname, port } = new URL(target);

/** The page view of `sender.lua`. */
function event(n: number): string {
  const product = n % 500;
  return JSON.stringify({
    name: 'pageview',
    visitor_id: `v${String((n * 7919) % 20_000).padStart(5, '0')}`,
    url: `https://shop.example/products/${product}?utm_source=newsletter&utm_campaign=spring`,
    referrer: 'https://www.google.com/',
    title: `Product ${product}`,
    screen: '1440x900',
    language: 'en-US',
    properties: { plan: 'pro', items: n % 9, variant: 'b' },
  });
}

/** A masked text frame (RFC 6455, 5.2). */
function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(payload.length < 126 ? 6 : payload.length < 65_536 ? 8 : 14);
  head[0] = 0x81;
  if (payload.length < 126) head[1] = 0x80 | payload.length;
  else if (payload.length < 65_536) {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(payload.length, 2);
  } else {
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, payload]);
}

const messages = Array.from({ length: MESSAGES }, (_, message) => {
  const first = message * Number(batch);
  return frame(`[${Array.from({ length: Number(batch) }, (_event, index) => event(first + index)).join(',')}]`);
});

const latency = new LatencyHistogram();
let acknowledged = 0;
let errors = 0;
let next = 0;
let isOver = false;

function connect(): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname);
    socket.setNoDelay(true);
    let received: Buffer<ArrayBufferLike> = Buffer.alloc(0);
    let sentAt = 0;
    let isOpen = false;
    const say = () => {
      sentAt = performance.now();
      socket.write(messages[next++ % MESSAGES]!);
    };
    const hear = (text: string) => {
      if (isOver) return;
      if (text.startsWith(`{"accepted":${batch},`)) acknowledged++;
      else errors++;
      latency.record(performance.now() - sentAt);
      say();
    };
    socket.on('error', reject);
    socket.on('data', (piece: Buffer) => {
      received = received.length === 0 ? piece : Buffer.concat([received, piece]);
      if (!isOpen) {
        const end = received.indexOf('\r\n\r\n');
        if (end === -1) return;
        if (!received.toString('latin1', 0, end).startsWith('HTTP/1.1 101')) return reject(new Error('not upgraded'));
        received = received.subarray(end + 4);
        isOpen = true;
        resolve(socket);
        say();
      }
      for (let heard = unframe(received); heard !== null; heard = unframe(received)) {
        received = received.subarray(heard.bytes);
        hear(heard.text);
      }
    });
    socket.write(
      `GET /v1/ws HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
  });
}

/** The first frame of a server, which is not masked; null while it is not whole. Acks are shorter than 64 KB. */
function unframe(bytes: Buffer): { text: string; bytes: number } | null {
  if (bytes.length < 2) return null;
  const short = bytes[1]!;
  const start = short < 126 ? 2 : 4;
  if (bytes.length < start) return null;
  const end = start + (short < 126 ? short : bytes.readUInt16BE(2));
  return bytes.length < end ? null : { text: bytes.toString('latin1', start, end), bytes: end };
}

const sockets = await Promise.all(Array.from({ length: Number(connections) }, connect));
const startedAt = performance.now();
acknowledged = 0;
latency.reset();
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1_000));
isOver = true;
const durationUs = Math.round((performance.now() - startedAt) * 1_000);
for (const socket of sockets) socket.destroy();
const { p50, p99 } = latency.percentiles();
const [p50Us, p99Us] = [p50, p99].map((ms) => Math.round((ms ?? 0) * 1_000));
process.stdout.write(`RESULT ${JSON.stringify({ requests: acknowledged, durationUs, errors, p50Us, p99Us })}\n`);
