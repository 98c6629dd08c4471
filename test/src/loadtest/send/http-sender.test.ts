import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HttpSender } from '../../../../src/loadtest/send/http-sender.ts';
import type { Outgoing } from '../../../../src/loadtest/send/sender.ts';
import { available } from '../../../support/requirement.ts';
import { outgoing, SenderDiary } from '../../../support/sender-diary.ts';
import { accepted, openStub, respond } from '../../../support/stub-collector.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';
import { until } from '../../../support/until.ts';

let diary: SenderDiary;
let sender: HttpSender<Outgoing> | undefined;
beforeEach(() => {
  diary = new SenderDiary();
});
afterEach(() => sender?.close());

function senderTo(url: string, timeoutMs = 5_000, key: string | null = null): HttpSender<Outgoing> {
  sender = new HttpSender({ url: new URL(url), key, timeoutMs }, diary);
  return sender;
}

const ACKNOWLEDGED = { outcome: 'accepted', states: 'acknowledged' };

test('sends what a collector expects, over one connection', async () => {
  await using stub = await openStub((socket) => socket.write(accepted(1)));
  const sender = senderTo(stub.url);
  sender.open();
  for (const body of ['{"name":"a"}', '{"name":"ü €"}']) {
    expect(await diary.exchange(sender, outgoing(body))).toMatchObject({ body, ...ACKNOWLEDGED });
  }
  expect(stub.connections).toBe(1);
  expect(stub.requests.map(({ body }) => body)).toEqual(['{"name":"a"}', '{"name":"ü €"}']);
  expect(stub.requests[0]!.head.split('\r\n')).toEqual([
    'POST /v1/events HTTP/1.1',
    `Host: 127.0.0.1:${stub.port}`,
    'User-Agent: test/1',
    'Content-Type: application/json',
    'Content-Length: 12',
  ]);
});

test('sends its key with every request', async () => {
  await using stub = await openStub((socket) => socket.write(accepted(1)));
  const sender = senderTo(stub.url, 5_000, 'tf_sk_1');
  await diary.exchange(sender);
  await diary.exchange(sender);
  const [first, second] = stub.requests.map(({ head }) => head.split('\r\n').slice(1, 3));
  expect(first).toEqual([`Host: 127.0.0.1:${stub.port}`, 'Authorization: Bearer tf_sk_1']);
  expect(second).toEqual(first);
});

test('puts together an answer that is longer than one read', async () => {
  const long = JSON.stringify({ accepted: 1, duplicates: 0, rejected: [], receipt: 'r'.repeat(50_000) });
  await using stub = await openStub((socket) => socket.write(respond(202, long)));
  expect(await diary.exchange(senderTo(stub.url))).toMatchObject(ACKNOWLEDGED);
});

test('a connection that the collector closes in between is made again, and nothing failed', async () => {
  await using stub = await openStub((socket) => socket.write(accepted(1)));
  const sender = senderTo(stub.url);
  await diary.exchange(sender);
  stub.endConnections();
  await until(() => stub.open === 0, 5_000);
  expect(await diary.exchange(sender)).toMatchObject(ACKNOWLEDGED);
  expect(stub.connections).toBe(2);
  expect(diary.outcomes).toEqual(['accepted', 'accepted']);
});

test('an answer that closes the connection is an answer', async () => {
  await using stub = await openStub((socket) =>
    socket.end(respond(202, '{"accepted":1,"duplicates":0,"rejected":[],"receipt":"r"}', 'Connection: close\r\n')),
  );
  const sender = senderTo(stub.url);
  for (let n = 0; n < 3; n++) expect(await diary.exchange(sender)).toMatchObject(ACKNOWLEDGED);
  expect(stub.connections).toBe(3);
});

describe('a request fails', () => {
  test('as refused, and has not left, when nobody listens; later the connection is made', async () => {
    await using stub = await openStub((socket) => socket.write(accepted(1)));
    const { port } = stub;
    await stub.close();
    const sender = senderTo(`http://127.0.0.1:${port}`);
    const startedAt = performance.now();
    for (let n = 0; n < 3; n++) {
      expect(await diary.exchange(sender)).toMatchObject({ outcome: 'refused', states: 'unsent' });
    }
    // 20, 40 and 80 ms between the attempts.
    expect(performance.now() - startedAt).toBeGreaterThan(130);
    await stub.listen(port);
    expect(await diary.exchange(sender)).toMatchObject(ACKNOWLEDGED);
    expect(stub.connections).toBe(1);
  });

  test.each([
    ['before the answer', ''],
    ['in the middle of the head', 'HTTP/1.1 202'],
    ['in the middle of the body', accepted(1).slice(0, -5)],
  ])('as reset, and is unknown, when the connection breaks %s', async (_, part) => {
    await using stub = await openStub((socket) => {
      socket.write(part, () => socket.resetAndDestroy());
    });
    expect(await diary.exchange(senderTo(stub.url))).toMatchObject({ outcome: 'reset', states: 'unknown' });
  });

  test('as reset when the collector ends the connection without an answer', async () => {
    await using stub = await openStub((socket) => socket.end());
    expect(await diary.exchange(senderTo(stub.url))).toMatchObject({ outcome: 'reset', states: 'unknown' });
  });

  test('as timed out, and its late answer is nobody else’s', async () => {
    await using stub = await openStub((socket, { index }) => {
      if (index > 0) socket.write(accepted(1));
    });
    const sender = senderTo(stub.url, 100);
    expect(await diary.exchange(sender)).toMatchObject({ outcome: 'timeout', states: 'unknown' });
    expect(await diary.exchange(sender)).toMatchObject(ACKNOWLEDGED);
    expect(stub.connections).toBe(2);
  });

  test.each([
    ['garbage', 'no HTTP at all\r\n\r\n'],
    ['two answers', accepted(1) + accepted(1)],
  ])('as a mismatch when it is answered with %s', async (_, bytes) => {
    await using stub = await openStub((socket) => socket.write(bytes));
    expect(await diary.exchange(senderTo(stub.url))).toMatchObject({ outcome: 'mismatch', states: 'unknown' });
  });

  test('as a mismatch when the counts are wrong, and the connection stays', async () => {
    await using stub = await openStub((socket, { index }) => socket.write(accepted(index === 0 ? 2 : 1)));
    const sender = senderTo(stub.url);
    expect(await diary.exchange(sender)).toMatchObject({ outcome: 'mismatch', states: 'unknown' });
    expect(await diary.exchange(sender)).toMatchObject(ACKNOWLEDGED);
    expect(stub.connections).toBe(1);
  });

  test('and who was late or talked nonsense is asked again at once, who broke off is not', async () => {
    const answers = ['', 'nonsense\r\n\r\n'];
    await using stub = await openStub((socket, { index }) => socket.write(answers[index % 2]!));
    const sender = senderTo(stub.url, 20);
    const startedAt = performance.now();
    for (let n = 0; n < 12; n++) await diary.exchange(sender);
    // Six times out of time. Held back as after a refusal it would take six seconds more.
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    stub.answer = (socket) => socket.resetAndDestroy();
    const brokenAt = performance.now();
    await diary.exchange(sender);
    expect(performance.now() - brokenAt).toBeGreaterThan(900);
  });

  test('for its TLS, and has not left, when the collector speaks none', async () => {
    await using stub = await openStub(() => {});
    const url = stub.url.replace('http:', 'https:');
    stub.greeting = 'HTTP/1.1 400 Bad Request\r\n\r\n';
    expect(await diary.exchange(senderTo(url))).toMatchObject({ outcome: 'tls', states: 'unsent' });
  });
});

test('what was not asked for ends the connection and harms no request', async () => {
  await using stub = await openStub((socket) => socket.write(accepted(1)));
  const sender = senderTo(stub.url);
  stub.greeting = accepted(1);
  sender.open();
  await until(() => stub.connections === 1 && stub.open === 0, 5_000);
  stub.greeting = '';
  expect(await diary.exchange(sender)).toMatchObject(ACKNOWLEDGED);
});

const hasOpenssl = available('openssl', () => {
  execFileSync('openssl', ['version'], { stdio: 'ignore' });
  return true;
});

describe.runIf(hasOpenssl)('over TLS', () => {
  const names = 'subjectAltName=IP:127.0.0.1';
  function certificate(): { key: string; cert: string } {
    const home = temporaryHome();
    const [key, cert] = [path.join(home, 'key.pem'), path.join(home, 'cert.pem')];
    const subject = ['-subj', '/CN=stub', '-addext', names, '-days', '1'];
    const options = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject];
    execFileSync('openssl', options, { stdio: 'ignore' });
    return { key: fs.readFileSync(key, 'utf8'), cert: fs.readFileSync(cert, 'utf8') };
  }

  test('a certificate that nobody vouches for fails the request before it leaves; one that is trusted does not', async () => {
    const pair = certificate();
    await using stub = await openStub((socket) => socket.write(accepted(1)), pair);
    const sender = senderTo(stub.url);
    expect(await diary.exchange(sender)).toMatchObject({ outcome: 'tls', states: 'unsent' });
    const before = tls.getCACertificates('default');
    tls.setDefaultCACertificates([...before, pair.cert]);
    try {
      for (let n = 0; n < 2; n++) expect(await diary.exchange(sender)).toMatchObject(ACKNOWLEDGED);
    } finally {
      tls.setDefaultCACertificates(before);
    }
    expect(stub.requests).toHaveLength(2);
  });
});
