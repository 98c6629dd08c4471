import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import type { Outgoing } from '../../../../src/loadtest/send/sender.ts';
import { WebSocketSender } from '../../../../src/loadtest/send/websocket-sender.ts';
import { outgoing, SenderDiary } from '../../../support/sender-diary.ts';
import { openStub } from '../../../support/stub-collector.ts';
import { ack, openStubWebSockets } from '../../../support/stub-websocket.ts';
import { until } from '../../../support/until.ts';

let diary: SenderDiary;
let sender: WebSocketSender<Outgoing> | undefined;
beforeEach(() => {
  diary = new SenderDiary();
});
afterEach(() => sender?.close());

function senderTo(url: string, timeoutMs = 5_000, key: string | null = null): WebSocketSender<Outgoing> {
  sender = new WebSocketSender({ url: new URL(url), key, timeoutMs }, diary);
  return sender;
}

const message = (n: number) => outgoing(`{"name":"m${n}"}`, '/v1/ws');
const settled = (count: number) => until(() => diary.settledRequests.length === count, 10_000);

test('sends messages over one connection and hears an ack for each, in their order', async () => {
  await using stub = await openStubWebSockets((socket, _text, number) => socket.send(ack(number)));
  const sender = senderTo(stub.url);
  sender.open('/v1/ws', 'opened/1');
  for (let n = 0; n < sender.places; n++) sender.send(message(n));
  await settled(sender.places);
  expect(diary.settledRequests).toEqual(
    Array.from({ length: sender.places }, (_, n) => ({
      body: `{"name":"m${n}"}`,
      outcome: 'accepted',
      states: 'acknowledged',
    })),
  );
  expect(diary.freed).toBe(sender.places);
  expect(stub.userAgents).toEqual(['opened/1']);
  expect(stub.authorizations).toEqual(['']);
});

test('sends its key with the handshake', async () => {
  await using stub = await openStubWebSockets((socket, _text, number) => socket.send(ack(number)));
  senderTo(stub.url, 5_000, 'tf_sk_1').send(message(0));
  await settled(1);
  expect(stub.authorizations).toEqual(['Bearer tf_sk_1']);
});

test('several messages are under way before the first ack', async () => {
  const heard: (readonly [WebSocket, number])[] = [];
  await using stub = await openStubWebSockets((socket, _text, number) => heard.push([socket, number]));
  const sender = senderTo(stub.url);
  for (let n = 0; n < sender.places; n++) sender.send(message(n));
  await until(() => heard.length === sender.places, 5_000);
  expect(diary.settledRequests).toEqual([]);
  for (const [socket, number] of heard) socket.send(ack(number));
  await settled(sender.places);
});

test('an ack that does not add up is a mismatch, and the next one counts', async () => {
  await using stub = await openStubWebSockets((socket, _text, number) =>
    socket.send(ack(number, number === 1 ? 2 : 1)),
  );
  const sender = senderTo(stub.url);
  expect(await diary.exchange(sender, message(0))).toMatchObject({ outcome: 'mismatch', states: 'unknown' });
  expect(await diary.exchange(sender, message(1))).toMatchObject({ outcome: 'accepted' });
  expect(stub.userAgents).toHaveLength(1);
});

test.each([
  ['of another message', (number: number) => ack(number + 1)],
  ['that is none', () => 'hello'],
])('an ack %s gives up all that is under way, and another connection is made', async (_, text) => {
  await using stub = await openStubWebSockets((socket, _text, number) => {
    if (number === 2) socket.send(text(1));
  });
  const sender = senderTo(stub.url);
  sender.send(message(0));
  sender.send(message(1));
  await settled(2);
  expect(diary.settledRequests.map(({ outcome, states }) => [outcome, states])).toEqual([
    ['mismatch', 'unknown'],
    ['mismatch', 'unknown'],
  ]);
  stub.message = (socket, _text, number) => socket.send(ack(number));
  expect(await diary.exchange(sender, message(2))).toMatchObject({ outcome: 'accepted' });
  expect(stub.userAgents).toHaveLength(2);
});

test('an ack that does not come times out its message, and those behind it are cut off', async () => {
  await using stub = await openStubWebSockets((socket, _text, number) => {
    if (number === 1) socket.send(ack(number));
  });
  const sender = senderTo(stub.url, 150);
  for (let n = 0; n < 3; n++) sender.send(message(n));
  await settled(3);
  expect(diary.settledRequests.map(({ outcome, states }) => [outcome, states])).toEqual([
    ['accepted', 'acknowledged'],
    ['timeout', 'unknown'],
    ['reset', 'unknown'],
  ]);
  await until(() => diary.freed === 3, 5_000);
});

test('a connection that breaks leaves what is under way unknown', async () => {
  await using stub = await openStubWebSockets((socket) => socket.terminate());
  expect(await diary.exchange(senderTo(stub.url), message(0))).toMatchObject({ outcome: 'reset', states: 'unknown' });
});

describe('a message has not left', () => {
  test('when nobody listens', async () => {
    const stub = await openStub(() => {});
    const { url } = stub;
    await stub.close();
    expect(await diary.exchange(senderTo(url), message(0))).toMatchObject({ outcome: 'refused', states: 'unsent' });
  });

  test('when the handshake is not answered in time', async () => {
    await using stub = await openStub(() => {});
    expect(await diary.exchange(senderTo(stub.url, 100), message(0))).toMatchObject({
      outcome: 'timeout',
      states: 'unsent',
    });
  });

  test.each([
    [503, 'backpressure'],
    [404, 'mismatch'],
  ])('when the handshake is answered with %i', async (status, outcome) => {
    await using stub = await openStubWebSockets((socket, _text, number) => socket.send(ack(number)));
    stub.refuseWith = status;
    const sender = senderTo(stub.url);
    expect(await diary.exchange(sender, message(0))).toMatchObject({ outcome, states: 'unsent' });
    stub.refuseWith = 0;
    expect(await diary.exchange(sender, message(1))).toMatchObject({ outcome: 'accepted' });
  });
});
