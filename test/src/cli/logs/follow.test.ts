import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLog } from '../../../../daemon/log.ts';
import { followLines, recentLines } from '../../../../src/cli/logs/follow.ts';
import { daemonLog, engineLog, type LogSource } from '../../../../src/cli/logs/sources.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';
import { until } from '../../../support/until.ts';

const EVERY = () => true;
const WAIT_MS = 10_000;

/** Follows from the beginning of what is there. */
function following(source: LogSource) {
  const seen: string[] = [];
  const end = new AbortController();
  const { lines, reader } = recentLines(source, Number.MAX_SAFE_INTEGER, EVERY);
  seen.push(...lines);
  const done = (async () => {
    for await (const line of followLines(source, reader, end.signal)) seen.push(line);
  })().catch(() => {});
  const stop = async () => {
    end.abort();
    await done;
  };
  onTestFinished(stop);
  return { seen, stop };
}

describe('the last lines of a log', () => {
  it('are taken over as many files as it needs, in the order of their numbers', () => {
    const folder = temporaryHome();
    for (const number of [2, 10, 9]) writeFileSync(join(folder, `daemon.${number}.log`), `${number}a\n${number}b\n`);
    writeFileSync(join(folder, 'daemon.out.log'), 'not ours\n');
    const last = (count: number) => {
      const { lines, reader } = recentLines(daemonLog(folder), count, EVERY);
      reader?.close();
      return lines;
    };
    expect(last(3)).toEqual(['9b', '10a', '10b']);
    expect(last(100)).toEqual(['2a', '2b', '9a', '9b', '10a', '10b']);
    expect(last(0)).toEqual([]);
  });

  it('are those that fit, and none where there is no log', () => {
    const folder = temporaryHome();
    expect(recentLines(daemonLog(join(folder, 'nothing')), 5, EVERY)).toEqual({ lines: [], reader: undefined });
    writeFileSync(join(folder, 'daemon.1.log'), 'keep 1\nno\nkeep 2\nno\ncut off');
    const { lines, reader } = recentLines(daemonLog(folder), 1, (line) => line.startsWith('keep'));
    reader?.close();
    expect(lines).toEqual(['keep 2']);
  });
});

describe('a followed log', () => {
  it('goes on over rotation by the real logger and removal of old files, without losing or doubling a line', async () => {
    const folder = temporaryHome();
    const open = () => openLog(folder, { level: 'info', fileBytesMax: 64 * 1024, filesMax: 2 });
    const { seen } = following(daemonLog(folder));
    let number = 0;
    for (let run = 0; run < 2; run++) {
      const log = await open();
      for (let line = 0; line < 1_200; line++) {
        log.write('info', 'test', 'listening', { number: number++, filling: 'x'.repeat(100) });
        // Never more than about one file ahead: the logger removes what is older than two.
        if (line % 50 === 0) await until(() => seen.length >= number - 300, WAIT_MS);
      }
      await log.close();
    }
    await until(() => seen.length >= number, WAIT_MS);
    expect(seen.map((line) => JSON.parse(line).number)).toEqual(Array.from({ length: number }, (_, index) => index));
  });

  it('waits for the first file, and gives a line only when it is whole', async () => {
    const folder = join(temporaryHome(), 'logs');
    const { seen } = following(daemonLog(folder));
    mkdirSync(folder);
    const file = join(folder, 'daemon.1.log');
    writeFileSync(file, 'one\ntw');
    await until(() => seen.length === 1, WAIT_MS);
    const euro = Buffer.from('€');
    appendFileSync(file, Buffer.concat([Buffer.from('o '), euro.subarray(0, 1)]));
    await new Promise((resolve) => setTimeout(resolve, 300));
    appendFileSync(file, Buffer.concat([euro.subarray(1), Buffer.from('\n')]));
    await until(() => seen.length === 2, WAIT_MS);
    expect(seen).toEqual(['one', 'two €']);
  });

  it('begins anew when the file was emptied, and when all files are gone', async () => {
    const folder = temporaryHome();
    const file = join(folder, 'daemon.7.log');
    writeFileSync(file, 'a long line of before\n');
    const { seen } = following(daemonLog(folder));
    writeFileSync(file, 'short\n');
    await until(() => seen.length === 2, WAIT_MS);
    rmSync(file);
    writeFileSync(join(folder, 'daemon.1.log'), 'first of all\n');
    await until(() => seen.length === 3, WAIT_MS);
    expect(seen.slice(1)).toEqual(['short', 'first of all']);
  });

  it('follows an engine that gives its full file another name', async () => {
    const folder = temporaryHome();
    const file = join(folder, 'clickhouse.log');
    writeFileSync(file, 'one\n');
    const { seen } = following(engineLog(folder));
    renameSync(file, `${file}.0`);
    appendFileSync(`${file}.0`, 'late\n');
    writeFileSync(file, 'two\n');
    await until(() => seen.length === 3, WAIT_MS);
    expect(seen).toEqual(['one', 'late', 'two']);
  });
});
