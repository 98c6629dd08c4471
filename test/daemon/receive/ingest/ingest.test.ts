import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { RECEIVE_LIMITS } from '../../../../daemon/receive/limits.ts';
import { connectRaw, openTestReceiver, post, until } from '../harness.ts';

const named = (...names: unknown[]) => names.map((name) => ({ name }));
const NDJSON = { 'Content-Type': 'application/x-ndjson' };

describe('forms of a body', () => {
  it('takes one object', async () => {
    const target = await openTestReceiver();
    const response = await post(target, '{"name":"a"}');
    expect(response.status).toBe(202);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ accepted: 1, duplicates: 0, rejected: [], receipt: 'seg:1' });
    expect(target.committed.map((event) => event.name)).toEqual(['a']);
  });

  it('takes an array in its order', async () => {
    const target = await openTestReceiver();
    const response = await post(target, JSON.stringify(named('a', 'b', 'c')));
    expect(await response.json()).toMatchObject({ accepted: 3 });
    expect(target.committed.map((event) => event.name)).toEqual(['a', 'b', 'c']);
  });

  it('takes an empty array for what it is', async () => {
    const target = await openTestReceiver();
    const response = await post(target, '[]');
    expect([response.status, await response.json()]).toEqual([
      202,
      { accepted: 0, duplicates: 0, rejected: [], receipt: '' },
    ]);
  });

  it.each([
    ['application/x-ndjson', '{"name":"a"}\n\n{"name":"b"}\r\n'],
    ['application/json', '{"name":"a"}\n{"name":"b"}'],
    ['text/plain;charset=UTF-8', '\ufeff{"name":"a"}\n{"name":"b"}\n'],
  ])('takes lines sent as %s', async (type, body) => {
    const target = await openTestReceiver();
    const response = await post(target, body, { 'Content-Type': type });
    expect(await response.json()).toMatchObject({ accepted: 2 });
    expect(target.committed.map((event) => event.name)).toEqual(['a', 'b']);
  });

  it('takes a body without a Content-Type', async () => {
    const target = await openTestReceiver();
    const response = await post(target, Buffer.from('{"name":"a"}'), {});
    expect(response.status).toBe(202);
  });

  it('finds the path with a query behind it', async () => {
    const target = await openTestReceiver();
    expect((await post(target, '{"name":"a"}', undefined, '/v1/events?x=1')).status).toBe(202);
  });

  it('takes events at the path that the config names', async () => {
    const target = await openTestReceiver({ receive: { eventsPath: '/p/collect' } });
    expect((await post(target, '{"name":"a"}', undefined, '/p/collect')).status).toBe(202);
    expect((await post(target, '{"name":"a"}')).status).toBe(404);
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZIP', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['identity', (bytes: Buffer) => bytes],
  ])('undoes Content-Encoding %s', async (encoding, compress) => {
    const target = await openTestReceiver();
    const body = new Uint8Array(compress(Buffer.from(JSON.stringify(named('a', 'b')))));
    const response = await post(target, body, { 'Content-Type': 'application/json', 'Content-Encoding': encoding });
    expect(await response.json()).toMatchObject({ accepted: 2 });
  });

  it('puts together a body that comes byte by byte', async () => {
    const target = await openTestReceiver();
    const raw = connectRaw(target.port);
    raw.socket.setNoDelay(true);
    const body = '{"name":"byte by byte"}';
    raw.socket.write('POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (const byte of body) raw.socket.write(`1\r\n${byte}\r\n`);
    raw.socket.write('0\r\n\r\n');
    await until(() => raw.received().includes('"accepted":1'), 'an answer');
    expect(target.count('receive_inflight_bytes')).toBe(0);
  });
});

describe('fate of single events', () => {
  it('takes the good ones and lists the others by index, reason, field and limit', async () => {
    const target = await openTestReceiver();
    const response = await post(
      target,
      JSON.stringify([...named('a', 7, 'x'.repeat(21)), 'no', ...named('b', 'robot')]),
    );
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({
      accepted: 2,
      duplicates: 0,
      receipt: 'seg:1',
      rejected: [
        { index: 1, reason: 'wrong_type', field: 'name', message: 'no text' },
        { index: 2, reason: 'too_long', field: 'name', limit: 20, message: 'too long' },
        { index: 3, reason: 'not_an_object', field: '', message: 'not an object' },
        { index: 5, reason: 'bot', field: 'user_agent', message: 'a robot' },
      ],
    });
    expect(target.committed.map((event) => event.name)).toEqual(['a', 'b']);
    expect(target.count('events_rejected_total{reason="too_long"}')).toBe(1);
    expect(target.count('events_rejected_total{reason="bot"}')).toBe(1);
  });

  it('counts duplicates apart from what is newly taken', async () => {
    const target = await openTestReceiver();
    target.sink.answer = () => ({ ok: true, receipt: 'seg:2', duplicates: 2 });
    const response = await post(target, JSON.stringify(named('a', 'b', 'c')));
    expect(await response.json()).toMatchObject({ accepted: 1, duplicates: 2, rejected: [] });
  });

  it('answers 202 when every event is a duplicate', async () => {
    const target = await openTestReceiver();
    target.sink.answer = () => ({ ok: true, receipt: 'seg:2', duplicates: 1 });
    expect((await post(target, JSON.stringify(named('a', 7)))).status).toBe(202);
  });

  it('answers 400 in the same shape when nothing is acceptable, and asks nothing of the sink', async () => {
    const target = await openTestReceiver();
    target.sink.answer = () => {
      throw new Error('asked');
    };
    const response = await post(target, JSON.stringify(named(1, 'robot')));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ accepted: 0, rejected: [{ index: 0 }, { index: 1 }], receipt: '' });
  });

  it('answers 202 when all that stood against the events is policy', async () => {
    const target = await openTestReceiver();
    const response = await post(target, JSON.stringify(named('robot', 'robot')));
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ accepted: 0, rejected: [{ reason: 'bot' }, { reason: 'bot' }] });
  });

  it('spells out a hundred rejections and counts the rest', async () => {
    const target = await openTestReceiver();
    const response = await post(target, JSON.stringify([...Array(250).fill({}), { name: 'a' }]));
    const answer = (await response.json()) as { rejected: unknown[] };
    expect(answer).toMatchObject({ accepted: 1, rejectedMore: 150 });
    expect(answer.rejected).toHaveLength(100);
    expect(target.count('events_rejected_total{reason="missing"}')).toBe(250);
  });

  it('rejects a broken line and takes its neighbours', async () => {
    const target = await openTestReceiver();
    const response = await post(target, '{"name":"a"}\n{"name":\n[1]\n{"name":"b"}\n', NDJSON);
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({
      accepted: 2,
      rejected: [
        { index: 1, reason: 'bad_json' },
        { index: 2, reason: 'not_an_object' },
      ],
    });
  });

  it.each(['', '  ', '{"name":', 'name=a', '[{"name":"a"}', '[{"name":"a"},]', '{"name":"a"} trailing', '\u0000'])(
    'answers 400 with bad_json to %j as a whole',
    async (body) => {
      const target = await openTestReceiver();
      const response = await post(target, body);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ accepted: 0, rejected: [{ index: 0, reason: 'bad_json' }] });
      expect(target.committed).toEqual([]);
    },
  );

  it('hands the road who sent the event', async () => {
    const target = await openTestReceiver();
    await post(target, '{"name":"a"}', {
      'Content-Type': 'application/json',
      'User-Agent': 'Agent/1',
      'Accept-Language': 'de-AT;q=0.9, en',
      'X-Forwarded-For': '192.0.2.7',
      DNT: '1',
      'Sec-GPC': '1',
    });
    expect(target.senders).toEqual([
      {
        ip: '192.0.2.7',
        trusted: false,
        receivedAt: 1_700_000_000_000,
        userAgent: 'Agent/1',
        language: 'de-AT',
        doNotTrack: true,
        globalPrivacyControl: true,
        grant: expect.anything(),
      },
    ]);
  });
});

describe('refusals of a whole request', () => {
  const errorOf = async (response: Response) =>
    ((await response.json()) as { error: { code: string; message: string } }).error;

  it('answers 405 with Allow to other methods', async () => {
    const target = await openTestReceiver();
    const response = await fetch(`${target.url}/v1/events`, { method: 'PUT', body: '{}' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    expect(await errorOf(response)).toMatchObject({ code: 'method_not_allowed' });
  });

  it('answers 411 to a body of no stated length', async () => {
    const target = await openTestReceiver();
    const raw = connectRaw(target.port);
    raw.socket.write('POST /v1/events HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await raw.closed).toContain('HTTP/1.1 411 ');
  });

  it('answers 413 to a declared length over the limit, and lets the client finish', async () => {
    const target = await openTestReceiver({ receive: { bodyBytesMax: 1024 } });
    const response = await post(target, 'x'.repeat(3_000_000));
    expect([response.status, response.headers.get('connection')]).toEqual([413, 'close']);
    expect(await errorOf(response)).toMatchObject({ code: 'body_too_large', limit: 1024 });
    expect(target.count('receive_bytes_total')).toBe(0);
  });

  it('refuses a declared length before the client is told to go on', async () => {
    const target = await openTestReceiver({ receive: { bodyBytesMax: 1024 } });
    const raw = connectRaw(target.port);
    raw.socket.write('POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1025\r\nExpect: 100-continue\r\n\r\n');
    await until(() => raw.received().includes('body_too_large'), 'a refusal');
    expect(raw.received()).not.toContain('100 Continue');
  });

  it('tells a client that expects it to go on', async () => {
    const target = await openTestReceiver();
    const raw = connectRaw(target.port);
    raw.socket.write('POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\n');
    await until(() => raw.received().includes('HTTP/1.1 100 Continue'), 'a go-ahead');
    raw.socket.write('{"name":"a"}');
    await until(() => raw.received().includes('HTTP/1.1 202 '), 'an answer');
  });

  it('answers 413 to a streamed body at the byte that is over the limit', async () => {
    const target = await openTestReceiver({ receive: { bodyBytesMax: 1024 } });
    const raw = connectRaw(target.port);
    raw.socket.write('POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let sent = 0; sent < 1024; sent += 256) raw.socket.write(`100\r\n${'x'.repeat(256)}\r\n`);
    raw.socket.write('1\r\nx\r\n');
    await until(() => raw.received().includes('body_too_large'), 'a refusal');
    expect(target.count('receive_inflight_bytes')).toBe(0);
  });

  it('answers 413 to more events than the limit', async () => {
    const target = await openTestReceiver({ receive: { eventsPerRequestMax: 2 } });
    for (const [body, headers] of [
      [JSON.stringify(named('a', 'b', 'c')), undefined],
      ['{"name":"a"}\n{"name":"b"}\n{"name":"c"}', NDJSON],
    ] as const) {
      const response = await post(target, body, headers);
      expect(response.status).toBe(413);
      expect(await errorOf(response)).toMatchObject({ code: 'too_many_events', limit: 2 });
    }
    expect((await post(target, JSON.stringify(named('a', 'b')))).status).toBe(202);
  });

  it.each(['application/x-www-form-urlencoded', 'image/png', 'application/json; charset=iso-8859-1'])(
    'answers 415 to Content-Type %s',
    async (type) => {
      const target = await openTestReceiver();
      const response = await post(target, '{"name":"a"}', { 'Content-Type': type });
      const { code, message } = await errorOf(response);
      expect([response.status, code]).toEqual([415, 'unsupported_media_type']);
      expect(message).toContain(`Content-Type is "${type}"; allowed: application/json`);
    },
  );

  it('answers 415 to an unknown Content-Encoding and names the known ones', async () => {
    const target = await openTestReceiver();
    const response = await post(target, 'x', { 'Content-Type': 'application/json', 'Content-Encoding': 'lz4' });
    expect([response.status, response.headers.get('accept-encoding')]).toEqual([415, 'gzip, br, zstd, deflate']);
  });

  it('answers 400 to a body that is not what its encoding says', async () => {
    const target = await openTestReceiver();
    const cut = gzipSync('{"name":"a"}').subarray(0, 20);
    for (const body of ['no gzip', new Uint8Array(cut)]) {
      const response = await post(target, body, { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' });
      expect([response.status, (await errorOf(response)).code]).toEqual([400, 'bad_encoding']);
    }
  });

  it.each(['spool_full', 'disk_full', 'stopping'] as const)('answers 503 with Retry-After to %s', async (reason) => {
    const target = await openTestReceiver();
    target.sink.answer = () => ({ ok: false, reason, retryAfterSeconds: 7 });
    const response = await post(target, JSON.stringify(named('a', 'b')));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '7']);
    expect(await errorOf(response)).toMatchObject({ code: reason, retryAfterSeconds: 7 });
  });

  it('answers 503 while the budget for unfinished bodies is used up, and recovers', async () => {
    const MIB = 1024 * 1024;
    const target = await openTestReceiver({ receive: { inflightBytesMax: MIB, bodyBytesMax: MIB } });
    const { promise, resolve } = Promise.withResolvers<void>();
    target.sink.answer = async () => {
      await promise;
      return { ok: true, receipt: 'seg:1', duplicates: 0 };
    };
    const padded = (bytes: number) => JSON.stringify({ name: 'a' }).padEnd(bytes);
    const slow = post(target, padded(MIB - 100));
    await until(() => target.count('receive_inflight_bytes') === MIB - 100, 'the budget is used');
    const refused = await post(target, padded(200));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(target.count('events_refused_total{reason="overload"}')).toBe(1);
    resolve();
    expect((await slow).status).toBe(202);
    expect((await post(target, padded(200))).status).toBe(202);
    expect(target.count('receive_inflight_bytes')).toBe(0);
  });

  it('holds a compressed body in the budget as large as it became, until its events are answered', async () => {
    const MIB = 1024 * 1024;
    const target = await openTestReceiver({
      receive: { inflightBytesMax: MIB, bodyBytesMax: MIB, decodedBytesMax: MIB },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    target.sink.answer = async () => {
      await promise;
      return { ok: true, receipt: 'seg:1', duplicates: 0 };
    };
    const GZIP = { 'Content-Encoding': 'gzip' };
    const large = gzipSync(JSON.stringify({ name: 'a' }).padEnd(MIB - 2_000));
    const slow = post(target, large, GZIP);
    await until(() => target.count('receive_inflight_bytes') === MIB - 2_000, 'the budget is used');
    const refused = await post(target, large, GZIP);
    expect([refused.status, await errorOf(refused)]).toEqual([503, expect.objectContaining({ code: 'overload' })]);
    expect(target.count('receive_inflight_bytes')).toBe(MIB - 2_000);
    resolve();
    expect((await slow).status).toBe(202);
    expect((await post(target, large, GZIP)).status).toBe(202);
    expect(target.count('receive_inflight_bytes')).toBe(0);
  });

  it('holds no more events without an answer than it may, however small they are', async () => {
    const { inflightEventsMax } = RECEIVE_LIMITS;
    const target = await openTestReceiver({ receive: { eventsPerRequestMax: 100_000, decodedBytesMax: 4_194_304 } });
    const { promise, resolve } = Promise.withResolvers<void>();
    target.sink.answer = async () => {
      await promise;
      return { ok: true, receipt: 'seg:1', duplicates: 0 };
    };
    const many = (events: number) => post(target, `[${Array(events).fill('{"name":"a"}').join(',')}]`);
    const requests = inflightEventsMax / 50_000;
    const slow = Array.from({ length: requests }, () => many(50_000));
    await until(() => target.senders.length === inflightEventsMax, 'all of them wait for the sink');
    const refused = await many(1);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await errorOf(refused)).toMatchObject({ code: 'overload', limit: inflightEventsMax });
    expect(target.count('events_refused_total{reason="overload"}')).toBe(1);
    resolve();
    expect(await Promise.all(slow.map(async (each) => (await each).status))).toEqual(Array(requests).fill(202));
    expect((await many(50_000)).status).toBe(202);
  });

  it('answers 500 for a defect, logs it and goes on', async () => {
    const target = await openTestReceiver();
    expect((await post(target, '{"name":"defect"}')).status).toBe(500);
    expect(target.log).toEqual(['request_defect']);
    expect((await post(target, '{"name":"a"}')).status).toBe(202);
  });

  it('counts answers by class and bytes as sent', async () => {
    const target = await openTestReceiver();
    await post(target, '{"name":"a"}');
    await post(target, '{}');
    target.sink.answer = () => ({ ok: false, reason: 'spool_full', retryAfterSeconds: 1 });
    await post(target, '{"name":"b"}');
    const classes = ['2xx', '4xx', '5xx'] as const;
    expect(classes.map((code) => target.count(`receive_requests_total{code="${code}"}`))).toEqual([1, 1, 1]);
    expect(target.count('receive_bytes_total')).toBe(26);
  });

  it('gives back the bytes of a client that goes away before its body is complete', async () => {
    const target = await openTestReceiver();
    const raw = connectRaw(target.port);
    raw.socket.write('POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"name"');
    await until(() => target.count('receive_inflight_bytes') === 7, 'seven bytes are held');
    raw.socket.destroy();
    await until(() => target.count('receive_inflight_bytes') === 0, 'they are given back');
    expect(target.committed).toEqual([]);
  });
});
