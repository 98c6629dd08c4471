import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { homePaths } from '../../../src/config/home.ts';
import { ControlClient } from '../../../src/control/client.ts';
import { readLines } from '../../../src/control/lines.ts';
import { controlSocketPath, prepareSocketDirectory } from '../../../src/control/socket-path.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

describe('lines of a stream', () => {
  const bytes = new TextEncoder().encode('{"a":"Grüße 東京"}\n{"b":2}\n{"cut":');

  it.each([1, 2, 3, 7, 1_000])('are whole, whatever the pieces of %i bytes cut', async (size) => {
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    }
    expect(await collected(readLines(pieces()))).toEqual(['{"a":"Grüße 東京"}', '{"b":2}']);
  });
});

describe('the stream of a daemon', () => {
  it('is read until the daemon goes', async () => {
    const home = temporaryHome();
    await daemonThat(home, (write, end) => {
      write('{"type":"history"}\n{"type":');
      write('"tick","at":1}\n');
      end();
    });
    const lines = await collected(client(home).stream(new AbortController().signal));
    expect(lines.map(({ type }) => type)).toEqual(['history', 'tick']);
  });

  it('ends with the reason of whoever stops reading, and leaves no connection', async () => {
    const home = temporaryHome();
    const server = await daemonThat(home, (write) => write('{"type":"history"}\n'));
    const stop = new AbortController();
    const reason = new Error('seen enough');
    const read = async () => {
      for await (const _line of client(home).stream(stop.signal)) stop.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
    await expect.poll(() => connections(server)).toBe(0);
  });

  it('is TF_NOT_RUNNING where nobody listens', async () => {
    const read = collected(client(temporaryHome()).stream(new AbortController().signal));
    await expect(read).rejects.toMatchObject({ code: 'TF_NOT_RUNNING' });
  });
});

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

function client(home: string): ControlClient {
  return new ControlClient(home, new AbortController().signal);
}

async function daemonThat(
  home: string,
  answer: (write: (text: string) => void, end: () => void) => void,
): Promise<Server> {
  mkdirSync(homePaths(home).run, { recursive: true, mode: 0o700 });
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    answer(
      (text) => void response.write(text),
      () => void response.end(),
    );
  });
  const path = controlSocketPath(home);
  prepareSocketDirectory(path);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
