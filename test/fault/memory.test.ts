import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { pauseProcess } from '../support/pause.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

const MIB = 1024 * 1024;
const EVENTS = 40_000;
const EVENTS_PER_REQUEST = 400;
/** Each key of a part is a column of its own while it is written: memory of an insert grows with rows times keys. */
const KEYS = 400;
const KEYS_PER_EVENT = 12;
const TEST_MS_MAX = 180_000;

test(
  'a batch that the memory of a small box is too little for is stored in smaller inserts, each event once',
  async () => {
    const random = seededRandom(testSeed());
    const pick = (below: number) => Math.floor(random() * below);
    const value = () => [pick(1_000), `value ${pick(5_000)}`, [1, 2, pick(9)]][pick(3)];
    const event = () => ({
      name: 'many-keys',
      properties: Object.fromEntries(Array.from({ length: KEYS_PER_EVENT }, () => [`key${pick(KEYS)}`, value()])),
    });
    await using daemon = await startDaemon({ settings: { 'engine.memoryBytesMax': 80 * MIB } });
    {
      using _standing = pauseProcess(await daemon.enginePid());
      for (let sent = 0; sent < EVENTS; sent += EVENTS_PER_REQUEST) {
        const answer = await daemon.post(JSON.stringify(Array.from({ length: EVENTS_PER_REQUEST }, event)));
        expect(answer.status).toBe(202);
      }
    }
    const { events } = await daemon.drained();
    expect(events).toMatchObject({ accepted: EVENTS, stored: EVENTS, deadLettered: 0 });
    // What merges take at the moment is not there for a read, which is then refused by name.
    let stored: unknown;
    await daemon.until(async () => {
      stored = await daemon.query('SELECT count() AS rows, uniqExact(event_id) AS ids FROM events');
      return true;
    });
    expect(stored).toEqual([{ rows: EVENTS, ids: EVENTS }]);
    const logs = fs.readdirSync(path.join(daemon.home, 'logs')).filter((name) => name.startsWith('daemon'));
    const log = logs.map((name) => fs.readFileSync(path.join(daemon.home, 'logs', name), 'utf8')).join('');
    expect(log).toMatch(/memory limit exceeded.*flush_insert_refused/);
  },
  TEST_MS_MAX,
);
