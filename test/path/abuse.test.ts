import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildBombs, fuzzBodies, sendBombs } from '../support/abuse/bodies.ts';
import {
  floodHeads,
  fuzzFrames,
  idleConnections,
  sendSlowly,
  smuggle,
  stayIdle,
} from '../support/abuse/connections.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

/**
 * A real daemon under every kind of abuse, with good clients beside it: whatever is sent, the daemon lives, answers with
 * an error of its own or closes, and every event of the good ones is stored.
 *
 * `TRACKFLOW_TEST_FUZZ=1000000` sends that many broken bodies.
 */
const FUZZED_BODIES = Number(process.env.TRACKFLOW_TEST_FUZZ ?? 2_000);
const IDLE = idleConnections();
const MINUTES = 60_000;

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({
    settings: { 'listen.collectors': 2, 'receive.headersTimeoutMs': 2_000, 'receive.requestTimeoutMs': 5_000 },
  });
}, 2 * MINUTES);
afterAll(() => daemon[Symbol.asyncDispose]());

const seed = testSeed();

/** Sends events one by one while `abuse` goes on, and some more; proves that each was accepted once and is stored. */
async function besideGoodClients(name: string, abuse: () => Promise<void>): Promise<void> {
  let over = false;
  let sent = 0;
  const statuses = new Map<number, number>();
  const client = async () => {
    for (let after = 0; after < 20; after += over ? 1 : 0) {
      const response = await daemon.post({ name, event_id: crypto.randomUUID() });
      await response.text();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      sent++;
      await sleep(2);
    }
  };
  const clients = [client(), client()];
  await abuse().finally(() => {
    over = true;
  });
  await Promise.all(clients);
  expect([...statuses]).toEqual([[202, sent]]);
  await daemon.drained();
  const [row] = await daemon.query<{ rows: number }>(
    `SELECT toUInt32(uniqExact(event_id)) AS rows FROM events WHERE name = '${name}'`,
  );
  expect(row!.rows).toBe(sent);
}

test(
  'slow heads and slow bodies end in time',
  () => besideGoodClients('slow', () => sendSlowly(daemon.url)),
  2 * MINUTES,
);

test(
  `${IDLE} idle connections are cut off, and hold nobody up`,
  () => besideGoodClients('idle', () => stayIdle(daemon.url, IDLE)),
  4 * MINUTES,
);

test(
  'floods of headers are refused before they are read to the end',
  () =>
    besideGoodClients('heads', async () => {
      for (const answer of await floodHeads(daemon.url)) if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    }),
  2 * MINUTES,
);

test(
  'requests with two meanings have none',
  async () => {
    await besideGoodClients('smuggling', async () => {
      for (const { header, answer } of await smuggle(daemon.url)) {
        expect([header, answer.slice(0, 12)]).toEqual([header, expect.stringMatching(/^(HTTP\/1\.1 4\d\d)?$/)]);
        expect([header, answer.match(/^HTTP\/1\.1 \d/gm)?.length ?? 0]).toEqual([
          header,
          expect.toSatisfy((n: number) => n <= 1),
        ]);
      }
    });
    const [row] = await daemon.query<{ rows: number }>(
      "SELECT toUInt32(count()) AS rows FROM events WHERE name = 'smuggled'",
    );
    expect(row!.rows).toBe(0);
  },
  2 * MINUTES,
);

test(
  'compressed bombs are stopped at the limit',
  () =>
    besideGoodClients('bombs', async () => {
      const statuses = await sendBombs(daemon.url, buildBombs());
      expect([...new Set(statuses)]).toEqual([413]);
    }),
  2 * MINUTES,
);

test(
  'frames that are none end their WebSocket and nothing else',
  () => besideGoodClients('frames', () => fuzzFrames(daemon.url, seededRandom(seed))),
  2 * MINUTES,
);

test(
  `${FUZZED_BODIES} broken bodies are each answered, with no error of ours`,
  () =>
    besideGoodClients('fuzz', async () => {
      const statuses = await fuzzBodies(daemon.url, seededRandom(seed), FUZZED_BODIES).catch((cause) => {
        throw new Error(`seed ${seed}`, { cause });
      });
      expect([...statuses].filter((status) => status !== 202 && !(status >= 400 && status < 500))).toEqual([]);
      expect(daemon.log(2_000)).not.toMatch(/request_defect|message_defect|collector_failed/);
    }),
  Math.max(2 * MINUTES, FUZZED_BODIES * 5),
);
