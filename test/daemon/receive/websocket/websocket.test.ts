import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { NOBODY } from '../../../../daemon/access/bearer.ts';
import { connectRaw, gatekeeperThatAsks, openTestReceiver, type TestReceiver, until } from '../harness.ts';

interface Client {
  readonly socket: WebSocket;
  readonly acks: Record<string, unknown>[];
  /** Close code, once it is closed. */
  readonly closed: Promise<number>;
  ack(count: number): Promise<void>;
}

async function open(target: TestReceiver, path = '/v1/ws', headers: Record<string, string> = {}): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${target.port}${path}`, {
    headers: { 'User-Agent': 'Socket/1', ...headers },
  });
  const acks: Record<string, unknown>[] = [];
  const { promise: closed, resolve: close } = Promise.withResolvers<number>();
  socket.on('message', (data) => acks.push(JSON.parse(String(data))));
  socket.on('close', (code) => close(code));
  onTestFinished(() => socket.terminate());
  const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
  socket.on('open', resolve);
  socket.on('error', reject);
  socket.on('unexpected-response', (_request, response) => reject(new Error(`status ${response.statusCode}`)));
  await opened;
  return { socket, acks, closed, ack: (count) => until(() => acks.length >= count, `${count} acks`) };
}

/** Makes the sink wait with its answers until they are released one by one, in any order. */
function holdCommits(target: TestReceiver): (() => void)[] {
  const releases: (() => void)[] = [];
  target.sink.answer = async () => {
    await new Promise<void>((resolve) => releases.push(resolve));
    return { ok: true, receipt: 'seg:1', duplicates: 0 };
  };
  return releases;
}

describe('messages', () => {
  it('acks each message once, when its events are durable', async () => {
    const target = await openTestReceiver();
    const client = await open(target);
    client.socket.send('{"name":"a"}');
    client.socket.send('[{"name":"b"},{"name":7},{"name":"c"}]');
    await client.ack(2);
    expect(client.acks).toEqual([
      { accepted: 1, duplicates: 0, rejected: [], receipt: 'seg:1', message: 1 },
      {
        accepted: 2,
        duplicates: 0,
        rejected: [{ index: 1, reason: 'wrong_type', field: 'name', message: 'no text' }],
        receipt: 'seg:1',
        message: 2,
      },
    ]);
    expect(target.committed.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(target.senders[0]).toMatchObject({ ip: '127.0.0.1', userAgent: 'Socket/1' });
    expect(target.count('receive_websocket_messages_total')).toBe(2);
    expect(target.count('receive_inflight_bytes')).toBe(0);
  });

  it('keeps the order of the messages when commits overtake each other', async () => {
    const target = await openTestReceiver();
    const client = await open(target);
    const releases = holdCommits(target);
    for (const name of ['a', 'b', 'c']) client.socket.send(JSON.stringify({ name }));
    await until(() => releases.length === 3, 'three commits');
    releases[2]!();
    releases[1]!();
    await until(() => target.committed.length === 2, 'two are durable');
    expect(client.acks).toEqual([]);
    releases[0]!();
    await client.ack(3);
    expect(client.acks.map(({ message }) => message)).toEqual([1, 2, 3]);
  });

  it('answers bad JSON with a rejection and stays open', async () => {
    const target = await openTestReceiver();
    const client = await open(target);
    client.socket.send('{"name":');
    client.socket.send('{"name":"a"}');
    await client.ack(2);
    expect(client.acks).toMatchObject([{ accepted: 0, rejected: [{ reason: 'bad_json' }] }, { accepted: 1 }]);
  });

  it('answers a refusal with an error, the time to wait, and stays open', async () => {
    const target = await openTestReceiver();
    const client = await open(target);
    target.sink.answer = () => ({ ok: false, reason: 'spool_full', retryAfterSeconds: 3 });
    client.socket.send('{"name":"a"}');
    await client.ack(1);
    expect(client.acks[0]).toMatchObject({ error: { code: 'spool_full', retryAfterSeconds: 3 }, message: 1 });
    target.sink.answer = () => ({ ok: true, receipt: 'seg:2', duplicates: 1 });
    client.socket.send('{"name":"a"}');
    await client.ack(2);
    expect(client.acks[1]).toMatchObject({ accepted: 0, duplicates: 1, message: 2 });
  });

  it('answers too many events and defects with an error and stays open', async () => {
    const target = await openTestReceiver({ receive: { eventsPerRequestMax: 1 } });
    const client = await open(target);
    client.socket.send('[{"name":"a"},{"name":"b"}]');
    client.socket.send('{"name":"defect"}');
    client.socket.send('{"name":"a"}');
    await client.ack(3);
    expect(client.acks).toMatchObject([
      { error: { code: 'too_many_events', limit: 1 } },
      { error: { code: 'internal' } },
      { accepted: 1 },
    ]);
  });

  it('closes with 1003 on a binary frame', async () => {
    const target = await openTestReceiver();
    const client = await open(target);
    client.socket.send(Buffer.from('{"name":"a"}'));
    expect(await client.closed).toBe(1003);
    expect(target.committed).toEqual([]);
  });

  it('closes with 1009 on a message over the limit of a body', async () => {
    const target = await openTestReceiver({ receive: { bodyBytesMax: 1024 } });
    const client = await open(target);
    client.socket.send(`"${'x'.repeat(1024)}"`);
    expect(await client.closed).toBe(1009);
  });

  it('closes with 1007 on text that is no UTF-8', async () => {
    const target = await openTestReceiver();
    const client = await open(target);
    client.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect(await client.closed).toBe(1007);
  });

  it('reads no further than its limit ahead of the acks', async () => {
    const target = await openTestReceiver();
    const client = await open(target);
    const releases = holdCommits(target);
    const message = JSON.stringify({ name: 'a', properties: { pad: 'x'.repeat(20_000) } });
    for (let sent = 0; sent < 1_000; sent++) client.socket.send(message);
    await until(() => releases.length >= 64, 'as many commits as may wait');
    await new Promise((resolve) => setImmediate(resolve));
    const ahead = releases.length;
    // One read of the socket, at most 64 KiB, may bring a few more.
    expect(ahead).toBeLessThan(72);
    for (const release of releases.splice(0)) release();
    await until(() => releases.length > 0, 'it reads on');
    target.sink.answer = () => ({ ok: true, receipt: 'seg:1', duplicates: 0 });
    const draining = setInterval(() => {
      for (const release of releases.splice(0)) release();
    }, 1);
    await client.ack(1_000);
    clearInterval(draining);
    expect(client.acks.at(-1)).toMatchObject({ message: 1_000 });
  });

  it('stops reading a client that does not read its acks', async () => {
    const target = await openTestReceiver();
    const client = await open(target);
    client.socket.pause();
    const rejected = JSON.stringify(Array(100).fill({}));
    const sent = 40_000;
    for (let count = 0; count < sent; count++) client.socket.send(rejected);
    let seen = -1;
    await until(() => {
      const before = seen;
      seen = target.count('receive_websocket_messages_total');
      return seen > 0 && seen === before;
    }, 'the receiver stands still');
    expect(seen).toBeLessThan(sent / 2);
  });
});

describe('connections', () => {
  it('admits no more than it may, and counts them', async () => {
    const target = await openTestReceiver({ receive: { webSocketsMax: 1 } });
    const client = await open(target);
    expect(target.count('receive_websockets')).toBe(1);
    await expect(open(target)).rejects.toThrow('status 503');
    client.socket.close();
    await until(() => target.count('receive_websockets') === 0, 'the first is gone');
    await open(target);
  });

  it('admits no more than it may although several wait for their token to be looked at', async () => {
    const { promise: lookedAt, resolve } = Promise.withResolvers<void>();
    let asked = 0;
    const gatekeeper = gatekeeperThatAsks(async () => {
      asked++;
      await lookedAt;
      return { ...NOBODY, credentials: ['write'] };
    });
    const target = await openTestReceiver({ receive: { webSocketsMax: 1 }, gatekeeper });
    const outcomes = [1, 2, 3].map(() => open(target, '/v1/ws', { Authorization: 'Bearer token' }));
    await until(() => asked === 3, 'all three wait');
    resolve();
    const settled = await Promise.allSettled(outcomes);
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(target.count('receive_websockets')).toBe(1);
  });

  it('opens at one path only', async () => {
    const target = await openTestReceiver();
    await expect(open(target, '/other')).rejects.toThrow('status 404');
  });

  it('answers a broken handshake with 400', async () => {
    const target = await openTestReceiver();
    const raw = connectRaw(target.port);
    raw.socket.write('GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect(await raw.closed).toContain('HTTP/1.1 400 ');
    expect(target.count('receive_websockets')).toBe(0);
  });

  it('takes a request that offers another protocol for a plain one', async () => {
    const target = await openTestReceiver();
    const raw = connectRaw(target.port);
    const head = 'Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk';
    raw.socket.write(`POST /v1/events HTTP/1.1\r\n${head}\r\nContent-Length: 12\r\n\r\n{"name":"a"}`);
    await until(() => raw.received().includes('HTTP/1.1 202 '), 'an answer');
  });

  it('pings a silent client and keeps it while it answers', async () => {
    const target = await openTestReceiver({ receive: { webSocketIdleMs: 1_000 } });
    const client = await open(target);
    let pings = 0;
    client.socket.on('ping', () => pings++);
    const deadline = Date.now() + 6_000;
    while (pings < 2 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(pings).toBe(2);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  }, 10_000);

  it('cuts off a silent client that answers no ping', async () => {
    const target = await openTestReceiver({ receive: { webSocketIdleMs: 1_000 } });
    const client = await open(target);
    client.socket.pause();
    await until(() => target.count('receive_websockets') === 1, 'it is connected');
    const deadline = Date.now() + 6_000;
    while (target.count('receive_websockets') > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(target.count('receive_websockets')).toBe(0);
  }, 10_000);

  it('sends the acks it owes, then closes with 1001, when the receiver closes', async () => {
    const target = await openTestReceiver();
    const client = await open(target);
    const releases = holdCommits(target);
    client.socket.send('{"name":"a"}');
    await until(() => releases.length === 1, 'a commit');
    const closing = target.receiver.close(5_000);
    client.socket.send('{"name":"b"}');
    await until(() => target.count('receive_websocket_messages_total') === 2, 'a message comes meanwhile');
    releases[0]!();
    expect(await client.closed).toBe(1001);
    await closing;
    expect(client.acks).toMatchObject([
      { accepted: 1, message: 1 },
      { error: { code: 'stopping', retryAfterSeconds: 5 }, message: 2 },
    ]);
  });

  it('cuts off what is not closed by the deadline', async () => {
    const target = await openTestReceiver();
    const client = await open(target);
    holdCommits(target);
    client.socket.send('{"name":"a"}');
    await until(() => target.count('receive_websocket_messages_total') === 1, 'a message');
    await target.receiver.close(50);
    expect(await client.closed).toBe(1006);
  });
});
