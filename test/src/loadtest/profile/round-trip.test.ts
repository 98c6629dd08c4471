import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import type { EventState } from '../../../../src/loadtest/measure/outcome.ts';
import { type LoadPlan, PROFILES } from '../../../../src/loadtest/plan/plan.ts';
import { type EncodedRequest, encodeRequest } from '../../../../src/loadtest/profile/encode.ts';
import { eventAt } from '../../../../src/loadtest/profile/event.ts';
import { type LoadRequest, requestAt } from '../../../../src/loadtest/profile/requests.ts';
import { verifyRun } from '../../../../src/loadtest/verify/verify.ts';
import { startDaemon, type TestDaemon } from '../../../support/daemon.ts';
import { samplePlan } from '../../../support/load-plan.ts';
import { ledgerOf } from '../../../support/stored-traffic.ts';

/** Every profile through the real daemon: what it stores is what the plan says, to the last byte that is compared. */
let daemon: TestDaemon;

beforeAll(async () => {
  daemon = await startDaemon();
});

afterAll(() => daemon[Symbol.asyncDispose]());

interface Outcome {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly { index: number }[];
}

const REQUESTS = 600;

/** Posts a request as a browser or backend would. */
async function post({ path, body }: EncodedRequest, { userAgent }: LoadRequest): Promise<Outcome> {
  const headers = { 'content-type': 'application/json', 'user-agent': userAgent };
  const answer = await fetch(daemon.url + path, { method: 'POST', headers, body });
  expect([202, 400]).toContain(answer.status);
  return (await answer.json()) as Outcome;
}

/** One connection on which a message is sent when the last one is answered. */
async function openSocket(): Promise<{ send: (body: string) => Promise<Outcome>; close: () => void }> {
  const socket = new WebSocket(`${daemon.url.replace('http', 'ws')}/v1/ws`);
  await once(socket, 'open');
  return {
    send: async (body) => {
      socket.send(body);
      const [data] = await once(socket, 'message');
      return JSON.parse(String(data)) as Outcome;
    },
    close: () => socket.close(),
  };
}

/** Sends the first requests of a plan, some of them twice; what the answers say of each event. */
async function send(plan: LoadPlan): Promise<EventState[]> {
  const socket = await openSocket();
  const states: EventState[] = [];
  for (let k = 0; k < REQUESTS; k++) {
    const request = requestAt(plan, k);
    const encoded = encodeRequest(plan, request, Date.now());
    const answer = () => (request.dialect === 'websocket' ? socket.send(encoded.body) : post(encoded, request));
    const { accepted, rejected } = await answer();
    expect(accepted + rejected.length).toBe(request.count);
    const refused = new Set(rejected.map(({ index }) => index));
    for (let index = 0; index < request.count; index++) {
      states[request.first + index] = refused.has(index) ? 'rejected' : 'acknowledged';
    }
    if (k % 20 === 0) expect(await answer()).toMatchObject({ accepted: 0, duplicates: accepted });
  }
  socket.close();
  return states;
}

describe.each(PROFILES)('traffic of profile %s', (profile) => {
  test('is taken and refused as the plan says, and stored as it was sent', async () => {
    const run = `000000${PROFILES.indexOf(profile).toString(16).padStart(2, '0')}`;
    const plan = samplePlan({ profile, run, sizes: profile === 'web' ? [1] : [1, 6, 2], badRate: 0.05 });
    const states = await send(plan);
    const expected = states.map((_, n) => (eventAt(plan, n).expected === 'accepted' ? 'acknowledged' : 'rejected'));
    expect(states).toEqual(expected);
    await daemon.drained();

    const verdict = await verifyRun({
      plan,
      ledger: ledgerOf(states.length, (n) => states[n]!),
      rows: (sql) => daemon.query(sql),
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    expect(verdict).toMatchObject({ missing: 0, duplicate: 0, phantom: 0, corrupt: 0, unknownPresent: 0 });
    expect(verdict.rows).toBe(verdict.acknowledged);
    expect(verdict.rejected).toBeGreaterThan(0);
  });
});

test('what a visitor does is told apart from bots and put on its device', async () => {
  const [kinds] = await daemon.query<Record<string, number>>(
    `SELECT uniqExact(account) AS accounts, countIf(bot != '') > 0 AS bots, uniqExact(browser) > 4 AS browsers,
       uniqExact(utm_campaign) > 2 AS campaigns, countIf(click_id != '') > 0 AS clicks, uniqExact(referrer_host) > 5 AS sites,
       countIf(device = 'mobile') > 100 AS telephones, min(time_clamped) = max(time_clamped) AS onTime
     FROM events WHERE account LIKE 'loadtest-000000%'`,
  );
  const { accounts, ...rest } = kinds!;
  expect(accounts).toBe(3 * PROFILES.length);
  expect(new Set(Object.values(rest))).toEqual(new Set([1]));
});
