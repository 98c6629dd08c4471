import { EventEmitter } from 'node:events';
import type { Connection } from 'pg';
import { expect, it } from 'vitest';
import { CopyOut } from '../../../src/migrate/postgres/copy-out.ts';
import { seededRandom, testSeed } from '../../support/seed.ts';

/** The socket of a connection as pg leaves it: one listener of its own, which gets what is not ours. */
class Socket extends EventEmitter {
  isPaused = false;
  readonly leftToPg: Buffer[] = [];

  constructor() {
    super();
    this.on('data', (chunk: Buffer) => this.leftToPg.push(chunk));
  }

  pause() {
    this.isPaused = true;
  }

  resume() {
    this.isPaused = false;
  }

  destroy() {}
}

function message(code: string, body: Buffer | string): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(code, 0, 'latin1');
  head.writeUInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}

function opened() {
  const socket = new Socket();
  const copy = new CopyOut('COPY');
  copy.submit({ stream: socket, query: () => {} } as unknown as Connection);
  const read: Buffer[] = [];
  copy.on('data', (chunk: Buffer) => read.push(Buffer.from(chunk)));
  return { socket, copy, read };
}

it('gives the rows and nothing else, however the socket cuts the messages, and the rest to pg', async () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  for (let run = 0; run < 300; run++) {
    const rows = Array.from({ length: 30 }, (_, row) => Buffer.alloc(Math.floor(random() * random() * 400), `${row} `));
    const rest = Buffer.concat([message('C', 'COPY 30\0'), message('Z', 'I')]);
    const notices = [message('N', 'Mnotice\0\0'), message('S', 'a\0b\0')];
    const wire = Buffer.concat([
      message('H', Buffer.alloc(7)),
      ...rows.flatMap((row, at) => [message('d', row), ...(at % 11 === 5 ? notices : [])]),
      message('c', ''),
      rest,
    ]);
    const { socket, copy, read } = opened();
    for (let at = 0; at < wire.length; ) {
      const size = 1 + Math.floor(random() * (run % 3 === 0 ? 4 : 900));
      socket.emit('data', Buffer.from(wire.subarray(at, at + size)));
      at += size;
    }
    const ended = new Promise((resolve) => copy.once('end', resolve));
    copy.handleReadyForQuery();
    await ended;
    expect({ seed, run, same: Buffer.concat(read).equals(Buffer.concat(rows)) }).toEqual({ seed, run, same: true });
    expect(Buffer.concat(socket.leftToPg)).toEqual(rest);
    expect(copy.bytesRead).toBe(rows.reduce((sum, row) => sum + row.length, 0));
  }
});

it('leaves an error in the middle of the rows to pg, and ends with what pg makes of it', async () => {
  const { socket, copy, read } = opened();
  const failure = message('E', 'SERROR\0C57014\0Mcanceled\0\0');
  socket.emit('data', Buffer.concat([message('d', 'one\n'), failure]));
  expect(Buffer.concat(socket.leftToPg)).toEqual(failure);
  const failed = new Promise((resolve) => copy.once('error', resolve));
  copy.handleError(new Error('canceled'));
  expect(String(await failed)).toContain('canceled');
  expect(Buffer.concat(read).toString()).toBe('one\n');
});

it('slows the server down when nobody reads', () => {
  const socket = new Socket();
  const copy = new CopyOut('COPY');
  copy.submit({ stream: socket, query: () => {} } as unknown as Connection);
  for (let sent = 0; sent < 40 && !socket.isPaused; sent++) socket.emit('data', message('d', Buffer.alloc(100_000)));
  expect(socket.isPaused).toBe(true);
  copy.read();
  expect(socket.isPaused).toBe(false);
});
