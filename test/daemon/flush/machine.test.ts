import { describe, expect, it } from 'vitest';
import { type Action, begin, next, type Progress, type Seen } from '../../../daemon/flush/machine.ts';
import { oneCountMachine } from '../../model/broken-machines.ts';
import { ClickHouseModel, type Insert } from '../../model/clickhouse-model.ts';
import { type Machine, realMachine } from '../../model/machine-world.ts';

const ONE = new Map([[202611, 5]]);
const TWO = new Map([
  [202610, 2],
  [202611, 3],
]);

/** Takes a batch through what is seen, one after another; returns the last action. */
function play(expected: ReadonlyMap<number, number>, seen: readonly Seen[], recovered = false): Action {
  let step = begin(recovered, expected);
  for (const each of seen) step = next(step.progress, each, expected);
  return step.action;
}

const counted = (...months: [number, number][]): Seen => ({ seen: 'counted', months: new Map(months) });
const success = (writtenRows: number): Seen => ({ seen: 'stored', writtenRows });
const unknown: Seen = { seen: 'unknown' };
const refused: Seen = { seen: 'refused', because: 'other' };
const rejected: Seen = { seen: 'refused', because: 'data' };

describe('a batch that was never tried', () => {
  it('is inserted as a whole, and stored when the server says so', () => {
    expect(play(TWO, [])).toMatchObject({ do: 'insert', generation: 0, months: [202610, 202611] });
    expect(play(TWO, [success(5)])).toEqual({ do: 'stored', excess: 0 });
  });

  it('is counted when the server wrote another number of rows', () => {
    expect(play(TWO, [success(4)])).toEqual({ do: 'count' });
  });

  it('is waited for and then counted when the outcome is unknown or a refusal that passes', () => {
    for (const seen of [unknown, refused]) {
      expect(play(TWO, [seen])).toEqual({ do: 'wait' });
      expect(play(TWO, [seen, { seen: 'waited' }])).toEqual({ do: 'count' });
    }
  });

  it('is counted at once when its rows are refused, and split when they are not there', () => {
    expect(play(TWO, [rejected])).toEqual({ do: 'count' });
    expect(play(TWO, [rejected, counted()])).toEqual({ do: 'split', missing: [202610, 202611], partial: [] });
  });
});

describe('a batch for which memory or time is too short', () => {
  const starved: Seen = { seen: 'refused', because: 'memory' };
  const late: Seen = { seen: 'unknown', timedOut: true };
  const waited: Seen = { seen: 'waited' };

  it('is tried with half the rows of each month, down to one, under the same token', () => {
    expect(play(TWO, [starved])).toEqual({ do: 'wait' });
    expect(play(TWO, [starved, waited, counted()])).toMatchObject({ do: 'insert', generation: 0, rowsMax: 1 });
    for (const seen of [starved, late]) {
      expect(play(ONE, [seen, waited, counted()])).toMatchObject({ do: 'insert', generation: 0, rowsMax: 2 });
      const twice = [seen, waited, counted(), seen, waited, counted(), seen, waited, counted()];
      expect(play(ONE, twice)).toMatchObject({ do: 'insert', generation: 0, rowsMax: 1 });
    }
  });

  it('gets the rest as a partial month, twice as much at a time', () => {
    const first = [starved, waited, counted(), success(2)];
    expect(play(ONE, first)).toEqual({ do: 'count' });
    const some = [...first, counted([202611, 2])];
    expect(play(ONE, some)).toMatchObject({ do: 'insert_absent', patch: 0, rowsMax: 4 });
    expect(play(ONE, [...some, success(3), counted([202611, 5])])).toEqual({ do: 'stored', excess: 0 });
  });

  it('begins with what was enough for the batch before', () => {
    expect(begin(false, ONE, 3).action).toMatchObject({ do: 'insert', rowsMax: 3 });
  });

  it('is not taken for a server that keeps nothing while its rows grow', () => {
    const grows = [starved, waited, counted(), success(2), counted([202611, 2])];
    let step = begin(false, ONE);
    for (const each of grows) step = next(step.progress, each, ONE);
    expect(step.progress.lost).toBe(false);
    step = next(next(step.progress, success(3), ONE).progress, counted([202611, 2]), ONE);
    expect(step.progress.lost).toBe(true);
  });
});

describe('a batch that may have been tried', () => {
  it('is counted first when it comes from the process before', () => {
    expect(play(TWO, [], true)).toEqual({ do: 'count' });
  });

  it('has its missing months inserted under the same token', () => {
    expect(play(TWO, [unknown, counted([202610, 2])])).toMatchObject({ do: 'insert', generation: 0, months: [202611] });
  });

  it('is never believed to be stored without a count', () => {
    expect(play(TWO, [counted(), success(5)], true)).toEqual({ do: 'count' });
  });

  it('gets a new token only when a success left rows missing', () => {
    expect(play(ONE, [counted(), success(5), counted()], true)).toMatchObject({ do: 'insert', generation: 1 });
    expect(play(ONE, [counted(), unknown, counted()], true)).toMatchObject({ do: 'insert', generation: 0 });
    expect(play(ONE, [counted(), refused, counted()], true)).toMatchObject({ do: 'insert', generation: 0 });
  });

  it('keeps a claim over a count that was not answered', () => {
    const seen = [counted(), success(5), { seen: 'waited' } as const, counted()];
    expect(play(ONE, seen, true)).toMatchObject({ do: 'insert', generation: 1 });
  });

  it('has the absent rows of partial months inserted once no month is missing', () => {
    const cut = counted([202610, 1]);
    expect(play(TWO, [unknown, cut])).toMatchObject({ do: 'insert', generation: 0, months: [202611] });
    const filled = counted([202610, 1], [202611, 3]);
    expect(play(TWO, [unknown, cut, success(3), filled])).toMatchObject({
      do: 'insert_absent',
      patch: 0,
      months: [202610],
    });
    const again = [unknown, cut, success(3), filled, success(1), filled];
    expect(play(TWO, again)).toMatchObject({ do: 'insert_absent', patch: 1, months: [202610] });
  });

  it('moves missing months and absent rows alike to new batches when the rows are refused', () => {
    const found = counted([202610, 1]);
    expect(play(TWO, [unknown, found, rejected, found])).toEqual({ do: 'split', missing: [202611], partial: [202610] });
    const patch = counted([202610, 1], [202611, 3]);
    expect(play(TWO, [unknown, patch, rejected, patch])).toEqual({ do: 'split', missing: [], partial: [202610] });
  });

  it('is stored and reports what is too much, in its months and in others', () => {
    expect(play(TWO, [unknown, counted([202610, 4], [202611, 3], [202612, 1])])).toEqual({ do: 'stored', excess: 3 });
  });
});

describe('a patch that is still on its way when the daemon dies', () => {
  /**
   * Two months. The first insert is cut and stores one row of October; the second, of November, is killed between token
   * and part. November is stored under the next token, the patch of October is late, the daemon dies. The next one knows
   * nothing of November's dead token: it must choose the same token for the patch as the one before.
   */
  function rowsAfterAll(machine: Machine): number {
    const model = new ClickHouseModel();
    const expected = new Map([
      [202610, 2],
      [202611, 1],
    ]);
    const rows = [
      { id: 'a', month: 202610, poison: false, batch: 1n },
      { id: 'b', month: 202610, poison: false, batch: 1n },
      { id: 'c', month: 202611, poison: false, batch: 1n },
    ];
    let { progress, action } = machine.begin(false, expected);
    const see = (seen: Seen) => {
      ({ progress, action } = machine.next(progress, seen, expected) as { progress: Progress; action: Action });
    };
    const count = () => see({ seen: 'counted', months: model.count(1n) });
    const toInsert = (): Insert => {
      if (action.do === 'insert') {
        const { generation, months } = action;
        return { token: machine.insertToken(1n, generation), rows: rows.filter((row) => months.includes(row.month)) };
      }
      if (action.do !== 'insert_absent') throw new Error(`there is nothing to insert: ${action.do}`);
      return { token: machine.patchToken(1n, action.patch), rows: [rows[1]!] };
    };
    model.insert({ ...toInsert(), rows: [rows[0]!] });
    see(unknown);
    count();
    model.insert(toInsert(), { afterBlocks: 0, recorded: true });
    see(unknown);
    count();
    for (let round = 0; round < 2; round++) {
      model.insert(toInsert());
      see(success(1));
      count();
    }
    const late = toInsert();
    see(unknown);
    ({ progress, action } = machine.begin(true, expected));
    count();
    model.insert(toInsert());
    see(success(1));
    count();
    model.insert(late);
    return model.rows().length;
  }

  it('is kept once', () => {
    expect(rowsAfterAll(realMachine)).toBe(3);
  });

  it('would be kept twice if patches and whole months shared one count of generations', () => {
    expect(rowsAfterAll(oneCountMachine)).toBe(4);
  });
});
