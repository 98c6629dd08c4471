import { type Action, begin, next, type Seen } from '../../daemon/flush/machine.ts';
import { ClickHouseModel, type ModelRow, type MonthIds } from './clickhouse-model.ts';
import { chooseFaults, FaultyLink } from './faulty-link.ts';
import { makeRows, wrongRows } from './rows.ts';
import { Random, type Schedule, type Trace } from './simulation.ts';

/** The decisions under test: those of `machine.ts`, or of a machine that is broken on purpose. */
export interface Machine {
  readonly begin: typeof begin;
  readonly next: typeof next;
  readonly insertToken: (batch: bigint, generation: number) => string;
  readonly patchToken: (batch: bigint, patch: number) => string;
}

export const realMachine: Machine = {
  begin,
  next,
  insertToken: (batch, generation) => `${batch}#${generation}`,
  patchToken: (batch, patch) => `${batch}#patch${patch}`,
};

interface Batch {
  readonly number: bigint;
  readonly rows: readonly ModelRow[];
  readonly months: ReadonlyMap<number, number>;
  recovered: boolean;
}

const FAULTY_STEPS_MAX = 60;
/** Far above what any batch needs once nothing fails any more; a machine that takes longer never ends. */
const HEALED_STEPS_MAX = 400;

/** A lane in memory: batches one after another, each taken through the machine, with crashes of the daemon in between. */
class MachineWorld {
  stored = 0;
  readonly deadLetters: ModelRow[] = [];
  readonly link: FaultyLink;
  #excess = 0;
  readonly #queue: Batch[] = [];
  readonly #machine: Machine;
  readonly #random: Random;
  readonly #trace: Trace;
  #lastNumber = 0n;
  #stepsLeft: number;
  #healed = false;

  constructor(machine: Machine, random: Random, trace: Trace, power: boolean) {
    this.#machine = machine;
    this.#random = random;
    this.#trace = trace;
    this.link = new FaultyLink(new ClickHouseModel(), chooseFaults(random, power), random, trace);
    this.#stepsLeft = random.between(1, FAULTY_STEPS_MAX);
  }

  run(): string | null {
    const rows: ModelRow[] = [];
    const poison = this.link.allowsPoison ? this.#random.pick([0, 0, 0.1, 0.4]) : 0;
    for (let left = this.#random.between(1, 3); left > 0; left--) {
      const batch = this.#add(makeRows(this.#random, poison, `${left}`));
      rows.push(...batch.rows);
    }
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) {
      if (!this.#flush(batch)) return `batch ${batch.number} does not end`;
    }
    this.link.settle();
    if (this.#excess > 0) return `${this.#excess} rows more than expected were counted`;
    const good = rows.filter((row) => !row.poison).length;
    return (
      wrongRows(rows, this.link.model.rows(), this.deadLetters) ??
      (this.stored === good ? null : `${this.stored} rows are called stored, ${good} are`)
    );
  }

  /** False when it takes for ever. */
  #flush(batch: Batch): boolean {
    let { progress, action } = this.#machine.begin(batch.recovered, batch.months);
    for (;;) {
      if (--this.#stepsLeft === 0) {
        if (this.#healed) return false;
        this.#heal();
      }
      if (!this.#healed && this.link.crashes()) {
        this.#trace?.('daemon killed and started');
        for (const waiting of [batch, ...this.#queue]) waiting.recovered = true;
        ({ progress, action } = this.#machine.begin(true, batch.months));
      }
      if (action.do === 'stored') {
        this.#trace?.(`batch ${batch.number} is stored`);
        this.stored += batch.rows.length;
        this.#excess += action.excess;
        return true;
      }
      const seen = this.#act(batch, action);
      if (seen === null) return true;
      ({ progress, action } = this.#machine.next(progress, seen, batch.months));
    }
  }

  #heal(): void {
    this.#healed = true;
    this.#stepsLeft = HEALED_STEPS_MAX;
    this.link.heal();
  }

  /** Null: the batch was split or set aside. */
  #act(batch: Batch, action: Exclude<Action, { do: 'stored' }>): Seen | null {
    switch (action.do) {
      case 'wait':
        return { seen: 'waited' };
      case 'count': {
        const months = this.link.count(batch.number);
        return months === null ? { seen: 'waited' } : { seen: 'counted', months };
      }
      case 'insert': {
        const rows = first(batch.rows, action);
        return this.link.insert({ token: this.#machine.insertToken(batch.number, action.generation), rows });
      }
      case 'insert_absent': {
        const absent = this.#absent(batch, action.months);
        if (absent === null) return { seen: 'unknown' };
        const rows = first(absent, action);
        return this.link.insert({ token: this.#machine.patchToken(batch.number, action.patch), rows });
      }
      case 'split': {
        const absent = action.partial.length === 0 ? [] : this.#absent(batch, action.partial);
        if (absent === null) return { seen: 'unknown' };
        this.#split(
          batch,
          batch.rows.filter((row) => action.missing.includes(row.month) || absent.includes(row)),
        );
        return null;
      }
    }
  }

  #absent(batch: Batch, months: readonly number[]): ModelRow[] | null {
    const stored = this.link.ids(batch.number, months);
    if (stored === null) return null;
    return batch.rows.filter((row) => months.includes(row.month) && !takeId(stored, row));
  }

  #split(batch: Batch, rows: readonly ModelRow[]): void {
    this.stored += batch.rows.length - rows.length;
    if (batch.rows.length === 1 && rows.length === 1) {
      this.#trace?.(`batch ${batch.number} is set aside`);
      this.deadLetters.push(...rows);
      return;
    }
    this.#trace?.(`batch ${batch.number} is split: ${rows.map((row) => row.id).join(' ')}`);
    const middle = Math.ceil(rows.length / 2);
    for (const half of [rows.slice(middle), rows.slice(0, middle)]) if (half.length > 0) this.#add(half, true);
  }

  #add(rows: readonly Omit<ModelRow, 'batch'>[], first = false): Batch {
    this.#lastNumber++;
    const number = this.#lastNumber;
    const months = new Map<number, number>();
    for (const { month } of rows) months.set(month, (months.get(month) ?? 0) + 1);
    const batch: Batch = { number, months, recovered: false, rows: rows.map((row) => ({ ...row, batch: number })) };
    if (first) this.#queue.unshift(batch);
    else this.#queue.push(batch);
    return batch;
  }
}

/** Of each of some months the first so many rows. */
function first(rows: readonly ModelRow[], bounds: { months: readonly number[]; rowsMax: number }): ModelRow[] {
  return bounds.months.flatMap((month) => rows.filter((row) => row.month === month).slice(0, bounds.rowsMax));
}

function takeId(stored: MonthIds, row: ModelRow): boolean {
  const ids = stored.get(row.month);
  const count = ids?.get(row.id) ?? 0;
  if (count > 0) ids!.set(row.id, count - 1);
  return count > 0;
}

/** Schedules of a machine against the model. `power`: kills of the server may take the power along. */
export function machineSchedule(machine: Machine, power = false): Schedule {
  return (seed, trace) => new MachineWorld(machine, new Random(seed), trace, power).run();
}
