import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectRaw, openTestReceiver, post, type TestReceiver, until } from './harness.ts';

const request = (body: string) =>
  `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const EVENT = '{"name":"a"}';

describe('opening', () => {
  it('shares its port with other collectors', async () => {
    const first = await openTestReceiver();
    const second = await openTestReceiver({ listen: { port: first.port } });
    expect(second.port).toBe(first.port);
  });

  it('says so when another program has the port', async () => {
    const server = createServer();
    onTestFinished(() => {
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(openTestReceiver({ listen: { port } })).rejects.toMatchObject({ code: 'TF_PORT_IN_USE' });
  });

  it('says so when the address is not of this machine', async () => {
    await expect(openTestReceiver({ listen: { host: '192.0.2.1' } })).rejects.toMatchObject({ code: 'TF_CONFIG' });
  });
});

describe('closing', () => {
  it('lets requests in flight have their answers and closes their connections', async () => {
    const target = await openTestReceiver();
    const { promise, resolve } = Promise.withResolvers<void>();
    target.sink.answer = async () => {
      await promise;
      return { ok: true, receipt: 'seg:1', duplicates: 0 };
    };
    const raw = connectRaw(target.port);
    raw.socket.write(request(EVENT));
    await until(() => target.senders.length === 1, 'a request is in flight');
    const closing = target.receiver.close(5_000);
    resolve();
    expect(await raw.closed).toMatch(/^HTTP\/1.1 202 .*Connection: close/s);
    await closing;
    expect(target.committed).toHaveLength(1);
  });

  it('answers 503 with Retry-After to a request that had begun but was not complete in its head', async () => {
    const target = await openTestReceiver();
    const raw = connectRaw(target.port);
    raw.socket.write(request(EVENT).slice(0, 30));
    await until(() => target.count('receive_connections') === 1, 'a connection');
    await readBytes(target);
    const closing = target.receiver.close(5_000);
    raw.socket.write(request(EVENT).slice(30));
    expect(await raw.closed).toMatch(/^HTTP\/1.1 503 .*Retry-After: 5.*Connection: close.*"code":"stopping"/s);
    await closing;
    expect(target.committed).toEqual([]);
  });

  it('does not wait for connections without a request', async () => {
    const target = await openTestReceiver({ receive: { headersTimeoutMs: 300 } });
    const silent = connectRaw(target.port);
    const halfHead = connectRaw(target.port);
    halfHead.socket.write('POST /v1/events HTTP/1.1\r\nHo');
    const idle = connectRaw(target.port);
    idle.socket.write(request(EVENT));
    await until(() => idle.received().includes('202'), 'an answer');
    await until(() => target.count('receive_connections') === 3, 'three connections');
    const before = Date.now();
    await target.receiver.close(30_000);
    expect(Date.now() - before).toBeLessThan(2_000);
    await Promise.all([silent.closed, halfHead.closed, idle.closed]);
    await until(() => target.count('receive_connections') === 0, 'none is left');
  });

  it('cuts off what is not done by the deadline', async () => {
    const target = await openTestReceiver();
    target.sink.answer = () => new Promise(() => {});
    const raw = connectRaw(target.port);
    raw.socket.write(request(EVENT));
    await until(() => target.senders.length === 1, 'a request is in flight');
    await target.receiver.close(50);
    expect(await raw.closed).toBe('');
  });

  it('takes no new connections', async () => {
    const target = await openTestReceiver();
    await target.receiver.close(100);
    await expect(post(target, EVENT)).rejects.toThrow();
  });
});

/** Resolves when the receiver has read what was sent to it before: it answered something that was sent later. */
async function readBytes(target: TestReceiver): Promise<void> {
  await fetch(`${target.url}/ping`);
}
