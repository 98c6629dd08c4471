import { brotliCompressSync, gzipSync } from 'node:zlib';

/** What is done to a collector in the body of a request. */

const BOMB_BYTES = 64 * 1024 * 1024;

/** Bodies that are small until they are unpacked, as gzip and as Brotli. */
export type Bombs = readonly (readonly [encoding: string, body: Buffer<ArrayBuffer>])[];

export function buildBombs(): Bombs {
  const bytes = Buffer.alloc(BOMB_BYTES, 0x20);
  return [
    ['gzip', gzipSync(bytes)],
    ['br', brotliCompressSync(bytes, { params: { 1: 1 } })],
  ];
}

/** Sends `count` of them in turn, one after another, and returns the statuses. */
export async function sendBombs(url: string, bombs: Bombs, count = 10): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < count; n++) {
    const [encoding, body] = bombs[n % bombs.length]!;
    const headers = { 'content-encoding': encoding };
    const response = await fetch(`${url}/v1/events`, { method: 'POST', headers, body });
    await response.text();
    statuses.push(response.status);
  }
  return statuses;
}

const CORPUS = [
  '{"name":"a","properties":{"a":[1,2,{"b":null}]},"revenue":"1.5","occurred_at":"2026-01-01T00:00:00Z"}',
  '[{"name":"a"},{"name":"b","url":"https://a.example/?utm_source=x"}]',
  '{"name":"a"}\n{"name":"b","event_id":"0190163d-8694-739b-aea5-966c26f8ad91"}\n',
  '{"user_id":"u","action":"a","__proto__":{"x":1}}',
  '{"account_id":1,"data":{"constructor":{"prototype":[]}}}',
  `{"name":"${'\\u0000\\ud800'.repeat(20)}"}`,
].map((text) => Buffer.from(text));
const TOKENS = ['{', '}', '[', ']', '"', ',', ':', '\\', '\n', '\u0000', '1e999', '-', 'null', '\ufeff', '\ud800'];
const PATHS = ['/v1/events', '/track', '/', '/v1/events?key=tf_wk_'];
const TYPES = ['application/json', 'application/x-ndjson', 'text/plain', 'application/json; charset=utf-16', 'a/b'];
const ENCODINGS = ['gzip', 'br', 'zstd', 'deflate', 'x'];
const SENDERS = 8;

/**
 * Sends about `count` bodies that were events before some bytes of them were taken out, doubled or replaced, and returns
 * the statuses that came back. Throws with the answer when one is the collector's own error.
 */
export async function fuzzBodies(url: string, random: () => number, count: number): Promise<ReadonlySet<number>> {
  const pick = <Value>(values: readonly Value[]) => values[Math.floor(random() * values.length)]!;
  const mutated = () => {
    let body = Buffer.from(pick(CORPUS));
    for (let changes = 1 + Math.floor(random() * 6); changes > 0; changes--) {
      const from = Math.floor(random() * body.length);
      const to = Math.min(body.length, from + Math.floor(random() * 8));
      const middle = random() < 0.5 ? Buffer.from(pick(TOKENS)) : Buffer.from([Math.floor(random() * 256)]);
      body = Buffer.concat([body.subarray(0, from), middle, body.subarray(random() < 0.5 ? from : to)]);
    }
    return body;
  };
  const statuses = new Set<number>();
  const sender = async () => {
    for (let n = 0; n < Math.ceil(count / SENDERS); n++) {
      const headers: Record<string, string> = { 'content-type': pick(TYPES) };
      if (random() < 0.1) headers['content-encoding'] = pick(ENCODINGS);
      const response = await fetch(url + pick(PATHS), { method: 'POST', headers, body: mutated() });
      const text = await response.text();
      statuses.add(response.status);
      if (response.status >= 500) throw new Error(`${response.status} ${text}`);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  return statuses;
}
