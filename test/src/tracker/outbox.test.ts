import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openOutbox } from '../../../src/tracker/outbox.ts';

const NAME = 'trackflow.shop.';
const DEDUP_MS = 60_000;
const START = Date.UTC(2026, 0, 1);

/** What a test sees of the browser around the outbox. */
let listeners: Map<string, () => void>;
let storage: Record<string, string>;
let bodies: string[];
let beacons: string[];
let answers: (() => Response)[];

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  listeners = new Map();
  storage = {};
  bodies = [];
  beacons = [];
  answers = [];
  vi.stubGlobal('localStorage', storage);
  vi.stubGlobal('navigator', {
    onLine: true,
    locks: { request: (_name: string, action: () => Promise<void>) => action() },
    sendBeacon: (_url: string, body: string) => beacons.push(body),
  });
  vi.stubGlobal('addEventListener', (name: string, listener: () => void) => listeners.set(name, listener));
  vi.stubGlobal('fetch', async (_url: string, { body }: { body: string }) => {
    bodies.push(body);
    const answer = answers.shift() ?? (() => new Response('{}', { status: 202 }));
    return answer();
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function open() {
  const reports: unknown[] = [];
  const [waiting, read, write, drop, wake] = openOutbox(NAME, 'http://collector', DEDUP_MS, (what) =>
    reports.push(what),
  );
  const add = (n: number, size = 10) => {
    write(idKey(n), JSON.stringify({ n, pad: 'x'.repeat(size) }));
    wake();
  };
  return { waiting, read, drop, add, reports };
}

const idKey = (n: number) => `${NAME}00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const numbers = (body: string) => body.split('\n').map((line) => (JSON.parse(line) as { n: number }).n);
const status =
  (code: number, headers: Record<string, string> = {}) =>
  () =>
    new Response('{}', { status: code, headers });
const tick = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('the queue', () => {
  it('is sent oldest first, several in one request, and is empty after a 202', async () => {
    const { add, waiting } = open();
    for (const n of [2, 3, 1]) add(n);
    expect(bodies).toEqual([]);
    await tick(300);
    expect(bodies.map(numbers)).toEqual([[1, 2, 3]]);
    expect(waiting()).toEqual([]);
  });

  it('is sent in batches that fit keepalive requests, one after another', async () => {
    const { add } = open();
    for (let n = 0; n < 100; n++) add(n, 500);
    await tick(1_000);
    expect(bodies.flatMap(numbers)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(Math.max(...bodies.map((body) => body.length))).toBeLessThan(20_000);
  });

  it('leaves the keys of others alone, and those of a site whose name only begins alike', async () => {
    storage.other = 'x';
    storage['trackflow.shop.two.00000000-0000-7000-8000-000000000001'] = '{"n":1}';
    const { waiting } = open();
    await tick(300);
    expect(waiting()).toEqual([]);
    expect(Object.keys(storage)).toHaveLength(2);
  });

  it('is bounded: the oldest events go, which is reported', () => {
    const { add, waiting, reports } = open();
    for (let n = 0; n < 2_200; n++) add(n);
    expect(waiting()).toHaveLength(2_000);
    expect(waiting().at(-1)).toBe(idKey(2_199));
    expect(reports).toHaveLength(200);
  });

  it('waits in memory what the disk does not take, and hides nothing by what was there before', async () => {
    const full = new Proxy({} as Record<string, string>, {
      set: () => {
        throw new DOMException('full', 'QuotaExceededError');
      },
    });
    vi.stubGlobal('localStorage', full);
    answers = [status(503)];
    const { add, waiting } = open();
    add(1);
    await tick(300);
    expect([bodies.length, waiting().length]).toEqual([1, 1]);
    await tick(3_000);
    expect(waiting()).toEqual([]);
  });
});

describe('after a failure', () => {
  it.each([500, 503, 429, 404, 401, 200])('a %i is tried again', async (code) => {
    answers = [status(code)];
    const { add, waiting } = open();
    add(1);
    await tick(300);
    expect(waiting()).toHaveLength(1);
    await tick(2_500);
    expect(bodies.map(numbers)).toEqual([[1], [1]]);
    expect(waiting()).toEqual([]);
  });

  it('waits ever longer, to a bound', async () => {
    answers = Array.from({ length: 40 }, () => () => {
      throw new TypeError('Failed to fetch');
    });
    const { add } = open();
    add(1);
    const at: number[] = [];
    for (let minute = 0; minute < 40; minute++) {
      const before = bodies.length;
      await tick(60_000);
      at.push(bodies.length - before);
    }
    expect(at[0]).toBeGreaterThan(3);
    expect(at.slice(10).reduce((sum, count) => sum + count)).toBeLessThanOrEqual(13);
    expect(at.slice(10).reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(10);
  });

  it('keeps to Retry-After, in every tab, also in one that was opened later', async () => {
    answers = [status(503, { 'Retry-After': '20' })];
    open().add(1);
    await tick(300);
    open().add(2);
    await tick(19_000);
    expect(bodies).toHaveLength(1);
    await tick(3_000);
    expect(bodies.map(numbers)).toEqual([[1], [1, 2]]);
  });

  it('takes a Retry-After of years for an hour, and a time that is none for nothing', async () => {
    answers = [status(503, { 'Retry-After': '1e12' }), status(503, { 'Retry-After': 'Fri, 31 Dec 2027 23:59:59 GMT' })];
    open().add(1);
    await tick(3_590_000);
    expect(bodies).toHaveLength(1);
    await tick(20_000);
    expect(bodies).toHaveLength(3);
  });

  it('does not wait for a time that lies further ahead than any wait: the clock was set back', async () => {
    storage[`${NAME}until`] = String(START + 365 * 86_400_000);
    open().add(1);
    await tick(300);
    expect(bodies).toHaveLength(1);
  });

  it('goes on at once when the browser is online again', async () => {
    answers = [status(503, { 'Retry-After': '600' })];
    open().add(1);
    await tick(5_000);
    listeners.get('online')!();
    await tick(1_100);
    expect(bodies).toHaveLength(2);
  });

  it('drops what the collector finds bad, says so, and goes on', async () => {
    answers = [() => new Response('{"rejected":[{"index":0}]}', { status: 400 })];
    const { add, waiting, reports } = open();
    add(1);
    await tick(300);
    add(2);
    await tick(300);
    expect(bodies.map(numbers)).toEqual([[1], [2]]);
    expect(waiting()).toEqual([]);
    expect(reports[0]).toBe('{"rejected":[{"index":0}]}');
  });

  it('sends less at a time to a collector that takes less, and drops only what is too much alone', async () => {
    vi.stubGlobal('fetch', async (_url: string, { body }: { body: string }) => {
      const tooMuch = body.length > 3_000;
      if (!tooMuch) bodies.push(body);
      return status(tooMuch ? 413 : 202)();
    });
    const { add, waiting } = open();
    for (let n = 0; n < 40; n++) add(n, n === 7 ? 5_000 : 500);
    await tick(5_000);
    expect(waiting()).toEqual([]);
    expect(bodies.flatMap(numbers)).toEqual(Array.from({ length: 40 }, (_, n) => n).filter((n) => n !== 7));
  });
});

describe('a page that goes away', () => {
  it('hands the rest to a beacon, and the next page sends it again', async () => {
    const { add } = open();
    add(1);
    listeners.get('pagehide')!();
    expect(beacons.map(numbers)).toEqual([[1]]);
    open();
    await tick(1_000);
    expect(bodies.map(numbers)).toEqual([[1]]);
  });

  it('is followed by a page that sends nothing again that was handed over longer ago than ids are known', async () => {
    const { add } = open();
    add(1);
    listeners.get('pagehide')!();
    vi.setSystemTime(START + DEDUP_MS + 1_000);
    const next = open();
    await tick(1_000);
    expect([bodies, next.waiting()]).toEqual([[], []]);
  });

  it.each([
    ['the browser is offline', () => vi.stubGlobal('navigator', { ...navigator, onLine: false })],
    ['the last request failed', () => Object.assign(storage, { [`${NAME}until`]: String(START - 1_000) })],
  ])('is followed by a page that sends it however late, where %s', async (_what, arrange) => {
    arrange();
    const { add } = open();
    add(1);
    listeners.get('pagehide')!();
    vi.setSystemTime(START + 100 * DEDUP_MS);
    open();
    await tick(1_000);
    expect(bodies.map(numbers)).toEqual([[1]]);
  });

  it('sends with a beacon of its own what is tracked even later', () => {
    const { add } = open();
    add(1);
    listeners.get('pagehide')!();
    add(2);
    expect(beacons.map(numbers)).toEqual([[1], [1, 2]]);
  });
});

describe('without Web Locks', () => {
  const withoutLocks = () => vi.stubGlobal('navigator', { ...navigator, locks: undefined });

  it('one tab sends under a lease, and another waits for it', async () => {
    withoutLocks();
    storage[`${NAME}until`] = String(START + 5_000);
    open().add(1);
    await tick(4_900);
    expect(bodies).toEqual([]);
    await tick(1_500);
    expect(bodies.map(numbers)).toEqual([[1]]);
  });

  it('of two tabs that take the lease at once only the last one sends', async () => {
    withoutLocks();
    vi.mocked(Math.random).mockReturnValueOnce(0.25).mockReturnValueOnce(0.75);
    open().add(1);
    open();
    await tick(2_000);
    expect(bodies.map(numbers)).toEqual([[1]]);
  });
});
