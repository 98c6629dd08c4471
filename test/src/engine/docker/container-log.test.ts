import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Docker } from '../../../../src/engine/docker/client/docker.ts';
import { OutputFrames } from '../../../../src/engine/docker/client/output-frames.ts';
import { ContainerLog } from '../../../../src/engine/docker/container-log.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';

const NEVER = new AbortController().signal;

/** A line as Docker frames it, written `second` seconds after the epoch. */
function frame(second: number, line: string): Buffer {
  const text = Buffer.from(`${new Date(second * 1_000).toISOString().replace('Z', '000000Z')} ${line}\n`);
  const header = Buffer.alloc(8);
  header[0] = 2;
  header.writeUInt32BE(text.length, 4);
  return Buffer.concat([header, text]);
}

test('frames come out whole however they are cut', () => {
  const bytes = Buffer.concat([frame(1, 'ä line'), frame(2, ''), frame(3, 'x'.repeat(20_000))]);
  for (const size of [1, 7, 8, 9, 1_000, bytes.length]) {
    const frames = new OutputFrames();
    const out: string[] = [];
    for (let at = 0; at < bytes.length; at += size) out.push(...frames.take(bytes.subarray(at, at + size)));
    expect(out.map((text) => text.length)).toEqual([38, 32, 20_032]);
  }
});

test('what is not framed is refused before it is waited for', () => {
  expect(() => new OutputFrames().take(Buffer.from('plain text of a terminal'))).toThrow('a frame of');
});

test('a line is written once over reconnections, and the files stay within their bounds', async () => {
  const folder = temporaryHome();
  const asked: string[] = [];
  const output = Array.from({ length: 200 }, (_, second) => frame(second + 1, `line ${second + 1} ${'x'.repeat(80)}`));
  // The second time Docker repeats from the last line on, as it does when it is asked for that moment.
  const parts = [output.slice(0, 120), output.slice(119)];
  const docker = {
    output: async (_name: string, { sinceSeconds }: { sinceSeconds: string }) => {
      asked.push(sinceSeconds);
      return parts.shift()!;
    },
  } as unknown as Docker;
  const log = new ContainerLog({ docker, name: 'c', path: join(folder, 'clickhouse.log'), fileBytesMax: 5_000 });
  await log.copy(NEVER);
  await log.copy(NEVER);
  expect(asked).toEqual(['0', '120.000000000']);
  const files = ['clickhouse.log.2', 'clickhouse.log.1', 'clickhouse.log'];
  expect(readdirSync(folder).sort()).toEqual(files.toSorted());
  const numbers = files
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
    .map((line) => Number(line.split(' ')[1]));
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, at) => 201 - numbers.length + at));
});
