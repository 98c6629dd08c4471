import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { connectRaw, openTestReceiver, post, until } from './harness.ts';

const MIB = 1024 * 1024;
const JSON_TYPE = { 'Content-Type': 'application/json' };

interface Answer {
  readonly accepted: number;
  readonly rejected: readonly { index: number; reason: string; limit?: number }[];
}

describe('bodies made to hurt', () => {
  it.each([
    ['arrays', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['unclosed arrays', '['.repeat(100_000)],
    ['objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['closing brackets', ']'.repeat(100_000)],
  ])('survives 100,000 nested %s', async (_what, body) => {
    const target = await openTestReceiver();
    expect((await post(target, body)).status).toBe(400);
    expect((await post(target, '{"name":"a"}')).status).toBe(202);
  });

  it.each([
    ['nests too deep', `{"name":"x","p":${'['.repeat(16)}${']'.repeat(16)}}`, 'too_deep', 16],
    ['has too many keys', JSON.stringify(keys(1_025)), 'too_many', 1_024],
    ['is too large', JSON.stringify({ name: 'x', p: 'y'.repeat(32_768) }), 'too_large', 32_768],
  ])('rejects an event that %s, alone, in an array and among lines', async (_what, event, reason, limit) => {
    const target = await openTestReceiver();
    const rejection = { reason, limit };
    const alone = await post(target, event);
    expect(alone.status).toBe(400);
    expect(await alone.json()).toMatchObject({ rejected: [{ index: 0, ...rejection }] });
    for (const [body, type] of [
      [`[{"name":"a"}, ${event} ,{"name":"b"},${event}]`, 'application/json'],
      [`{"name":"a"}\n${event}\n{"name":"b"}\n${event}`, 'application/x-ndjson'],
    ] as const) {
      const among = await post(target, body, { 'Content-Type': type });
      expect(among.status).toBe(202);
      const { accepted, rejected } = (await among.json()) as Answer;
      expect(accepted).toBe(2);
      expect(rejected).toMatchObject([
        { index: 1, ...rejection },
        { index: 3, ...rejection },
      ]);
    }
    expect(target.committed.map(({ name }) => name)).toEqual(['a', 'b', 'a', 'b']);
  });

  it('takes an event that is just within its limits', async () => {
    const target = await openTestReceiver();
    const deep = `{"name":"a","p":${'['.repeat(15)}${']'.repeat(15)}}`;
    const large = JSON.stringify({ name: 'a', p: '' }).replace('""', `"${'y'.repeat(32_768 - 19)}"`);
    for (const event of [deep, large, JSON.stringify(keys(1_024))])
      expect((await post(target, event)).status).toBe(202);
  });

  it('is not led astray by brackets, quotes and commas inside strings', async () => {
    const target = await openTestReceiver();
    const event = { name: 'a', properties: { tricky: `\\"[{,:]}${'['.repeat(50)}\\`, 'k"{[': '}],\n' } };
    const response = await post(target, JSON.stringify([event, event]));
    expect(await response.json()).toMatchObject({ accepted: 2, rejected: [] });
    expect(target.committed[1]!.properties).toBe(JSON.stringify(event.properties));
  });

  it('refuses 200,000 keys without parsing them', async () => {
    const target = await openTestReceiver({ receive: { bodyBytesMax: 4 * MIB } });
    expect((await post(target, JSON.stringify(keys(200_000)))).status).toBe(400);
    const spread = JSON.stringify(Array.from({ length: 200 }, () => keys(1_000)));
    const response = await post(target, spread);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { code: 'too_many_keys' } });
  });

  it('keeps __proto__ a key', async () => {
    const target = await openTestReceiver();
    const hostile = '"__proto__":{"name":"polluted"},"constructor":{"prototype":{"name":"polluted"}}';
    expect((await post(target, `{${hostile}}`)).status).toBe(400);
    expect((await post(target, `{"user_id":"u","action":"a",${hostile}}`, JSON_TYPE, '/track')).status).toBe(202);
    expect(target.committed[0]!.properties).toContain('"__proto__":{');
    expect(({} as { name?: string }).name).toBeUndefined();
  });

  it('turns down bytes that are no UTF-8, and only their line', async () => {
    const target = await openTestReceiver();
    const broken = Buffer.from('{"name":"b\xff"}', 'latin1');
    expect((await post(target, new Uint8Array(broken))).status).toBe(400);
    const lines = Buffer.concat([Buffer.from('{"name":"a"}\n'), broken, Buffer.from('\n{"name":"\ufffd"}')]);
    const response = await post(target, new Uint8Array(lines), { 'Content-Type': 'application/x-ndjson' });
    expect(await response.json()).toMatchObject({ accepted: 2, rejected: [{ index: 1, reason: 'bad_json' }] });
    expect(target.committed.map(({ name }) => name)).toEqual(['a', '\ufffd']);
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('stops a %s bomb at the limit, in bounded memory', async (encoding, compress) => {
    const target = await openTestReceiver();
    const bomb = new Uint8Array(compress(Buffer.alloc(64 * MIB, ' ')));
    const before = process.memoryUsage.rss();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(target, bomb, { ...JSON_TYPE, 'Content-Encoding': encoding })),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(413));
    expect(await answers[0]!.json()).toMatchObject({ error: { code: 'body_too_large', limit: 4 * MIB } });
    // Twenty of them at once would be 1.3 GiB; what is allowed is a few decoders' worth.
    expect(process.memoryUsage.rss() - before).toBeLessThan(128 * MIB);
    expect(target.count('receive_inflight_bytes')).toBe(0);
  });

  it('refuses a zstd frame that asks for a window larger than HTTP allows', async () => {
    const target = await openTestReceiver();
    // Magic number, a descriptor with neither size nor checksum, a window of 2^27 bytes, one empty last block.
    const frame = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0x00, (27 - 10) << 3, 0x01, 0x00, 0x00]);
    const response = await post(target, frame, { ...JSON_TYPE, 'Content-Encoding': 'zstd' });
    expect(await response.json()).toMatchObject({ error: { code: 'bad_encoding' } });
  });
});

describe('clients made to hurt', () => {
  const slow = { headersTimeoutMs: 300, requestTimeoutMs: 600 };

  it.each([
    ['a head', 'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-'],
    ['a body', 'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'],
    ['a body nobody wants', 'POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'],
  ])('closes on a client that sends %s and then no more', async (_what, sent) => {
    const target = await openTestReceiver({ receive: slow });
    const raw = connectRaw(target.port);
    raw.socket.write(sent);
    const received = await raw.closed;
    expect(received).toMatch(/^HTTP\/1.1 40[48] /);
    expect(target.count('receive_inflight_bytes')).toBe(0);
  });

  it('closes without an answer on a client that never says a word', async () => {
    const target = await openTestReceiver({ receive: slow });
    const raw = connectRaw(target.port);
    expect(await raw.closed).toBe('');
    expect(target.count('receive_requests_total{code="4xx"}')).toBe(0);
  });

  it('answers 408 to a body that drips', async () => {
    const target = await openTestReceiver({ receive: slow });
    const raw = connectRaw(target.port);
    raw.socket.write('POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n');
    const drip = setInterval(() => raw.socket.write(' '), 20);
    const received = await raw.closed;
    clearInterval(drip);
    expect(received).toMatch(/^HTTP\/1.1 408 .*"code":"request_timeout"/s);
    expect(target.count('receive_requests_total{code="4xx"}')).toBe(1);
  });

  it('closes without a second answer on a client that goes on after a refusal', async () => {
    const target = await openTestReceiver({ receive: { ...slow, bodyBytesMax: 1024 } });
    const raw = connectRaw(target.port);
    raw.socket.write('POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n');
    const drip = setInterval(() => raw.socket.write(' '), 20);
    const received = await raw.closed;
    clearInterval(drip);
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413']);
  });

  it.each([
    ['Transfer-Encoding and Content-Length', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
    ['Content-Length and Transfer-Encoding', 'Transfer-Encoding: chunked\r\nContent-Length: 5'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6'],
    ['an unknown Transfer-Encoding before chunked', 'Transfer-Encoding: xchunked'],
    ['a folded header', 'X-Folded: a\r\n b\r\nContent-Length: 5'],
    ['a space before the colon', 'Content-Length : 5'],
    ['a bare line feed', 'X-A: b\nContent-Length: 5'],
    ['a sign in the length', 'Content-Length: +5'],
    ['a NUL in a header', 'X-A: \0\r\nContent-Length: 5'],
  ])('answers 400 and closes on %s', async (_what, head) => {
    const target = await openTestReceiver();
    const raw = connectRaw(target.port);
    const smuggled = 'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n{"name":"a"}';
    raw.socket.write(`POST /v1/events HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n0\r\n\r\n${smuggled}`);
    expect((await raw.closed).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
    expect(target.committed).toEqual([]);
  });

  it.each([
    ['one large header', `X-Flood: ${'x'.repeat(9_000)}\r\n`],
    ['thousands of small ones', 'A: b\r\n'.repeat(2_000)],
    ['a large cookie', `Cookie: ${'x'.repeat(9_000)}\r\n`],
  ])('answers 431 to %s', async (_what, headers) => {
    const target = await openTestReceiver();
    const raw = connectRaw(target.port);
    raw.socket.write(`POST /v1/events HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
    expect(await raw.closed).toContain('HTTP/1.1 431 ');
  });

  it('does not answer 400 to what is being committed when junk follows it', async () => {
    const target = await openTestReceiver();
    const { promise, resolve } = Promise.withResolvers<void>();
    target.sink.answer = async () => {
      await promise;
      return { ok: true, receipt: 'seg:1', duplicates: 0 };
    };
    const raw = connectRaw(target.port);
    raw.socket.write('POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n{"name":"a"}\0junk\r\n\r\n');
    expect(await raw.closed).toBe('');
    resolve();
    await until(() => target.committed.length === 1, 'the event is committed all the same');
  });

  it('answers requests sent in one go, each in its order', async () => {
    const target = await openTestReceiver();
    const raw = connectRaw(target.port);
    const one = (name: string) => {
      const body = `{"name":${name}}`;
      return `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    };
    raw.socket.write(one('"a"') + one('7') + one('"b"'));
    await until(() => (raw.received().match(/HTTP\/1\.1/g) ?? []).length === 3, 'three answers');
    expect(raw.received().match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 202', 'HTTP/1.1 400', 'HTTP/1.1 202']);
    expect(target.committed.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('holds no more connections than it may', async () => {
    const target = await openTestReceiver({ receive: { connectionsMax: 2 } });
    const first = connectRaw(target.port);
    const second = connectRaw(target.port);
    await until(() => target.count('receive_connections') === 2, 'two connections');
    expect(await connectRaw(target.port).closed).toBe('');
    expect([first.socket.destroyed, second.socket.destroyed]).toEqual([false, false]);
    first.socket.destroy();
    await until(() => target.count('receive_connections') === 1, 'one connection');
  });

  it('serves others while slow ones hang on', async () => {
    const target = await openTestReceiver();
    for (let count = 0; count < 200; count++) {
      connectRaw(target.port).socket.write('POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{');
    }
    await until(() => target.count('receive_inflight_bytes') === 200, 'two hundred bodies have begun');
    expect((await post(target, '{"name":"a"}')).status).toBe(202);
  });
});

function keys(count: number): object {
  const object: Record<string, unknown> = { name: 'a' };
  for (let index = 1; index < count; index++) object[`k${index}`] = 1;
  return object;
}
