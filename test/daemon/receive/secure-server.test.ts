import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { request } from 'node:https';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { offersAcme } from '../../../daemon/receive/client-hello.ts';
import type { Certificate } from '../../../daemon/receive/secure-server.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { openTestReceiver, type TestReceiver, type TestReceiverOptions, until } from './harness.ts';

let first: Certificate;
let second: Certificate;
beforeAll(async () => {
  [first, second] = await Promise.all([makeCertificate('localhost', 'one'), makeCertificate('localhost', 'two')]);
});

const TICKET_KEYS = new Uint8Array(48);
const open = (options: TestReceiverOptions = {}) =>
  openTestReceiver({ tls: { certificate: first, ticketKeys: TICKET_KEYS }, ...options });

async function session({ port }: TestReceiver): Promise<ClientHttp2Session> {
  const client = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
  onTestFinished(() => client.destroy());
  await new Promise((resolve, reject) => client.once('connect', resolve).once('error', reject));
  return client;
}

async function over2(client: ClientHttp2Session, head: object, body?: string) {
  const stream = client.request({ ':path': '/v1/events', ...head }, { endStream: body === undefined });
  const answered = new Promise<IncomingHttpHeaders & { ':status'?: number }>((resolve, reject) =>
    stream.once('response', resolve).once('error', reject),
  );
  if (body !== undefined) stream.end(body);
  const headers = await answered;
  return { status: headers[':status'], headers, body: await text(stream) };
}

async function over1({ port }: TestReceiver, path: string, body?: string): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const method = body === undefined ? 'GET' : 'POST';
  const options = { host: 'localhost', port, path, method, rejectUnauthorized: false, agent: false };
  request(options, (response) => {
    text(response).then((answer) => resolve({ status: response.statusCode!, body: answer }), reject);
  })
    .on('error', reject)
    .end(body);
  return promise;
}

async function handshake({ port }: TestReceiver, protocols: string[] = []): Promise<TLSSocket> {
  const socket = connectTls({
    port,
    host: 'localhost',
    servername: 'localhost',
    rejectUnauthorized: false,
    ALPNProtocols: protocols,
  });
  onTestFinished(() => {
    socket.destroy();
  });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  return socket;
}

const shown = (socket: TLSSocket) => socket.getPeerX509Certificate()!.fingerprint256;
const printOf = ({ cert }: Certificate) => new X509Certificate(cert).fingerprint256;

describe('over TLS', () => {
  it('takes events and answers reads by HTTP/2 and HTTP/1.1', async () => {
    const target = await open({ hstsSeconds: 600 });
    const client = await session(target);
    const events = await over2(client, { ':method': 'POST', 'content-type': 'application/json' }, '{"name":"two"}');
    expect([events.status, events.headers['strict-transport-security']]).toEqual([202, 'max-age=600']);
    expect(JSON.parse(events.body)).toMatchObject({ accepted: 1 });
    expect(await over2(client, { ':method': 'GET', ':path': '/ping' })).toMatchObject({ status: 200, body: 'pong' });
    const status = await over2(client, { ':method': 'GET', ':path': '/status' });
    expect(JSON.parse(status.body)).toEqual({ state: 'running' });
    expect(await over2(client, { ':method': 'GET', ':path': '/none' })).toMatchObject({ status: 404 });
    expect(await over2(client, { ':method': 'POST' }, 'x'.repeat(2_000_000))).toMatchObject({ status: 413 });
    expect((await over1(target, '/v1/events', '{"name":"one"}')).status).toBe(202);
    expect(await over1(target, '/ping')).toMatchObject({ status: 200, body: 'pong' });
    expect(target.committed.map(({ name }) => name)).toEqual(['two', 'one']);
  });

  it('opens WebSockets', async () => {
    const target = await open();
    const socket = new WebSocket(`wss://localhost:${target.port}/v1/ws`, { rejectUnauthorized: false });
    const ack = new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))));
    socket.once('open', () => socket.send('{"name":"n"}'));
    expect(JSON.parse(await ack)).toMatchObject({ accepted: 1, message: 1 });
    socket.close();
  });

  it('takes another certificate without failing a request of those that are under way', async () => {
    const target = await open();
    const client = await session(target);
    let stopped = false;
    const statuses = new Set<number | undefined>();
    const kept = async () => {
      while (!stopped) statuses.add((await over2(client, { ':method': 'POST' }, '{"name":"kept"}')).status);
    };
    const fresh = async () => {
      while (!stopped) statuses.add((await over1(target, '/v1/events', '{"name":"fresh"}')).status);
    };
    const senders = [kept(), fresh(), fresh()];
    for (const certificate of [second, first, second]) {
      target.receiver.replaceCertificate(certificate);
      expect(shown(await handshake(target))).toBe(printOf(certificate));
      const before = target.committed.length;
      await until(() => target.committed.length > before + 20, 'events under the new certificate');
    }
    stopped = true;
    await Promise.all(senders);
    expect([...statuses]).toEqual([202]);
  });

  it('speaks nothing older than TLS 1.2, and nothing in clear', async () => {
    const target = await open();
    const old = connectTls({
      port: target.port,
      host: 'localhost',
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      rejectUnauthorized: false,
    });
    await expect(
      new Promise((resolve, reject) => old.once('secureConnect', resolve).once('error', reject)),
    ).rejects.toThrow();
    const plain = connect(target.port, '127.0.0.1');
    plain.write('GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n');
    plain.on('error', () => {});
    const answer = await text(plain).catch(() => '');
    expect(answer).not.toContain('pong');
    expect((await over1(target, '/ping')).body).toBe('pong');
  });

  it('closes handshakes, requests and sessions that do not come to an end', async () => {
    const target = await open({
      receive: { headersTimeoutMs: 200, requestTimeoutMs: 400, keepAliveTimeoutMs: 1_000 },
    });
    const silent = connect(target.port, '127.0.0.1');
    silent.on('error', () => {}).resume();
    const client = await session(target);
    const closed = new Promise((resolve) => client.once('close', resolve));
    const slow = client.request({ ':path': '/v1/events', ':method': 'POST' });
    slow.on('error', () => {}).resume();
    const ended = new Promise((resolve) => slow.once('close', resolve));
    slow.write('{"name":');
    await Promise.all([ended, closed, new Promise((resolve) => silent.once('close', resolve))]);
    expect(target.committed).toEqual([]);
  });

  it('lets requests of a session have their answers when it closes', async () => {
    const target = await open();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    target.sink.answer = async () => {
      await held;
      return { ok: true, receipt: 'seg:1', duplicates: 0 };
    };
    const client = await session(target);
    const answer = over2(client, { ':method': 'POST' }, '{"name":"n"}');
    await until(() => target.senders.length === 1, 'the request');
    const closing = target.receiver.close(10_000);
    release();
    expect((await answer).status).toBe(202);
    await closing;
  });
});

describe('challenges of an ACME server', () => {
  it('are answered by ALPN with the certificate for them, beside everybody else', async () => {
    const target = await open();
    target.receiver.answerChallenges({ http: [['token', 'token.thumb']], alpn: [['localhost', second]] });
    const asked = await handshake(target, ['acme-tls/1']);
    expect([asked.alpnProtocol, shown(asked)]).toEqual(['acme-tls/1', printOf(second)]);
    const other = await handshake(target, ['h2']);
    expect([other.alpnProtocol, shown(other)]).toEqual(['h2', printOf(first)]);
    expect(await over1(target, '/.well-known/acme-challenge/token')).toEqual({ status: 200, body: 'token.thumb' });
    expect((await over1(target, '/v1/events', '{"name":"n"}')).status).toBe(202);
    target.receiver.answerChallenges({ http: [], alpn: [] });
    expect((await over1(target, '/.well-known/acme-challenge/token')).status).toBe(404);
    const late = await handshake(target, ['acme-tls/1', 'http/1.1']);
    expect([late.alpnProtocol, shown(late)]).toEqual(['http/1.1', printOf(first)]);
  });

  it('do not let a connection stay that says nothing', async () => {
    const target = await open({ receive: { headersTimeoutMs: 200 } });
    target.receiver.answerChallenges({ http: [], alpn: [['localhost', second]] });
    const silent = connect(target.port, 'localhost').on('error', () => {});
    onTestFinished(() => {
      silent.destroy();
    });
    await once(silent, 'close');
  });

  it('are not seen in what is no ClientHello', () => {
    const random = Buffer.from('16030100ff010000fb0303', 'hex');
    for (let length = 0; length < random.length; length++) expect(offersAcme(random.subarray(0, length))).toBe(false);
    expect(offersAcme(Buffer.from('GET / HTTP/1.1\r\n\r\nacme-tls/1'))).toBe(false);
    expect(offersAcme(Buffer.alloc(600, 0xff))).toBe(false);
  });
});
