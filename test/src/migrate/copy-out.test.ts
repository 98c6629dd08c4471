import { EventEmitter } from 'node:events';
import type { Connection } from 'pg';
import { expect, it } from 'vitest';
import { CopyOut } from '../../../src/migrate/postgres/copy-out.ts';
import { CopySums } from '../../../src/migrate/postgres/copy-sums.ts';
import { hashed, hashRow } from '../../../src/migrate/row-hash.ts';
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
    const rows = Array.from({ length: 30 }, (_, row) =>
      Buffer.from(`${`${row} `.repeat(Math.floor(random() * random() * 150))}\n`),
    );
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
    copy.handleCommandComplete({ text: 'COPY 30' });
    copy.handleReadyForQuery();
    await ended;
    expect(copy.sums()).toEqual({ ...sumsOf(rows), nulls: 0 });
    expect({ seed, run, same: Buffer.concat(read).equals(Buffer.concat(rows)) }).toEqual({ seed, run, same: true });
    expect(Buffer.concat(socket.leftToPg)).toEqual(rest);
    expect(copy.bytesRead).toBe(rows.reduce((sum, row) => sum + row.length, 0));
  }
});

/** Of rows that came whole. */
function sumsOf(rows: readonly Buffer[]) {
  const sums = new CopySums();
  for (const row of rows) sums.add(row, 0, row.length, true);
  return sums.result(rows.length);
}

it('fails when the server says that it sent another number of rows', () => {
  const sums = new CopySums();
  const row = Buffer.from('1\n');
  sums.add(row, 0, row.length, true);
  expect(() => sums.result(2)).toThrow('the source says that it sent 2 rows, 1 came');
});

it.each([
  ['a value', ['1\ta', '2\tb'], ['1\ta', '2\tc']],
  ['values that changed places', ['1\ta', '2\tb'], ['1\tb', '2\ta']],
  ['a row that came twice in place of another', ['1\ta', '2\tb'], ['1\ta', '1\ta']],
  ['NULL for the text that looks like it', ['1\t\\N'], ['1\t\\\\N']],
  ['an escaped tab', ['1\t\\t'], ['1\t']],
  ['an escaped backslash before a letter', ['1\t\\\\n'], ['1\t\\n']],
])('the sums tell %s', (_, one, other) => {
  const lines = (texts: readonly string[]) => texts.map((text) => Buffer.from(`${text}\n`));
  expect(sumsOf(lines(one))).not.toEqual(sumsOf(lines(other)));
  // The order is none of them.
  expect(sumsOf(lines(one.toReversed()))).toEqual(sumsOf(lines(one)));
});

it.each([
  ['', 0x02cc5d05, 0],
  ['a', 0x550d7456, 0x3c2569b2],
  ['hello', 0xfb0077f9, 0x248bfa47],
  ['The quick brown fox jumps over the lazy dog', 0xe85ea4de, 0x2e4ff723],
])('hashes %j as published', (text, xx, murmur) => {
  const bytes = Buffer.from(text);
  hashRow(bytes, 0, bytes.length);
  expect({ ...hashed }).toEqual({ xx, murmur });
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
