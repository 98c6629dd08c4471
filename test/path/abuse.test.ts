import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

/**
 * A real daemon under every kind of abuse, with good clients beside it: whatever is sent, the daemon lives, answers with
 * an error of its own or closes, and every event of the good ones is stored.
 *
 * `TRACKFLOW_TEST_FUZZ=1000000` sends that many broken bodies.
 */
const FUZZED_BODIES = Number(process.env.TRACKFLOW_TEST_FUZZ ?? 2_000);
/** Node raises its own limit of open files to the hard one; where that is low, there are as many as fit. */
const FILES_MAX = Number(/^Max open files +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 4_096);
const IDLE = Math.min(10_000, Math.floor(FILES_MAX / 2));
const MINUTES = 60_000;

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({
    settings: { 'listen.collectors': 2, 'receive.headersTimeoutMs': 2_000, 'receive.requestTimeoutMs': 5_000 },
  });
}, 2 * MINUTES);
afterAll(() => daemon[Symbol.asyncDispose]());

const at = () => ({ host: '127.0.0.1', port: Number(new URL(daemon.url).port) });
const seed = testSeed();

function open(onData: (text: string) => void = () => {}): Socket {
  const socket = connect(at());
  socket.on('error', () => {}).on('data', (chunk) => onData(chunk.toString('latin1')));
  return socket;
}

/** What comes back until the other side closes. */
function exchange(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = open((text) => {
      answer += text;
    });
    socket.once('close', () => resolve(answer));
    socket.write(bytes);
  });
}

/** Sends events one by one while `abuse` goes on, and some more; proves that each was accepted once and is stored. */
async function besideGoodClients(name: string, abuse: () => Promise<void>): Promise<void> {
  let over = false;
  let sent = 0;
  const statuses = new Map<number, number>();
  const client = async () => {
    for (let after = 0; after < 20; after += over ? 1 : 0) {
      const response = await daemon.post({ name, event_id: crypto.randomUUID() });
      await response.text();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      sent++;
      await sleep(2);
    }
  };
  const clients = [client(), client()];
  await abuse().finally(() => {
    over = true;
  });
  await Promise.all(clients);
  expect([...statuses]).toEqual([[202, sent]]);
  await daemon.drained();
  const [row] = await daemon.query<{ rows: number }>(
    `SELECT toUInt32(uniqExact(event_id)) AS rows FROM events WHERE name = '${name}'`,
  );
  expect(row!.rows).toBe(sent);
}

test(
  'slow heads and slow bodies end in time',
  () =>
    besideGoodClients('slow', async () => {
      const ends = Array.from({ length: 200 }, (_, n) => {
        const socket = open();
        const isBody = n % 2 === 0;
        socket.write(isBody ? 'POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n' : 'POST /v1/ev');
        const drip = setInterval(() => socket.write('x'), 200);
        return new Promise<void>((resolve) =>
          socket.once('close', () => {
            clearInterval(drip);
            resolve();
          }),
        );
      });
      await Promise.all(ends);
    }),
  2 * MINUTES,
);

test(
  `${IDLE} idle connections are cut off, and hold nobody up`,
  () =>
    besideGoodClients('idle', async () => {
      const sockets: Socket[] = [];
      let closed = 0;
      for (let n = 0; n < IDLE; n++) {
        const socket = open();
        socket.once('close', () => closed++);
        sockets.push(socket);
        if (n % 250 === 249) await sleep(10);
      }
      await daemon.until(async () => closed === IDLE, 2 * MINUTES);
    }),
  4 * MINUTES,
);

test(
  'floods of headers are refused before they are read to the end',
  () =>
    besideGoodClients('heads', async () => {
      const heads = [
        `X: ${'x'.repeat(100_000)}`,
        Array.from({ length: 3_000 }, (_, n) => `X${n}: y`).join('\r\n'),
        `Cookie: ${'a=b; '.repeat(20_000)}`,
      ];
      const answers = await Promise.all(
        Array.from({ length: 90 }, (_, n) => exchange(`GET /ping HTTP/1.1\r\nHost: a\r\n${heads[n % 3]}\r\n\r\n`)),
      );
      // A reset may be faster than the answer.
      for (const answer of answers) if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    }),
  2 * MINUTES,
);

test(
  'requests with two meanings have none',
  async () => {
    const inner = 'POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 19\r\n\r\n{"name":"smuggled"}';
    const headers = [
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
    await besideGoodClients('smuggling', async () => {
      for (const header of headers) {
        const answer = await exchange(`POST /v1/events HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n0\r\n\r\n${inner}`);
        expect([header, answer.slice(0, 12)]).toEqual([header, expect.stringMatching(/^(HTTP\/1\.1 4\d\d)?$/)]);
        expect([header, answer.match(/^HTTP\/1\.1 \d/gm)?.length ?? 0]).toEqual([
          header,
          expect.toSatisfy((n: number) => n <= 1),
        ]);
      }
    });
    const [row] = await daemon.query<{ rows: number }>(
      "SELECT toUInt32(count()) AS rows FROM events WHERE name = 'smuggled'",
    );
    expect(row!.rows).toBe(0);
  },
  2 * MINUTES,
);

test(
  'compressed bombs are stopped at the limit',
  () =>
    besideGoodClients('bombs', async () => {
      const bomb = Buffer.alloc(64 * 1024 * 1024, 0x20);
      const bodies = [
        ['gzip', gzipSync(bomb)],
        ['br', brotliCompressSync(bomb, { params: { 1: 1 } })],
      ] as const;
      for (let n = 0; n < 10; n++) {
        const [encoding, body] = bodies[n % 2]!;
        const response = await fetch(`${daemon.url}/v1/events`, {
          method: 'POST',
          headers: { 'content-encoding': encoding },
          body,
        });
        expect(response.status).toBe(413);
        await response.text();
      }
    }),
  2 * MINUTES,
);

test(
  'frames that are none end their WebSocket and nothing else',
  () =>
    besideGoodClients('frames', async () => {
      const random = seededRandom(seed);
      const key = randomBytes(16).toString('base64');
      const head = `GET /v1/ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;
      const byte = () => Math.floor(random() * 256);
      await Promise.all(
        Array.from({ length: 200 }, async () => {
          const frame = Buffer.from(Array.from({ length: 2 + Math.floor(random() * 200) }, byte));
          // Half of them begin like a text frame with a mask.
          if (random() < 0.5) frame.writeUInt16BE(0x8180 + Math.floor(random() * 127), 0);
          const socket = open();
          const closed = new Promise((resolve) => socket.once('close', resolve));
          socket.write(head);
          socket.write(frame);
          await sleep(20);
          socket.end();
          await closed;
        }),
      );
    }),
  2 * MINUTES,
);

test(
  `${FUZZED_BODIES} broken bodies are each answered, with no error of ours`,
  () =>
    besideGoodClients('fuzz', async () => {
      const random = seededRandom(seed);
      const pick = <Value>(values: readonly Value[]) => values[Math.floor(random() * values.length)]!;
      const corpus = [
        '{"name":"a","properties":{"a":[1,2,{"b":null}]},"revenue":"1.5","occurred_at":"2026-01-01T00:00:00Z"}',
        '[{"name":"a"},{"name":"b","url":"https://a.example/?utm_source=x"}]',
        '{"name":"a"}\n{"name":"b","event_id":"0190163d-8694-739b-aea5-966c26f8ad91"}\n',
        '{"user_id":"u","action":"a","__proto__":{"x":1}}',
        '{"account_id":1,"data":{"constructor":{"prototype":[]}}}',
        `{"name":"${'\\u0000\\ud800'.repeat(20)}"}`,
      ].map((text) => Buffer.from(text));
      const tokens = [
        '{',
        '}',
        '[',
        ']',
        '"',
        ',',
        ':',
        '\\',
        '\n',
        '\u0000',
        '1e999',
        '-',
        'null',
        '\ufeff',
        '\ud800',
      ];
      const paths = ['/v1/events', '/track', '/', '/v1/events?key=tf_wk_'];
      const types = [
        'application/json',
        'application/x-ndjson',
        'text/plain',
        'application/json; charset=utf-16',
        'a/b',
      ];
      const mutated = () => {
        let body = Buffer.from(pick(corpus));
        for (let changes = 1 + Math.floor(random() * 6); changes > 0; changes--) {
          const from = Math.floor(random() * body.length);
          const to = Math.min(body.length, from + Math.floor(random() * 8));
          const middle = random() < 0.5 ? Buffer.from(pick(tokens)) : Buffer.from([Math.floor(random() * 256)]);
          body = Buffer.concat([body.subarray(0, from), middle, body.subarray(random() < 0.5 ? from : to)]);
        }
        return body;
      };
      const statuses = new Set<number>();
      const worker = async (count: number) => {
        for (let n = 0; n < count; n++) {
          const headers: Record<string, string> = { 'content-type': pick(types) };
          if (random() < 0.1) headers['content-encoding'] = pick(['gzip', 'br', 'zstd', 'deflate', 'x']);
          const response = await fetch(daemon.url + pick(paths), { method: 'POST', headers, body: mutated() });
          const text = await response.text();
          statuses.add(response.status);
          if (response.status >= 500) throw new Error(`seed ${seed}: ${response.status} ${text}`);
        }
      };
      await Promise.all(Array.from({ length: 8 }, () => worker(Math.ceil(FUZZED_BODIES / 8))));
      expect([...statuses].filter((status) => status === 202 || (status >= 400 && status < 500))).toHaveLength(
        statuses.size,
      );
      expect(daemon.log(2_000)).not.toMatch(/request_defect|message_defect|collector_failed/);
    }),
  Math.max(2 * MINUTES, FUZZED_BODIES * 5),
);
