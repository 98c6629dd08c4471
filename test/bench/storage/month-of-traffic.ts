import type { LoadPlan, ProfileName } from '../../../src/loadtest/plan/plan.ts';
import { encodeRequest } from '../../../src/loadtest/profile/encode.ts';
import { hash, mix } from '../../../src/loadtest/profile/hash.ts';
import { type LoadRequest, requestAt } from '../../../src/loadtest/profile/requests.ts';
import { momentOf } from '../../../src/loadtest/profile/sessions.ts';
import { trafficOf } from '../../../src/loadtest/profile/traffic.ts';
import { deviceOf } from '../../../src/loadtest/profile/visitor.ts';
import type { TestDaemon } from '../../support/daemon.ts';

/**
 * Thirty days of the load test's traffic, told to a real daemon in a few seconds: what a site with this many events a month
 * would have stored, but for the time of receipt.
 */
export interface Month {
  readonly profile: ProfileName;
  readonly events: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

const DAYS = 30;
const MONTH_MS = DAYS * 24 * 3_600_000;
const EVENTS_PER_REQUEST = 500;
const REQUESTS_AT_ONCE = 4;
/** Somebody else's, public, in many countries: the daemon trusts its own machine to state them. */
const FIRST_OCTETS = [2, 5, 24, 31, 46, 62, 71, 77, 80, 84, 88, 91, 109, 122, 151, 176, 188, 203];
/** What backends send `/track` and `/` with: the user is the visitor, not the connection. */
const BACKEND = 'axios/1.13.2';

/** The first moment of the last month that is over, in UTC: thirty days from there are in one partition, but for February. */
export function lastMonth(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1, 1);
}

/** The plan that `sendMonth` follows. */
export function planOf({ profile, events, startedAt }: Month): LoadPlan {
  const rate = (events / MONTH_MS) * 1_000;
  return {
    schema: 'trackflow.loadtest-plan/1',
    run: '30da75ab',
    seed: 20_261_121,
    url: 'http://127.0.0.1',
    model: 'open',
    arrival: 'constant',
    stages: [{ fromRate: rate, toRate: rate, durationMs: MONTH_MS }],
    warmupMs: 0,
    profile,
    sizes: [1],
    connections: REQUESTS_AT_ONCE,
    workers: 1,
    resendRate: 0,
    badRate: 0,
    timeoutMs: 10_000,
    startedAt,
  };
}

/** Sends the month in the order of its events, `EVENTS_PER_REQUEST` to a request, and waits until it is stored. */
export async function sendMonth(daemon: TestDaemon, month: Month): Promise<void> {
  const plan = planOf(month);
  const bodies = new Map<string, string[]>();
  const sending = new Set<Promise<void>>();
  const send = async (path: string, texts: readonly string[]) => {
    const headers = { 'content-type': 'application/json', 'user-agent': BACKEND };
    const answer = await daemon.post(`[${texts.join(',')}]`, { path, headers });
    const text = await answer.text();
    if (answer.status !== 202) throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 500)}`);
  };
  const flush = async (path: string) => {
    const request = send(path, bodies.get(path)!.splice(0));
    sending.add(request);
    await (sending.size < REQUESTS_AT_ONCE ? null : Promise.race(sending));
    void request.finally(() => sending.delete(request));
  };
  for (let n = 0; n < month.events; n++) {
    const { path, text } = textOf(plan, requestAt(plan, n), momentOfEvent(month, n));
    const texts = bodies.get(path) ?? [];
    bodies.set(path, texts);
    if (texts.push(text) === EVENTS_PER_REQUEST) await flush(path);
  }
  for (const path of bodies.keys()) if (bodies.get(path)!.length > 0) await flush(path);
  await Promise.all(sending);
  await daemon.drained();
}

/** Even over the month but for a random part of the distance to the next event: nobody acts at exact intervals. */
function momentOfEvent({ events, startedAt }: Month, n: number): number {
  return startedAt + Math.floor(((n + hash(0x1f2e3d4c, n) / 2 ** 32) / events) * MONTH_MS);
}

/** A message of WebSocket says the same as a body of `/v1/events` and goes there. */
function textOf(plan: LoadPlan, request: LoadRequest, atMs: number): { path: string; text: string } {
  const { body, path } = encodeRequest(plan, request, atMs);
  if (path === '/track' || path === '/') return { path, text: body };
  const { visitor } = momentOf(trafficOf(plan), request.first);
  const address = mix(visitor ^ 0x3c6ef372);
  const octets = [
    FIRST_OCTETS[address % FIRST_OCTETS.length],
    address >>> 24,
    (address >>> 16) & 255,
    (address >>> 8) & 255,
  ];
  const claims = `"ip":"${octets.join('.')}","user_agent":"${deviceOf(visitor).userAgent}"`;
  return { path: '/v1/events', text: `${body.slice(0, -1)},${claims}}` };
}
