import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClickHouse, openClickHouse } from '../../../../src/clickhouse/client.ts';
import { TrackflowError } from '../../../../src/errors/error.ts';
import type { EventState } from '../../../../src/loadtest/measure/outcome.ts';
import type { LoadPlan } from '../../../../src/loadtest/plan/plan.ts';
import { eventAt } from '../../../../src/loadtest/profile/event.ts';
import { eventId } from '../../../../src/loadtest/profile/event-id.ts';
import type { LedgerVerdict } from '../../../../src/loadtest/report/report.ts';
import { type VerifyOptions, verifyRun } from '../../../../src/loadtest/verify/verify.ts';
import { readFailure } from '../../../../src/query/failure.ts';
import { toQueryAnswer } from '../../../../src/query/sql.ts';
import { startEngine, TEST_LIMITS, type TestEngine } from '../../../support/engine.ts';
import { samplePlan } from '../../../support/load-plan.ts';
import { insertRows, ledgerOf, type StoredRow, storedRow } from '../../../support/stored-traffic.ts';

/** Rows put into a real engine around the collector, and what is said of them. */
const END = 3_000;

let engine: TestEngine;
let reader: ClickHouse;
let runs = 0;

beforeAll(async () => {
  engine = await startEngine();
  reader = openClickHouse(engine.endpoint, 'reader', TEST_LIMITS);
});

afterAll(async () => {
  await reader.close();
  await engine.stop();
});

/** The query of the control socket, without the socket. */
const rows: VerifyOptions['rows'] = async (sql) => {
  try {
    return toQueryAnswer(await reader.untrusted(sql)).rows;
  } catch (thrown) {
    throw readFailure(thrown, TEST_LIMITS, 'typed');
  }
};

/** A run of its own: the accounts of no two tests are the same. */
function planOfTest(overrides: Partial<LoadPlan> = {}): LoadPlan {
  return samplePlan({ run: (++runs).toString(16).padStart(8, 'a'), ...overrides });
}

/** What the collector says: bad events are rejected, all others acknowledged. */
function asExpected(plan: LoadPlan): (n: number) => EventState {
  return (n) => (eventAt(plan, n).expected === 'accepted' ? 'acknowledged' : 'rejected');
}

/** The first good event from `n` on. */
function goodFrom(plan: LoadPlan, n: number): number {
  return eventAt(plan, n).expected === 'accepted' ? n : goodFrom(plan, n + 1);
}

/** Each acknowledged event once, a millisecond after the other, but those in `without`. */
function storedRows(plan: LoadPlan, without: readonly number[] = []): StoredRow[] {
  const indices = Array.from({ length: END }, (_, n) => n);
  const stored = indices.filter((n) => eventAt(plan, n).expected === 'accepted' && !without.includes(n));
  return stored.map((n) => storedRow(plan, n, plan.startedAt + n));
}

async function verdictOf(plan: LoadPlan, overrides: Partial<VerifyOptions> = {}): Promise<LedgerVerdict> {
  return verifyRun({
    plan,
    ledger: ledgerOf(END, asExpected(plan)),
    rows,
    signal: new AbortController().signal,
    onProgress: () => {},
    ...overrides,
  });
}

const counts = ({ missing, duplicate, phantom, corrupt, unknownPresent }: LedgerVerdict) => ({
  missing,
  duplicate,
  phantom,
  corrupt,
  unknownPresent,
});
const NONE = { missing: 0, duplicate: 0, phantom: 0, corrupt: 0, unknownPresent: 0 };

describe.each(['web', 'server', 'websocket', 'mixed'] as const)('a run of profile %s', (profile) => {
  test('of which every acknowledged event is there once has no violation', async () => {
    const plan = planOfTest({ profile, sizes: [1, 1, 7] });
    const stored = storedRows(plan);
    await insertRows(engine, stored);
    const shares: number[] = [];
    const verdict = await verdictOf(plan, { onProgress: (share) => shares.push(share), resent: 3 });
    expect(counts(verdict)).toEqual(NONE);
    expect(verdict).toMatchObject({
      acknowledged: stored.length,
      rejected: END - stored.length,
      unknown: 0,
      resent: 3,
      rows: stored.length,
      examples: [],
    });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });
});

describe('one event in a run', () => {
  test('that is acknowledged and absent is missing', async () => {
    const plan = planOfTest();
    const lost = goodFrom(plan, 1_000);
    await insertRows(engine, storedRows(plan, [lost]));
    const verdict = await verdictOf(plan);
    expect(counts(verdict)).toEqual({ ...NONE, missing: 1 });
    expect(verdict.examples).toEqual([{ kind: 'missing', n: lost, eventId: eventId(plan, lost, 0) }]);
  });

  test('that is there twice is a duplicate, also when the second was sent later', async () => {
    const plan = planOfTest();
    const same = goodFrom(plan, 10);
    const later = goodFrom(plan, 2_000);
    const again = [storedRow(plan, same, plan.startedAt + same), storedRow(plan, later, plan.startedAt + 60_000)];
    await insertRows(engine, [...storedRows(plan), ...again]);
    const verdict = await verdictOf(plan);
    expect(counts(verdict)).toEqual({ ...NONE, duplicate: 2 });
    expect(verdict.examples.map(({ n }) => n).sort((a, b) => a! - b!)).toEqual([same, later]);
  });

  test('of which one is lost and its neighbour doubled is both, though the count is right', async () => {
    const plan = planOfTest();
    const lost = goodFrom(plan, 500);
    const doubled = goodFrom(plan, lost + 1);
    await insertRows(engine, [...storedRows(plan, [lost]), storedRow(plan, doubled, plan.startedAt + doubled)]);
    expect(counts(await verdictOf(plan))).toEqual({ ...NONE, missing: 1, duplicate: 1 });
  });

  test.each<[string, (row: StoredRow) => StoredRow]>([
    ['another title', (row) => ({ ...row, title: `${row.title}.` })],
    ['another account of the run', (row) => ({ ...row, account: `${row.account}s` })],
    ['a revenue that is off by a ten-thousandth', (row) => ({ ...row, revenue: Number(row.revenue) + 0.0001 })],
    ['another property', (row) => ({ ...row, properties: { ...(row.properties as object), more: 1 } })],
    ['another time than its id', (row) => ({ ...row, occurred_at: '2026-11-15 12:00:00.000' })],
    ['no visitor', (row) => ({ ...row, visitor_id: '' })],
    ['texts that have changed places', (row) => ({ ...row, screen: row.language, language: row.screen })],
  ])('that is stored with %s is corrupt', async (_, alter) => {
    const plan = planOfTest();
    const altered = goodFrom(plan, 2_500);
    const row = alter(storedRow(plan, altered, plan.startedAt + altered));
    await insertRows(engine, [...storedRows(plan, [altered]), row]);
    const verdict = await verdictOf(plan);
    expect(counts(verdict)).toEqual({ ...NONE, corrupt: 1 });
    expect(verdict.examples).toEqual([{ kind: 'corrupt', n: altered, eventId: row.event_id }]);
  });

  test('that is there and was rejected, or never sent, is a phantom', async () => {
    const plan = planOfTest();
    const rejected = Array.from({ length: END }, (_, n) => n).find((n) => eventAt(plan, n).expected === 'rejected')!;
    const beyond = [END, END + 250_000, 2 ** 32 - 1];
    const phantoms = [rejected, ...beyond].map((n) => storedRow(plan, n));
    await insertRows(engine, [...storedRows(plan), ...phantoms]);
    const verdict = await verdictOf(plan);
    expect(counts(verdict)).toEqual({ ...NONE, phantom: 4 });
    const byIndex = verdict.examples.map(({ n }) => n).sort((a, b) => a! - b!);
    expect(byIndex).toEqual([rejected, ...beyond].sort((a, b) => a - b));
  });

  test('whose id no event of the run has is a phantom, and the event itself is missing', async () => {
    const plan = planOfTest();
    const altered = goodFrom(plan, 100);
    const row = storedRow(plan, altered, plan.startedAt + altered);
    // One hexadecimal digit of the part that is neither time nor index.
    const id = String(row.event_id).replace(/(?<=-7)./, (digit) => (digit === '0' ? '1' : '0'));
    await insertRows(engine, [...storedRows(plan, [altered]), { ...row, event_id: id }]);
    const verdict = await verdictOf(plan);
    expect(counts(verdict)).toEqual({ ...NONE, phantom: 1, missing: 1 });
    expect(verdict.examples).toContainEqual({ kind: 'phantom', n: null, eventId: id });
  });

  test('that belongs to another run is nobody’s business', async () => {
    const plan = planOfTest();
    const other = planOfTest();
    await insertRows(engine, [...storedRows(plan), ...storedRows(other).slice(0, 10)]);
    expect(counts(await verdictOf(plan))).toEqual(NONE);
  });
});

describe('unknown events', () => {
  const isUnknown = (n: number) => n % 100 === 3;

  test.each([
    ['all there', () => true],
    ['none there', () => false],
    ['some there', (n: number) => n % 200 === 3],
  ])('%s: each may be there once or not at all', async (_, isThere) => {
    const plan = planOfTest({ badRate: 0 });
    const indices = Array.from({ length: END }, (_, n) => n);
    const there = indices.filter((n) => !isUnknown(n) || isThere(n));
    await insertRows(
      engine,
      there.map((n) => storedRow(plan, n)),
    );
    const ledger = ledgerOf(END, (n) => (isUnknown(n) ? 'unknown' : 'acknowledged'));
    const unknownPresent = there.filter(isUnknown).length;
    expect(counts(await verdictOf(plan, { ledger }))).toEqual({ ...NONE, unknownPresent });
  });

  test('one that is there twice is a duplicate, one with other content is corrupt', async () => {
    const plan = planOfTest({ badRate: 0 });
    const ledger = ledgerOf(10, (n) => (n < 5 ? 'acknowledged' : 'unknown'));
    const indices = [0, 1, 2, 3, 4, 7, 7];
    const altered = { ...storedRow(plan, 8), title: 'altered' };
    await insertRows(engine, [...indices.map((n) => storedRow(plan, n)), altered]);
    expect(counts(await verdictOf(plan, { ledger }))).toEqual({ ...NONE, duplicate: 1, corrupt: 1, unknownPresent: 2 });
  });
});

describe('a verification', () => {
  test('of a run of which nothing was sent and nothing is there passes', async () => {
    expect(counts(await verdictOf(planOfTest(), { ledger: ledgerOf(0, () => 'unsent') }))).toEqual(NONE);
  });

  test('keeps the first twenty of each kind, and counts all', async () => {
    const plan = planOfTest({ badRate: 0 });
    const wrong = storedRows(plan).slice(100, 150);
    await insertRows(engine, [...storedRows(plan).slice(100), ...wrong]);
    const verdict = await verdictOf(plan);
    expect(counts(verdict)).toEqual({ ...NONE, missing: 100, duplicate: 50 });
    expect(verdict.examples.filter(({ kind }) => kind === 'missing').map(({ n }) => n)).toEqual([...Array(20).keys()]);
    expect(verdict.examples).toHaveLength(40);
  });

  test('reads less at a time where a read is too much, and waits for a busy engine', async () => {
    const plan = planOfTest({ profile: 'mixed', badRate: 0 });
    const lost = goodFrom(plan, 1_500);
    await insertRows(engine, storedRows(plan, [lost]));
    let refused = 0;
    const small: VerifyOptions['rows'] = async (sql) => {
      const answer = await rows(sql);
      if (sql.includes('groupArray') && Number(answer[0]!.rows) > 200) {
        refused++;
        throw new TrackflowError(refused % 2 === 0 ? 'TF_TIMEOUT' : 'TF_QUERY', 'too much');
      }
      if (refused === 1) {
        refused++;
        throw new TrackflowError('TF_BUSY', 'another time');
      }
      return answer;
    };
    expect(counts(await verdictOf(plan, { rows: small }))).toEqual({ ...NONE, missing: 1 });
    expect(refused).toBeGreaterThan(10);
  });

  test('fails as a read does that no smaller one replaces, and ends when it is told to', async () => {
    const plan = planOfTest();
    const gone = new TrackflowError('TF_NOT_RUNNING', 'no TrackFlow runs');
    await expect(verdictOf(plan, { rows: () => Promise.reject(gone) })).rejects.toBe(gone);
    const refused = new TrackflowError('TF_QUERY', 'not a statement');
    const refuseSums: VerifyOptions['rows'] = (sql) => (sql.includes('sum(') ? Promise.reject(refused) : rows(sql));
    await expect(verdictOf(plan, { rows: refuseSums })).rejects.toBe(refused);
    const ended = new AbortController();
    ended.abort(new Error('enough'));
    await expect(verdictOf(plan, { signal: ended.signal })).rejects.toThrow('enough');
  });
});
