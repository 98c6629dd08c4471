import { once } from 'node:events';
import { compressSync } from 'lz4-napi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { openRig, type SfplRig } from './rig.ts';

/** `/tr/v1/ws` (reference/seed-systems.md 2.8) over real sockets. */
let rig: SfplRig;

beforeAll(async () => {
  rig = await openRig({ 'receive.webSocketsMax': 20 });
});

afterAll(() => rig.daemon[Symbol.asyncDispose]());

interface TestSocket extends AsyncDisposable {
  readonly socket: WebSocket;
  /** Resolves to the next answer. */
  answer(): Promise<Record<string, unknown>>;
  readonly answers: Record<string, unknown>[];
}

async function open(path = '/tr/v1/ws?ack=1', headers: Record<string, string> = {}): Promise<TestSocket> {
  const socket = new WebSocket(rig.daemon.url.replace('http', 'ws') + path, { headers });
  const answers: Record<string, unknown>[] = [];
  const waiting: ((answer: Record<string, unknown>) => void)[] = [];
  socket.on('message', (data) => {
    const answer = JSON.parse(String(data)) as Record<string, unknown>;
    answers.push(answer);
    waiting.shift()?.(answer);
  });
  await once(socket, 'open');
  return {
    socket,
    answers,
    answer: () => new Promise((resolve) => waiting.push(resolve)),
    async [Symbol.asyncDispose]() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

/** Status of an upgrade that is refused. */
async function refused(path: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(rig.daemon.url.replace('http', 'ws') + path, { headers });
  socket.on('error', () => {});
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode: number; destroy(): void },
  ];
  response.destroy();
  return response.statusCode;
}

test('a text message is one event; a binary one is a length and an LZ4 block of one', async () => {
  await using client = await open();
  client.socket.send(JSON.stringify({ oid: 'ws', vid: 'user-123', ename: 'websocket_event', etyp: 'stream' }));
  expect(await client.answer()).toMatchObject({ accepted: 1, message: 1 });
  client.socket.send(compressSync(JSON.stringify({ oid: 'ws', vid: 'user-124', ename: 'Packed' })));
  expect(await client.answer()).toMatchObject({ accepted: 1, message: 2 });
  expect(await rig.events('ws', 'visitor_id, name')).toEqual([
    { visitor_id: 'user-123', name: 'websocket_event' },
    { visitor_id: 'user-124', name: 'Packed' },
  ]);
});

test('path and query of the upgrade are part of every message, and the message goes before them', async () => {
  await using client = await open('/tr/v1/ws/oid/merged/app/path/sid/s1?ack=1&rel=query');
  client.socket.send('{"ename":"a"}');
  await client.answer();
  client.socket.send('{"ename":"b","app":"message"}');
  await client.answer();
  expect(
    await rig.events('merged', 'name, session_id, toString(properties.app) AS app, toString(properties.rel) AS rel'),
  ).toEqual([
    { name: 'a', session_id: 's1', app: 'path', rel: 'query' },
    { name: 'b', session_id: 's1', app: 'message', rel: 'query' },
  ]);
});

test('without ?ack nothing is sent, and events are stored all the same', async () => {
  await using client = await open('/tr/v1/ws');
  for (let index = 0; index < 50; index++) client.socket.send(JSON.stringify({ oid: 'silent', ename: `n${index}` }));
  await rig.daemon.until(async () => (await rig.events('silent', 'name')).length === 50);
  expect(client.answers).toEqual([]);
});

test('an ack means that the event is on disk: it survives a kill', async () => {
  await using client = await open();
  for (let index = 0; index < 30; index++) {
    client.socket.send(JSON.stringify({ oid: 'durable', ename: `n${index}` }));
    await client.answer();
  }
  await rig.crash();
  expect(await rig.events('durable', 'name')).toHaveLength(30);
});

describe('W19: hostile messages', () => {
  const length = (value: number) => {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(value);
    return head;
  };
  const bombs: readonly (readonly [string, () => Buffer])[] = [
    ['a length of 2.1 GB', () => Buffer.concat([length(0x7e000000), Buffer.alloc(64)])],
    ['a length of 4 GB', () => Buffer.concat([length(0xffffffff), Buffer.alloc(64)])],
    ['a megabyte of spaces in a few bytes', () => compressSync(`{"ename":"a"${' '.repeat(1_000_000)}}`)],
    [
      'a length that is a lie, too small',
      () => Buffer.concat([length(10), compressSync('{"ename":"abcdefgh"}').subarray(4)]),
    ],
    [
      'a length that is a lie, too large',
      () => Buffer.concat([length(30_000), compressSync('{"ename":"abcdefgh"}').subarray(4)]),
    ],
    ['a block that is cut', () => compressSync(`{"ename":"${'ab'.repeat(500)}"}`).subarray(0, 20)],
    ['nothing', () => Buffer.alloc(0)],
    ['three bytes', () => Buffer.alloc(3)],
    ['noise', () => Buffer.concat([length(100), Buffer.from('ffffffffffffffffffff', 'hex')])],
    ['an array', () => compressSync('[{"ename":"a"}]')],
  ];

  test.each(bombs)('%s is refused by name, and the next event is taken', async (name, bomb) => {
    await using client = await open();
    client.socket.send(bomb());
    expect([name, await client.answer()]).toEqual([name, expect.objectContaining({ accepted: 0, message: 1 })]);
    client.socket.send('{"oid":"after","ename":"next"}');
    expect(await client.answer()).toMatchObject({ accepted: 1, message: 2 });
  });

  test('a thousand bombs take no memory', async () => {
    await using client = await open();
    const resident = async () =>
      (await rig.ask('/metrics')).body.match(/^trackflow_process_resident_bytes (\S+)$/m)![1];
    const before = Number(await resident());
    for (let index = 0; index < 1_000; index++) {
      client.socket.send(Buffer.concat([length(0x7e000000), Buffer.alloc(64)]));
    }
    await rig.daemon.until(async () => client.answers.length === 1_000);
    // One such allocation would be two gigabytes.
    expect(Number(await resident()) - before).toBeLessThan(500e6);
  });

  test('pages of other sites may not open one, those of the own site may', async () => {
    const host = 'tr.shop.co.uk';
    for (const origin of ['https://evil.example', 'https://evil.co.uk', 'null']) {
      expect([origin, await refused('/tr/v1/ws', { host, origin })]).toEqual([origin, 421]);
    }
    await using client = await open('/tr/v1/ws?ack=1', { host, origin: 'https://www.shop.co.uk' });
    client.socket.send('{"oid":"origin","ename":"a"}');
    expect(await client.answer()).toMatchObject({ accepted: 1 });
  });

  test('a message over the limit of bytes ends its connection', async () => {
    await using client = await open();
    const closed = once(client.socket, 'close');
    client.socket.send('x'.repeat(2 * 1024 * 1024));
    expect((await closed)[0]).toBe(1009);
  });
});
