import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Crowd } from '../../../daemon/receive/crowd.ts';
import { allocateCounters, Counters } from '../../../daemon/telemetry/counters.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { connectRaw, openTestReceiver, post, until } from './harness.ts';

const PING = 'GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n';

describe('connections of one address', () => {
  it('are no more than it may have; one that ends makes room', async () => {
    const target = await openTestReceiver({ receive: { connectionsPerAddressMax: 3 } });
    const held = Array.from({ length: 3 }, () => connectRaw(target.port));
    for (const { socket } of held) socket.write(PING);
    await until(() => held.every(({ received }) => received().includes('pong')), 'three answers');
    expect(await connectRaw(target.port).closed).toBe('');
    expect(target.count('receive_connections_refused_total')).toBe(1);
    held[0]!.socket.destroy();
    await until(() => target.count('receive_connections') === 2, 'the end of one');
    expect((await post(target, '{"name":"n"}', { connection: 'close' })).status).toBe(202);
  });

  it('are counted by the /64 of IPv6, and not where many stand behind one address', () => {
    const { server, enter, counters } = crowd({ connectionsPerAddressMax: 1 });
    enter(server, '2001:db8:1:2::1');
    expect(enter(server, '2001:db8:1:2:ffff::1').destroyed).toBe(true);
    expect(enter(server, '2001:db8:1:3::1').destroyed).toBe(false);
    for (let n = 0; n < 5; n++) expect(enter(server, 'trusted').destroyed).toBe(false);
    expect(counters.read('receive_connections_refused_total')).toBe(1);
  });
});

describe('a collector that is behind', () => {
  it('refuses connections that are new, then all; and is itself again when it has caught up', async () => {
    const rig = crowd({ shedLoopDelayMs: 200 });
    const before = rig.enter(rig.server, '192.0.2.1');
    rig.lateMs = 300;
    // Once known to be behind, whoever comes is late.
    await until(() => rig.watched.refusal(rig.enter(rig.server, '192.0.2.2')) !== undefined, 'a refusal');
    const late = rig.enter(rig.server, '192.0.2.3');
    expect(rig.watched.refusal(late)).toMatchObject({ code: 'overload', retryAfterSeconds: 1 });
    expect(rig.watched.refusal(before)).toBeUndefined();
    rig.lateMs = 500;
    await until(() => rig.watched.refusal(before) !== undefined, 'a refusal of all');
    rig.lateMs = 0;
    await until(() => rig.watched.refusal(late) === undefined, 'the end of it');
    expect(rig.watched.refusal(before)).toBeUndefined();
  });

  it('is so for the age of the spool too, where that is asked for', async () => {
    const rig = crowd({ shedLoopDelayMs: 0, shedSpoolAgeMs: 60_000 });
    rig.counters.set('spool_oldest_seconds', 61);
    await until(() => rig.watched.refusal(rig.enter(rig.server, '192.0.2.2')) !== undefined, 'a refusal');
    rig.counters.set('spool_oldest_seconds', 1);
    await until(() => rig.watched.refusal(rig.enter(rig.server, '192.0.2.2')) === undefined, 'the end of it');
  });
});

function crowd(receive: object) {
  const counters = new Counters(allocateCounters(1), 0);
  const server = new EventEmitter() as unknown as Server;
  let elapsed = 0;
  const rig = { lateMs: 0 };
  const watched = new Crowd({
    limits: configSchema.parse({ receive }).receive,
    clientAddress: (ip) => ({ ip, trusted: ip === 'trusted' }),
    counters,
    // Every tick comes this much late.
    elapsed: () => {
      elapsed += 100 + rig.lateMs;
      return elapsed;
    },
  });
  watched.watch(server);
  onTestFinished(() => watched.close());
  const enter = (to: Server, remoteAddress: string): Socket => {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
    to.emit('connection', socket);
    return socket;
  };
  return Object.assign(rig, { counters, server, watched, enter });
}
