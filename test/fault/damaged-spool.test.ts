import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { killProcess, pauseProcess } from '../support/pause.ts';

const RECORDS = 4;
const EVENTS = 5;
/** A segment is full after its records; no age or idle flush seals it before. */
const FULL_SEGMENTS = { 'flush.strategy': 'size', 'flush.rowsMax': RECORDS * EVENTS };
const FRAME_BYTES = 12;

/** One request: one record, as nothing else was sent meanwhile. */
interface Sent {
  readonly file: string;
  /** Where its record begins. */
  readonly offset: number;
  readonly events: readonly string[];
}

interface Spool {
  readonly folder: string;
  readonly sent: readonly Sent[];
  /** Records of the n-th segment, in order. */
  segment(n: number): readonly Sent[];
}

/** What a damage takes and in which segments it is seen. */
interface Toll {
  readonly lost: readonly Sent[];
  readonly quarantined: readonly Sent[];
}

describe('a daemon over a damaged spool starts and stores once what can be read', () => {
  test('with flipped bits and lost pages: it keeps a copy of each damaged segment and says so', () =>
    survive(7, (spool) => [
      flippedHead(spool.segment(0)),
      flippedRecord(spool.segment(1)[0]!),
      flippedRecord(spool.segment(2)[2]!),
      flippedRecord(spool.segment(3).at(-1)!),
      flippedLength(spool.segment(4)[1]!),
      zeroed(spool.segment(5)[1]!, spool.segment(5)[2]!),
      // The seventh is whole; the last is the one that was being written.
      flippedRecord(spool.segment(7).at(-1)!),
    ]));

  test('with segments that were cut, from the middle of a record to nothing at all', () =>
    survive(5, (spool) => [
      cut(spool.segment(0), spool.segment(0)[3]!.offset + 40),
      cut(spool.segment(1), spool.segment(1)[2]!.offset),
      cut(spool.segment(2), spool.segment(2)[0]!.offset + FRAME_BYTES),
      cut(spool.segment(3), FRAME_BYTES - 5),
      cut(spool.segment(4), 0),
      cut(spool.segment(5), spool.segment(5)[1]!.offset + 1),
    ]));

  test('with files between them whose names mean nothing', () =>
    survive(1, (spool) => {
      for (const name of ['notes.txt', '.seg', '12.seg', 'ABCDEF0123456789.seg', '0123456789abcdef.seg.bak']) {
        fs.writeFileSync(path.join(spool.folder, name), 'TFR1 nothing of ours');
      }
      return [];
    }));

  test('with nothing left of it: what was in it is gone, what comes is stored', () =>
    survive(1, (spool) => {
      fs.rmSync(path.dirname(spool.folder), { recursive: true });
      return [{ lost: spool.sent, quarantined: [] }];
    }));
});

/** Leaves a spool of so many full segments and the beginning of one, damages it, and looks at what a start makes of it. */
async function survive(segments: number, inflict: (spool: Spool) => readonly Toll[]): Promise<void> {
  await using daemon = await startDaemon({ settings: FULL_SEGMENTS });
  const spool = await leaveSpool(daemon, segments);
  const tolls = inflict(spool);
  const lost = new Set(tolls.flatMap((toll) => toll.lost).flatMap(({ events }) => events));
  const readable = spool.sent.flatMap(({ events }) => events).filter((event) => !lost.has(event));
  const quarantined = tolls.flatMap((toll) => toll.quarantined);

  await daemon.start();
  await expectTaken(daemon);
  expect(await stored(daemon)).toEqual(readable.toSorted());
  await expectReported(daemon, spool, quarantined);

  // What was found once is not found again.
  await daemon.kill();
  await daemon.start();
  await expectTaken(daemon);
  expect((await daemon.status()).spool.quarantined).toBe(0);
  expect(await stored(daemon)).toEqual(readable.toSorted());
}

async function expectTaken(daemon: TestDaemon): Promise<void> {
  expect((await daemon.post({ name: 'after', account: 'after' })).status).toBe(202);
  await daemon.control.flush();
  await daemon.drained();
}

/** Full segments and the beginning of one more, as a kill leaves them that no flush preceded. */
async function leaveSpool(daemon: TestDaemon, segments: number): Promise<Spool> {
  const folder = path.join(daemon.home, 'spool', 'events');
  const sent: Sent[] = [];
  const enginePid = await daemon.enginePid();
  using _standing = pauseProcess(enginePid);
  for (let request = 0; request < segments * RECORDS + 2; request++) {
    const events = Array.from({ length: EVENTS }, (_, n) => `${request}-${n}`);
    const answer = await daemon.post(events.map((user_id) => ({ name: 'kept', account: 'kept', user_id })));
    const { receipt } = (await answer.json()) as { receipt: string };
    const [segment, offset] = receipt.split('-');
    const file = fs.readdirSync(folder).find((name) => name.endsWith(`${segment}.seg`))!;
    sent.push({ file: path.join(folder, file), offset: Number(offset), events });
  }
  const files = [...new Set(sent.map(({ file }) => file))];
  expect(files.length).toBe(segments + 1);
  await daemon.kill();
  killProcess(enginePid);
  return { folder, sent, segment: (n) => sent.filter(({ file }) => file === files[n]) };
}

async function stored(daemon: TestDaemon): Promise<string[]> {
  const rows = await daemon.query<{ user_id: string }>(`SELECT user_id FROM events WHERE account = 'kept'`);
  return rows.map(({ user_id }) => user_id).toSorted();
}

async function expectReported(daemon: TestDaemon, { folder }: Spool, quarantined: readonly Sent[]): Promise<void> {
  const names = quarantined.map(({ file }) => path.basename(file));
  const status = await daemon.status();
  expect(status.spool.quarantined).toBe(names.length);
  expect(status.health).toBe(names.length === 0 ? 'ok' : 'degraded');
  expect(fs.readdirSync(path.join(folder, 'quarantine'))).toEqual(names);
  const reported = daemon
    .log(1_000)
    .split('\n')
    .filter((line) => line.includes('"spool_quarantined"'));
  expect(reported.length).toBe(names.length);
  for (const name of names) expect(reported.join('\n')).toContain(path.basename(name, '.seg'));
}

/** Its rows are all readable, but what it says of itself is not. */
function flippedHead([first]: readonly Sent[]): Toll {
  flip(first!.file, FRAME_BYTES + 5);
  return { lost: [], quarantined: [first!] };
}

/** In the values of a record, far behind its frame. */
function flippedRecord(record: Sent): Toll {
  flip(record.file, record.offset + 200);
  return { lost: [record], quarantined: [record] };
}

/** In the frame: where the next record begins is not told any more. */
function flippedLength(record: Sent): Toll {
  flip(record.file, record.offset + 6);
  return { lost: [record], quarantined: [record] };
}

function zeroed(from: Sent, to: Sent): Toll {
  overwrite(from.file, from.offset, Buffer.alloc(to.offset - from.offset + 100));
  return { lost: [from, to], quarantined: [from] };
}

/** As a crash cuts a write: records that are not whole were never acknowledged, for all that recovery can know. */
function cut(records: readonly Sent[], bytes: number): Toll {
  const whole = records.filter((_, n) => (records[n + 1]?.offset ?? Number.POSITIVE_INFINITY) <= bytes);
  fs.truncateSync(records[0]!.file, bytes);
  return { lost: records.filter((record) => !whole.includes(record)), quarantined: [] };
}

function flip(file: string, at: number): void {
  const byte = fs.readFileSync(file)[at]!;
  overwrite(file, at, Buffer.of(byte ^ 0x10));
}

function overwrite(file: string, at: number, bytes: Buffer): void {
  const fd = fs.openSync(file, 'r+');
  fs.writeSync(fd, bytes, 0, bytes.length, at);
  fs.closeSync(fd);
}
