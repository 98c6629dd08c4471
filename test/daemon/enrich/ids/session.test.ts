import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { allocateSessions, dumpSessions, restoreSessions, Sessions } from '../../../../daemon/enrich/ids/session.ts';
import { fc } from '../../../support/property.ts';
import { NOON } from '../rig.ts';

const MINUTE = 60_000;
const IDLE = 30 * MINUTE;
const table = (seed = 1) => new Sessions(allocateSessions(seed), IDLE);

describe('a derived session', () => {
  it('lasts as long as no gap exceeds the idle time', () => {
    const sessions = table();
    const first = sessions.idOf('a', 'v', NOON);
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    for (let step = 1; step <= 10; step++) expect(sessions.idOf('a', 'v', NOON + step * IDLE)).toBe(first);
    expect(sessions.idOf('a', 'v', NOON + 11 * IDLE + 1_000)).not.toBe(first);
  });

  it('belongs to one visitor of one account', () => {
    const sessions = table();
    const ids = [sessions.idOf('a', 'v', NOON), sessions.idOf('a', 'w', NOON), sessions.idOf('b', 'v', NOON)];
    expect(new Set(ids).size).toBe(3);
  });

  it('takes an event that comes a little late, and gives an older one an id of its own window', () => {
    const sessions = table();
    const session = sessions.idOf('a', 'v', NOON);
    expect(sessions.idOf('a', 'v', NOON - 10 * MINUTE)).toBe(session);
    const old = sessions.idOf('a', 'v', NOON - 5 * 60 * MINUTE);
    expect(old).not.toBe(session);
    expect(sessions.idOf('a', 'v', NOON - 5 * 60 * MINUTE)).toBe(old);
    expect(sessions.idOf('a', 'v', NOON + MINUTE)).toBe(session);
  });

  it('joins a history that is sent in order', () => {
    const sessions = table();
    const start = NOON - 400 * 24 * 60 * MINUTE;
    const ids = [0, 10, 20, 200, 210].map((minute) => sessions.idOf('a', 'v', start + minute * MINUTE));
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).toBe(ids[0]);
    expect(ids[3]).not.toBe(ids[0]);
    expect(ids[4]).toBe(ids[3]);
  });

  it('follows the plain rule for any visitor whose events come in order', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 2 * IDLE }), { minLength: 1, maxLength: 20 });
    const sessions = table();
    let visitor = 0;
    fc.assert(
      fc.property(gaps, (steps) => {
        visitor++;
        let at = NOON;
        let last = sessions.idOf('a', `v${visitor}`, at);
        for (const gap of steps) {
          const seconds = Math.floor((at + gap) / 1_000) - Math.floor(at / 1_000);
          at += gap;
          const id = sessions.idOf('a', `v${visitor}`, at);
          expect(id === last).toBe(seconds <= IDLE / 1_000);
          last = id;
        }
      }),
    );
  });

  it('survives a restart through a dump, and a dump of something else is refused', () => {
    const memory = allocateSessions(5);
    const session = new Sessions(memory, IDLE).idOf('a', 'v', NOON);
    const dump = dumpSessions(memory);

    const next = allocateSessions(6);
    expect(restoreSessions(next, dump)).toBe(true);
    expect(new Sessions(next, IDLE).idOf('a', 'v', NOON + 20 * MINUTE)).toBe(session);
    expect(restoreSessions(next, dump.subarray(8))).toBe(false);
    expect(restoreSessions(next, new Uint8Array(dump.length))).toBe(false);
  });

  it('opens a table in which a dead thread left every lock shut', () => {
    const memory = allocateSessions(5);
    const words = new Int32Array(memory);
    words.fill(1, 4, 4 + 65_536);
    const sessions = new Sessions(memory, IDLE);
    const id = sessions.idOf('a', 'v', NOON);
    expect(sessions.idOf('a', 'v', NOON + MINUTE)).toBe(id);
  });
});

describe('the table of sessions', () => {
  it('has a fixed size of about 8 MB', () => {
    expect(allocateSessions(1).byteLength).toBeLessThan(9 * 1024 * 1024);
  });

  it('keeps the sessions of 100,000 visitors at once, and apart', () => {
    const sessions = table();
    const ids = Array.from({ length: 100_000 }, (_, index) => sessions.idOf('a', `v${index}`, NOON));
    expect(new Set(ids).size).toBe(ids.length);
    let kept = 0;
    for (let index = 0; index < ids.length; index++) {
      if (sessions.idOf('a', `v${index}`, NOON + 29 * MINUTE) === ids[index]) kept++;
    }
    expect(kept).toBeGreaterThan(99_900);
  });

  it('drops the session that is idle longest when it is full, not a live one', () => {
    const sessions = table();
    const live = sessions.idOf('a', 'live', NOON);
    for (let index = 0; index < 600_000; index++) sessions.idOf('a', `old${index}`, NOON - 60 * MINUTE);
    expect(sessions.idOf('a', 'live', NOON + MINUTE)).toBe(live);
    for (let index = 0; index < 1_200_000; index++) sessions.idOf('a', `new${index}`, NOON + 60 * MINUTE);
    expect(sessions.idOf('a', 'live', NOON + 20 * MINUTE)).not.toBe(live);
  });

  it('gives threads that race for one visitor the same session', async () => {
    const memory = allocateSessions(9);
    const program = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.module).then(({ Sessions }) => {
        const sessions = new Sessions(workerData.memory, workerData.idle);
        const turns = new Int32Array(workerData.turns);
        Atomics.add(turns, 0, 1);
        while (Atomics.load(turns, 0) < workerData.threads);
        const ids = [];
        for (let index = 0; index < 20000; index++) ids.push(sessions.idOf('a', 'v' + index, workerData.now));
        parentPort.postMessage(ids);
      });`;
    const module = new URL('../../../../daemon/enrich/ids/session.ts', import.meta.url).href;
    const shared = { module, memory, idle: IDLE, turns: new SharedArrayBuffer(4), threads: 2 };
    // Different times: whoever comes first decides on the start, and so on the id.
    const workers = [NOON, NOON + 10 * MINUTE].map(
      (now) => new Worker(program, { eval: true, workerData: { ...shared, now } }),
    );
    const answers = await Promise.all(
      workers.map(
        (worker) => new Promise<string[]>((resolve, reject) => worker.once('message', resolve).once('error', reject)),
      ),
    );
    await Promise.all(workers.map((worker) => worker.terminate()));
    expect(answers[0]).toEqual(answers[1]);
    expect(new Set(answers[0]).size).toBe(20_000);
  });
});
