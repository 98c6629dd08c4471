import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { EVENTS_PER_CHUNK } from '../../../../src/loadtest/ledger/format.ts';
import { Ledger } from '../../../../src/loadtest/ledger/ledger.ts';
import { type LedgerView, readLedgers } from '../../../../src/loadtest/ledger/view.ts';
import type { EventState } from '../../../../src/loadtest/measure/outcome.ts';
import type { LoadPlan } from '../../../../src/loadtest/plan/plan.ts';
import { requestAt } from '../../../../src/loadtest/profile/requests.ts';
import { samplePlan } from '../../../support/load-plan.ts';
import { fc } from '../../../support/property.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';
import { until } from '../../../support/until.ts';

/** The ledger on a real disk, read again as `loadtest verify` reads it. */
const PLAN = samplePlan();
const STRIDE = 65_536;

function fileOf(name = 'ledger-0.bits'): string {
  return path.join(temporaryHome(), name);
}

/** What a view says, closed again. */
function read<T>(files: readonly string[], look: (view: LedgerView) => T, plan: LoadPlan = PLAN): T {
  const view = readLedgers(files, plan);
  try {
    return look(view);
  } finally {
    view.close();
  }
}

/** 0 also while the file has no head yet. */
function acknowledgedIn(file: string): number {
  return fs.statSync(file).size === 0 ? 0 : read([file], ({ counts }) => counts.acknowledged);
}

const states = (view: LedgerView, indices: readonly number[]) => indices.map((n) => view.stateOf(n));

describe('a ledger that was closed', () => {
  test('says of each event what was marked last, and of all others that they were not sent', () => {
    const file = fileOf();
    const ledger = Ledger.open(file, { plan: PLAN, worker: 0 });
    for (const n of [0, 1, 2, 3, 70_000, 200_000]) ledger.mark(n, 'unknown');
    ledger.mark(1, 'acknowledged');
    ledger.mark(2, 'rejected');
    ledger.mark(70_000, 'acknowledged');
    ledger.close();
    read([file], (view) => {
      const indices = [0, 1, 2, 3, 4, 69_999, 70_000, 199_999, 200_000, 200_001, 4_000_000_000];
      expect(states(view, indices)).toEqual([
        'unknown',
        'acknowledged',
        'rejected',
        'unknown',
        'unsent',
        'unsent',
        'acknowledged',
        'unsent',
        'unknown',
        'unsent',
        'unsent',
      ]);
      expect(view.end).toBe(200_001);
      expect(view.counts).toEqual({ acknowledged: 2, rejected: 1, unknown: 3 });
    });
  });

  test('never takes an acknowledgement back', () => {
    const file = fileOf();
    const ledger = Ledger.open(file, { plan: PLAN, worker: 0 });
    for (const state of ['unknown', 'acknowledged', 'unknown', 'rejected'] as const) ledger.mark(7, state);
    ledger.close();
    expect(read([file], (view) => view.stateOf(7))).toBe('acknowledged');
  });

  test('is what a map of the same marks is', () => {
    const index = fc.oneof(fc.nat(300), fc.integer({ min: EVENTS_PER_CHUNK - 5, max: EVENTS_PER_CHUNK + 5 }));
    const mark = fc.tuple(index, fc.constantFrom<EventState>('acknowledged', 'rejected', 'unknown'));
    const home = temporaryHome();
    let runs = 0;
    fc.assert(
      fc.property(fc.array(mark, { maxLength: 60 }), (marks) => {
        const file = path.join(home, `${runs++}.bits`);
        const ledger = Ledger.open(file, { plan: PLAN, worker: 0 });
        const model = new Map<number, EventState>();
        for (const [n, state] of marks) {
          ledger.mark(n, state);
          if (model.get(n) !== 'acknowledged') model.set(n, state);
        }
        ledger.close();
        read([file], (view) => {
          expect(view.end).toBe(Math.max(0, ...[...model.keys()].map((n) => n + 1)));
          for (const [n] of marks) {
            for (const near of [Math.max(n - 1, 0), n, n + 1])
              expect(view.stateOf(near)).toBe(model.get(near) ?? 'unsent');
          }
          const count = (state: EventState) => [...model.values()].filter((found) => found === state).length;
          const { acknowledged, rejected, unknown } = view.counts;
          expect([acknowledged, rejected, unknown]).toEqual(
            (['acknowledged', 'rejected', 'unknown'] as const).map(count),
          );
        });
      }),
    );
  });

  test('takes events up to the last index there is, and none beyond', () => {
    const file = fileOf();
    const ledger = Ledger.open(file, { plan: PLAN, worker: 0 });
    ledger.mark(2 ** 32 - 1, 'acknowledged');
    expect(() => ledger.reserve(2 ** 32)).toThrow(/4294967296 events that a run can have/);
    ledger.close();
    expect(read([file], (view) => [view.stateOf(2 ** 32 - 1), view.end])).toEqual(['acknowledged', 2 ** 32]);
  });
});

describe('a ledger that is still written', () => {
  test('says unknown of what may have been sent: everything below the watermark', () => {
    const file = fileOf();
    const ledger = Ledger.open(file, { plan: PLAN, worker: 0 });
    ledger.reserve(5);
    read([file], (view) => {
      expect(states(view, [0, 5, STRIDE - 1, STRIDE])).toEqual(['unknown', 'unknown', 'unknown', 'unsent']);
      expect(view.end).toBe(STRIDE);
      expect(view.counts).toEqual({ acknowledged: 0, rejected: 0, unknown: STRIDE });
    });
    ledger.mark(5, 'acknowledged');
    ledger.flush();
    expect(read([file], (view) => view.counts)).toEqual({ acknowledged: 1, rejected: 0, unknown: STRIDE - 1 });
    ledger.close();
  });

  test('writes its states without being asked', async () => {
    const file = fileOf();
    const ledger = Ledger.open(file, { plan: PLAN, worker: 0 });
    ledger.mark(9, 'acknowledged');
    await until(() => read([file], (view) => view.stateOf(9)) === 'acknowledged', 5_000);
    ledger.close();
  });

  test('killed, it never says of an event that was sent that it was not, nor invents an answer', async () => {
    const file = fileOf();
    const script = path.resolve(import.meta.dirname, '../../../support/ledger-writer.ts');
    const child = spawn(process.execPath, [script, file, JSON.stringify(PLAN)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let sent = '';
    let problems = '';
    child.stderr.on('data', (chunk) => {
      problems += chunk;
    });
    child.stdout.on('data', (chunk) => {
      sent += chunk;
    });
    const closed = once(child, 'close');
    try {
      // By then the watermark has risen many times.
      await until(() => fs.existsSync(file) && acknowledgedIn(file) > 500, 20_000);
    } finally {
      child.kill('SIGKILL');
    }
    const [, signal] = (await closed) as [number | null, string | null];
    expect(signal, problems).toBe('SIGKILL');

    const indices = sent.split('\n').slice(0, -1).map(Number);
    expect(indices.length).toBeGreaterThan(1_000);
    read([file], (view) => {
      expect(indices.filter((n) => view.stateOf(n) === 'unsent')).toEqual([]);
      expect(view.end).toBeGreaterThan(indices.at(-1)!);
      const acknowledged = indices.filter((n) => view.stateOf(n) === 'acknowledged');
      expect(acknowledged.length).toBeGreaterThan(0);
      expect(acknowledged.filter((_, place) => acknowledged[place]! % (2 * 991) !== 0)).toEqual([]);
      expect(view.counts.acknowledged).toBeGreaterThanOrEqual(acknowledged.length);
    });
  });
});

describe('the ledgers of several workers', () => {
  const plan = samplePlan({ workers: 2, sizes: [1, 3] });

  test('are one: each event is what the ledger of its worker says, whatever the order of the files', () => {
    const home = temporaryHome();
    const files = [path.join(home, 'b.bits'), path.join(home, 'a.bits')];
    const ledgers = files.map((file, worker) => Ledger.open(file, { plan, worker }));
    // Requests 0 to 5 carry 1, 3, 1, 3, 1, 3 events; worker 1 has those of three.
    for (let k = 0; k < 6; k++) {
      const { first, count } = requestAt(plan, k);
      for (let n = first; n < first + count; n++) ledgers[k % 2]!.mark(n, k % 2 === 0 ? 'rejected' : 'acknowledged');
    }
    ledgers[1]!.close();
    const all = Array.from({ length: 12 }, (_, n) => n);
    const expected = all.map((n) => (n % 4 === 0 ? 'rejected' : 'acknowledged'));
    // Worker 0 is cut off here, after its states are on disk: what it reserved further on is unknown, worker 1's is not.
    ledgers[0]!.flush();
    for (const order of [files, files.toReversed()]) {
      read(
        order,
        (view) => {
          expect(states(view, all)).toEqual(expected);
          expect(states(view, [12, 13, 14, 15, 16])).toEqual(['unknown', 'unsent', 'unsent', 'unsent', 'unknown']);
          expect(view.end).toBe(STRIDE);
          expect(view.counts).toEqual({ acknowledged: 9, rejected: 3, unknown: STRIDE / 4 - 3 });
        },
        plan,
      );
    }
    ledgers[0]!.close();
    read(files, (view) => expect(view.end).toBe(12), plan);
  });

  test('a worker without a file sent nothing', () => {
    const file = fileOf();
    const ledger = Ledger.open(file, { plan, worker: 1 });
    ledger.mark(1, 'acknowledged');
    ledger.close();
    read([file, `${file}-none`], (view) => expect(states(view, [0, 1])).toEqual(['unsent', 'acknowledged']), plan);
  });
});

describe('a file that is refused', () => {
  const made = (worker: number, plan = PLAN): string => {
    const file = fileOf();
    Ledger.open(file, { plan, worker }).close();
    return file;
  };

  test('one that is there already is not written over', () => {
    expect(() => Ledger.open(made(0), { plan: PLAN, worker: 0 })).toThrow(/cannot create .*EEXIST/);
  });

  test.each<[string, () => string[], RegExp]>([
    ['no ledger', () => [textFile('text')], /is no ledger/],
    ['of another run', () => [made(0, samplePlan({ run: 'ffffffff' }))], /ledger of run "ffffffff", not of 0a1b2c3d/],
    ['of a worker that the plan has not', () => [made(1)], /ledger of worker 1; the plan has 1/],
    ['of the same worker as another', () => [made(0), made(0)], /a second ledger of worker 0/],
  ])('one that is %s is not read', (_, files, message) => {
    expect(() => readLedgers(files(), PLAN)).toThrow(message);
  });

  function textFile(text: string): string {
    const file = fileOf();
    fs.writeFileSync(file, text.repeat(2_000));
    return file;
  }
});

test('a disk that takes no more ends the ledger, at the next mark at the latest', () => {
  const ledger = Ledger.open(fileOf(), { plan: PLAN, worker: 0 });
  ledger.mark(0, 'unknown');
  const write = fs.writeSync;
  fs.writeSync = () => {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  };
  try {
    expect(() => ledger.flush()).toThrow(/cannot write .*ENOSPC/);
  } finally {
    fs.writeSync = write;
  }
  expect(() => ledger.mark(1, 'unknown')).toThrow(/ENOSPC/);
  expect(() => ledger.close()).toThrow(/ENOSPC/);
});
