import { beforeEach, describe, expect, it } from 'vitest';
import { Committer } from '../../../daemon/spool/committer.ts';
import { Dedup } from '../../../daemon/spool/dedup.ts';
import { type Lane, openLane } from '../../../daemon/spool/lane.ts';
import type { SpoolAnswer, SpoolRefusal } from '../../../daemon/spool/protocol.ts';
import { scanSegment } from '../../../daemon/spool/segment-scan.ts';
import { EVENT_COLUMN_HEADS } from '../../../src/clickhouse/native/encoded-rows.ts';
import type { Event } from '../../../src/event/event.ts';
import { appendMessage, eventId, eventIds, keyedEvent, sampleEvent, spreadMessage } from '../../support/events.ts';
import { MemoryKeyStore } from '../../support/key-store.ts';
import { diskError, SimulatedDisk } from '../../support/simulated-disk.ts';

const FOLDER = '/home/spool/events';
const DECEMBER = Date.UTC(2026, 11, 24);

let disk: SimulatedDisk;
let lane: Lane;
let store: MemoryKeyStore;
let committer: Committer;
let refusal: SpoolRefusal | null;
let answers: SpoolAnswer[];
let failures: unknown[];
let committed: { rows: number; duplicates: number; bytes: number }[];
let refused: { rows: number; reason: SpoolRefusal }[];
let group: number;

beforeEach(() => {
  disk = new SimulatedDisk(1);
  store = new MemoryKeyStore();
  group = 0;
  start();
});

/** A new process over the disk and the store. */
function start(): void {
  refusal = null;
  answers = [];
  failures = [];
  committed = [];
  refused = [];
  const opened = openLane(disk, FOLDER, EVENT_COLUMN_HEADS, 0x2b00000000n, () => 1);
  for (const { segment, keys } of opened.report.keys) if (segment > store.through) store.remember(keys, 1, segment);
  lane = opened.lane;
  committer = new Committer({
    lanes: [lane],
    dedup: new Dedup(store, { windowMs: 60_000, rowsMax: 1_000 }, () => 1),
    refusal: () => refusal,
    observer: {
      committed: (rows, duplicates, bytes) => committed.push({ rows, duplicates, bytes }),
      refused: (rows, reason) => refused.push({ rows, reason }),
      failed: (error) => failures.push(error),
    },
    now: () => 1,
  });
}

function submit(...events: Event[]): void {
  committer.submit(appendMessage(group++, events), (answer) => answers.push(answer));
}

async function commit(...events: Event[]): Promise<SpoolAnswer> {
  submit(...events);
  await committer.idle();
  return answers.at(-1)!;
}

/** Holds syncs until the returned function is called. */
function holdSyncs(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  disk.syncing = () => promise;
  return () => {
    disk.syncing = () => Promise.resolve();
    resolve();
  };
}

/** All that can happen without the disk has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function idsInActive(): string[] {
  const file = `${FOLDER}/${lane.active.name}.seg`;
  return scanSegment(disk.read(file), lane.active.name, EVENT_COLUMN_HEADS).groups.flatMap((each) =>
    eventIds(each.rows),
  );
}

function syncs(): number {
  return disk.calls.filter(({ name }) => name === 'sync').length;
}

function duplicatesOf(answer: SpoolAnswer): number[] {
  if (answer.type !== 'committed') throw new Error(`refused: ${answer.reason}`);
  return [...answer.duplicates];
}

describe('a group', () => {
  it('is answered after its sync, never before, with where it lies', async () => {
    const release = holdSyncs();
    const offset = lane.active.bytes;
    submit(sampleEvent(1), sampleEvent(2));
    await settled();
    expect(answers).toEqual([]);
    release();
    await committer.idle();
    expect(answers).toMatchObject([{ type: 'committed', group: 0, segment: lane.active.name, offset }]);
    expect(committed).toEqual([{ rows: 2, duplicates: 0, bytes: lane.active.bytes - offset }]);
    expect(idsInActive()).toEqual([eventId(1), eventId(2)]);
  });

  it('is made of all that arrives during a sync', async () => {
    const release = holdSyncs();
    submit(sampleEvent(1));
    await settled();
    const offset = lane.active.bytes;
    for (const number of [2, 3, 4]) submit(sampleEvent(number));
    await settled();
    expect(answers).toEqual([]);
    release();
    await committer.idle();
    expect(syncs()).toBe(2);
    expect(answers.map((answer) => answer.group)).toEqual([0, 1, 2, 3]);
    expect(answers.slice(1).map((answer) => answer.type === 'committed' && answer.offset)).toEqual([
      offset,
      offset,
      offset,
    ]);
    expect(committed.map(({ rows }) => rows)).toEqual([1, 3]);
  });

  it('is no larger than what one commit may write, and the segment can be sealed before the rest', async () => {
    const releaseFirst = holdSyncs();
    submit(sampleEvent(0));
    await settled();
    const url = 'x'.repeat(1024 * 1024);
    for (let number = 1; number <= 100; number++) submit(sampleEvent(number, { url }));
    const { bytes } = lane.active;
    releaseFirst();
    const releaseSecond = holdSyncs();
    while (lane.active.bytes === bytes) await settled();
    const sealed = committer.between(() => lane.seal());
    releaseSecond();
    expect((await sealed).rows).toBe(64);
    await committer.idle();
    expect(committed.map(({ rows }) => rows)).toEqual([1, 63, 37]);
    expect(lane.active.rows).toBe(37);
    expect(answers.map((answer) => answer.group)).toEqual(Array.from({ length: 101 }, (_, number) => number));
  });

  it('does not run while the lane is being sealed, and sealing waits for its sync', async () => {
    const release = holdSyncs();
    submit(sampleEvent(1));
    await settled();
    const sealed = committer.between(() => lane.seal());
    submit(sampleEvent(2));
    await settled();
    expect(lane.sealed).toEqual([]);
    release();
    const batch = await sealed;
    await committer.idle();
    expect(batch.rows).toBe(1);
    expect(idsInActive()).toEqual([eventId(2)]);
    expect(answers[1]).toMatchObject({ segment: lane.active.name });
  });

  it('goes on after work between commits has thrown', async () => {
    await expect(committer.between(() => lane.forget({ file: '/nowhere' } as never))).rejects.toThrow('ENOENT');
    expect(await commit(sampleEvent(1))).toMatchObject({ type: 'committed' });
  });

  it('is not touched by the disk when there is a reason to refuse', async () => {
    refusal = 'stopping';
    const calls = disk.calls.length;
    expect(await commit(keyedEvent(1))).toEqual({
      type: 'refused',
      group: 0,
      reason: 'stopping',
      retryAfterSeconds: 1,
    });
    expect(disk.calls).toHaveLength(calls);
    expect(refused).toEqual([{ rows: 1, reason: 'stopping' }]);
    refusal = null;
    expect(duplicatesOf(await commit(keyedEvent(1)))).toEqual([]);
  });
});

describe('on a full disk', () => {
  it('all of a group are refused, nothing of it is kept, and a retry is taken', async () => {
    await commit(keyedEvent(1));
    const { bytes, name } = lane.active;
    disk.room = 150;
    submit(keyedEvent(2));
    submit(sampleEvent(3), keyedEvent(4));
    submit(keyedEvent(2));
    await committer.idle();
    expect(answers.slice(1).map((answer) => answer.type === 'refused' && answer.reason)).toEqual(
      Array(3).fill('disk_full'),
    );
    expect(refused).toEqual([
      { rows: 1, reason: 'disk_full' },
      { rows: 3, reason: 'disk_full' },
    ]);
    expect(disk.size(`${FOLDER}/${name}.seg`)).toBe(bytes);
    expect(failures).toEqual([]);

    disk.room = Number.POSITIVE_INFINITY;
    expect(duplicatesOf(await commit(keyedEvent(2), keyedEvent(4)))).toEqual([]);
    expect(idsInActive()).toEqual([eventId(1), eventId(2), eventId(4)]);
  });

  it('what was committed before stays a duplicate', async () => {
    await commit(keyedEvent(1));
    disk.room = 0;
    await commit(keyedEvent(1), keyedEvent(2));
    disk.room = Number.POSITIVE_INFINITY;
    expect(duplicatesOf(await commit(keyedEvent(1), keyedEvent(2)))).toEqual([0]);
  });

  it('a group of duplicates alone is answered: it needs no room', async () => {
    await commit(keyedEvent(1));
    disk.room = 0;
    expect(duplicatesOf(await commit(keyedEvent(1)))).toEqual([0]);
  });
});

describe('a failure that leaves open what is on disk', () => {
  async function expectSilence(): Promise<void> {
    expect(answers).toEqual([]);
    expect(failures).toHaveLength(1);
    const calls = disk.calls.length;
    disk.fault = () => null;
    submit(sampleEvent(9));
    await committer.idle();
    await settled();
    expect(answers).toEqual([]);
    expect(disk.calls).toHaveLength(calls);
    expect(failures).toHaveLength(1);
  }

  it('of a sync is told once; nobody is answered and nothing is written after it', async () => {
    const release = holdSyncs();
    disk.fault = ({ name }) => (name === 'sync' ? diskError('EIO', name) : null);
    submit(sampleEvent(1));
    await settled();
    submit(sampleEvent(2));
    release();
    await committer.idle();
    await expectSilence();
  });

  it('of taking back a refused write is the same', async () => {
    disk.room = 10;
    disk.fault = ({ name }) => (name === 'truncate' ? diskError('EIO', name) : null);
    submit(sampleEvent(1));
    await committer.idle();
    await expectSilence();
  });

  it('of a write for another reason than room is the same', async () => {
    disk.fault = ({ name }) => (name === 'append' ? diskError('EIO', name) : null);
    submit(sampleEvent(1));
    await committer.idle();
    await expectSilence();
  });

  it('of the store of client ids is the same', async () => {
    store.known = () => {
      throw new Error('database disk image is malformed');
    };
    submit(keyedEvent(1));
    await committer.idle();
    await expectSilence();
  });
});

describe('an event whose client gave its id', () => {
  it('is kept once within a message, and the row that was dropped is named', async () => {
    expect(duplicatesOf(await commit(keyedEvent(1), sampleEvent(2), keyedEvent(1), keyedEvent(3)))).toEqual([2]);
    expect(idsInActive()).toEqual([eventId(1), eventId(2), eventId(3)]);
    expect(committed).toMatchObject([{ rows: 3, duplicates: 1 }]);
  });

  it('is kept once within a group, and the second is answered with the first', async () => {
    const release = holdSyncs();
    submit(sampleEvent(9));
    await settled();
    submit(keyedEvent(1));
    submit(keyedEvent(1));
    release();
    await committer.idle();
    expect(answers.map(duplicatesOf)).toEqual([[], [], [0]]);
    expect(idsInActive()).toEqual([eventId(9), eventId(1)]);
  });

  it('is not called a duplicate before the first one is synced', async () => {
    const release = holdSyncs();
    submit(keyedEvent(1));
    await settled();
    submit(keyedEvent(1));
    await settled();
    expect(answers).toEqual([]);
    release();
    await committer.idle();
    expect(answers.map(duplicatesOf)).toEqual([[], [0]]);
  });

  it('is kept once across groups and segments', async () => {
    await commit(keyedEvent(1));
    await committer.between(() => lane.seal());
    expect(duplicatesOf(await commit(keyedEvent(1)))).toEqual([0]);
    expect(lane.rows).toBe(1);
  });

  it('is kept once across a restart, whether its segment was sealed or not', async () => {
    await commit(keyedEvent(1));
    await committer.between(() => lane.seal());
    await commit(keyedEvent(2));
    disk = disk.crash();
    start();
    expect(duplicatesOf(await commit(keyedEvent(1), keyedEvent(2), keyedEvent(3)))).toEqual([0, 1]);
  });

  it('is another event in another account', async () => {
    expect(duplicatesOf(await commit(keyedEvent(1), keyedEvent(1, { account: 'other' })))).toEqual([]);
  });

  it('is not deduplicated against ids that the daemon made', async () => {
    expect(duplicatesOf(await commit(sampleEvent(1), sampleEvent(1)))).toEqual([]);
  });

  it('leaves the months right when duplicates are dropped', async () => {
    await commit(keyedEvent(1, { occurred_at: DECEMBER }));
    await commit(keyedEvent(1, { occurred_at: DECEMBER }), keyedEvent(2), keyedEvent(3, { occurred_at: DECEMBER }));
    await commit(keyedEvent(1), keyedEvent(2), keyedEvent(4));
    const batch = await committer.between(() => lane.seal());
    expect(batch.months).toEqual(
      new Map([
        [202612, 2],
        [202611, 2],
      ]),
    );
    expect(batch.rows).toBe(4);
    const { groups } = scanSegment(disk.read(batch.file), batch.name, EVENT_COLUMN_HEADS);
    expect(groups.flatMap((each) => each.keys)).toHaveLength(4);
  });
});

describe('a group that goes to several lanes', () => {
  const OTHER = '/home/spool/events-2';
  let other: Lane;

  beforeEach(() => {
    other = openLane(disk, OTHER, EVENT_COLUMN_HEADS, 0x3b00000000n, () => 1).lane;
    committer = new Committer({
      lanes: [lane, other],
      dedup: new Dedup(store, { windowMs: 60_000, rowsMax: 1_000 }, () => 1),
      refusal: () => refusal,
      observer: {
        committed: (rows, duplicates, bytes) => committed.push({ rows, duplicates, bytes }),
        refused: (rows, reason) => refused.push({ rows, reason }),
        failed: (error) => failures.push(error),
      },
      now: () => 1,
    });
  });

  async function spread(...events: readonly (readonly [Event, number])[]): Promise<SpoolAnswer> {
    const message = spreadMessage(
      group++,
      events.map(([event, to]) => ({ event, lane: to })),
    );
    committer.submit(message, (answer) => answers.push(answer));
    await committer.idle();
    return answers.at(-1)!;
  }

  function idsIn(folder: string, of: Lane): string[] {
    const { name } = of.active;
    return scanSegment(disk.read(`${folder}/${name}.seg`), name, EVENT_COLUMN_HEADS).groups.flatMap((each) =>
      eventIds(each.rows),
    );
  }

  it('is answered once, when each of them has synced its part', async () => {
    await spread([sampleEvent(1), 0], [sampleEvent(2), 1], [sampleEvent(3), 0]);
    expect(syncs()).toBe(2);
    expect(answers).toHaveLength(1);
    expect(idsIn(FOLDER, lane)).toEqual([eventId(1), eventId(3)]);
    expect(idsIn(OTHER, other)).toEqual([eventId(2)]);
    expect(committed).toMatchObject([{ rows: 3, duplicates: 0 }]);
  });

  it('names its duplicates by their number in the group, wherever the first one went', async () => {
    await spread([keyedEvent(1), 0]);
    const answer = await spread([sampleEvent(2), 1], [keyedEvent(1), 1], [keyedEvent(3), 0], [keyedEvent(3), 1]);
    expect(duplicatesOf(answer)).toEqual([1, 3]);
    expect(idsIn(FOLDER, lane)).toEqual([eventId(1), eventId(3)]);
    expect(idsIn(OTHER, other)).toEqual([eventId(2)]);
  });

  it('leaves nothing in any when one has no room, and a retry is taken', async () => {
    await spread([keyedEvent(1, { occurred_at: DECEMBER }), 0]);
    const before = { bytes: lane.active.bytes, rows: lane.active.rows, keys: [...lane.active.keys] };
    disk.fault = ({ name, file }) => (name === 'append' && file.startsWith(OTHER) ? diskError('ENOSPC', file) : null);
    expect(await spread([keyedEvent(2), 0], [keyedEvent(3), 1])).toMatchObject({ reason: 'disk_full' });
    expect(lane.active).toMatchObject(before);
    expect(idsIn(FOLDER, lane)).toEqual([eventId(1)]);
    disk.fault = () => null;
    expect(duplicatesOf(await spread([keyedEvent(2), 0], [keyedEvent(3), 1]))).toEqual([]);
    expect(lane.seal().months).toEqual(
      new Map([
        [202612, 1],
        [202611, 1],
      ]),
    );
    expect(failures).toEqual([]);
  });
});
