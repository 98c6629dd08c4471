import type { InsertOutcome } from '../../daemon/flush/target.ts';
import type { ClickHouseModel, Insert, MonthIds } from './clickhouse-model.ts';
import type { Random, Trace } from './simulation.ts';

/** What may happen to an insert on its way. Each is a probability of its own, most are zero in any one schedule. */
const INSERT_FAULTS = [
  /** It never reaches the server. */
  'lost',
  /** It is stored, the answer is lost. */
  'answerLost',
  /** The client gives up; the insert arrives at any time later, perhaps twice, also after restarts of either side. */
  'delayed',
  /** It is answered, and a copy of it arrives later. */
  'duplicated',
  /** The body is cut on the way and the server notices. */
  'cutRefused',
  /** The body is cut on the way and the server takes what it got for the whole (ClickHouse issues 9666, 27667). */
  'cutStored',
  /** Too many parts, memory, disk: refused for a while, perhaps with some months stored. */
  'refused',
  /** Memory or time is too short for more than one row, perhaps after some months were stored, perhaps for the moment. */
  'starved',
  /** The server is killed at any point of the insert, perhaps between a token and its part. */
  'killed',
] as const;
/** Faults that are not about one insert. */
const OTHER_FAULTS = [
  /** A count is answered too late or never. */
  'countLost',
  /** The daemon is killed. */
  'crash',
  /** With a kill of the server: power is lost as well, and the youngest records of the window with it. */
  'powerLost',
] as const;

type InsertFault = (typeof INSERT_FAULTS)[number];
type Fault = InsertFault | (typeof OTHER_FAULTS)[number];
export type Faults = Readonly<Record<Fault, number>>;

/**
 * Chooses the faults of a schedule: about half of the kinds at all, each as often as it likes, so that combinations of few
 * faults come up as well as storms. Loss of power is never combined with inserts that outlive it: the window that tells a
 * late copy from a new insert is not synced, so nobody can promise anything about those (README, promises).
 */
export function chooseFaults(random: Random, power: boolean): Faults {
  const chosen = {} as Record<Fault, number>;
  for (const fault of [...INSERT_FAULTS, ...OTHER_FAULTS]) {
    chosen[fault] = random.chance(0.5) ? 0 : random.pick([0.05, 0.15, 0.4]);
  }
  return power
    ? { ...chosen, killed: 0.3, powerLost: 0.5, delayed: 0, duplicated: 0, starved: 0 }
    : { ...chosen, powerLost: 0 };
}

const SERVER_DOWN_CALLS_MAX = 4;
const LATE_COPIES_MAX = 8;

/** The way from the daemon to the server and back, with faults until `heal`. Late copies arrive between any two calls. */
export class FaultyLink {
  readonly model: ClickHouseModel;
  readonly #random: Random;
  readonly #trace: Trace;
  #faults: Faults;
  #late: Insert[] = [];
  #downCalls = 0;

  constructor(model: ClickHouseModel, faults: Faults, random: Random, trace: Trace) {
    this.model = model;
    this.#faults = faults;
    this.#random = random;
    this.#trace = trace;
  }

  /** Whether rows may be refused for what they hold: not where memory is short as well (`machine.ts`, last sentence). */
  get allowsPoison(): boolean {
    return this.#faults.starved === 0;
  }

  /** Whether the daemon dies here. */
  crashes(): boolean {
    return this.#random.chance(this.#faults.crash);
  }

  /** No faults from here on but late copies. */
  heal(): void {
    this.#faults = Object.fromEntries(Object.keys(this.#faults).map((fault) => [fault, 0])) as unknown as Faults;
    this.#downCalls = 0;
    this.#trace?.('-- healed');
  }

  /** Everything that is still on its way arrives. */
  settle(): void {
    for (const insert of this.#late.splice(0)) this.#land(insert);
  }

  insert(insert: Insert): InsertOutcome {
    this.#arrivals();
    if (this.#isDown()) return { seen: 'unknown', error: 'connection refused' };
    const fault = this.#chooseFault();
    const outcome = this.#deliver(insert, fault);
    this.#trace?.(`insert ${describe(insert)}${fault === null ? '' : ` (${fault})`}: ${JSON.stringify(outcome)}`);
    return outcome;
  }

  /** Null: no answer. */
  count(batch: bigint): Map<number, number> | null {
    return this.#ask('count', batch, () => this.model.count(batch));
  }

  ids(batch: bigint, months: readonly number[]): MonthIds | null {
    return this.#ask('ids', batch, () => this.model.ids(batch, months));
  }

  #ask<T extends Map<number, unknown>>(question: string, batch: bigint, answer: () => T): T | null {
    this.#arrivals();
    const lost = this.#isDown() || this.#random.chance(this.#faults.countLost);
    const found = lost ? null : answer();
    this.#trace?.(`${question} ${batch}: ${found === null ? 'no answer' : describeAnswer(found)}`);
    return found;
  }

  #deliver(insert: Insert, fault: InsertFault | null): InsertOutcome {
    switch (fault) {
      case null:
        return this.#store(insert);
      case 'lost':
        return { seen: 'unknown', error: 'time-out' };
      case 'answerLost':
        this.#store(insert);
        return { seen: 'unknown', error: 'connection reset' };
      case 'delayed':
        this.#keepForLater(insert);
        if (this.#random.chance(0.3)) this.#keepForLater(insert);
        return { seen: 'unknown', error: 'time-out' };
      case 'duplicated':
        this.#keepForLater(insert);
        return this.#store(insert);
      case 'cutRefused':
        return { seen: 'refused', because: 'other', error: 'CANNOT_READ_ALL_DATA' };
      case 'cutStored':
        this.model.insert({ ...insert, rows: insert.rows.slice(0, this.#random.between(0, insert.rows.length - 1)) });
        return { seen: 'unknown', error: 'connection reset' };
      case 'refused':
        if (this.model.insert(insert, this.#interruption(insert)) === 'poison') return POISON;
        return { seen: 'refused', because: 'other', error: 'NOT_ENOUGH_SPACE' };
      case 'starved':
        if (insert.rows.length === 1) return this.#store(insert);
        if (this.#random.chance(0.5)) {
          this.#keepForLater(insert);
          return { seen: 'unknown', timedOut: true, error: 'time-out' };
        }
        this.model.insert(insert, this.#interruption(insert));
        return { seen: 'refused', because: 'memory', error: 'MEMORY_LIMIT_EXCEEDED' };
      case 'killed':
        this.model.insert(insert, this.#interruption(insert));
        this.#kill();
        return { seen: 'unknown', error: 'connection reset' };
    }
  }

  #store(insert: Insert): InsertOutcome {
    if (this.model.insert(insert) === 'poison') return POISON;
    // What the server says it wrote includes what it dropped as known.
    return { seen: 'stored', writtenRows: insert.rows.length };
  }

  #kill(): void {
    this.#downCalls = this.#random.between(0, SERVER_DOWN_CALLS_MAX);
    if (this.#random.chance(this.#faults.powerLost)) this.model.losePower(this.#random.between(1, 6));
  }

  #interruption(insert: Insert) {
    const months = new Set(insert.rows.map((row) => row.month)).size;
    return { afterBlocks: this.#random.between(0, months), recorded: this.#random.chance(0.5) };
  }

  #chooseFault(): InsertFault | null {
    for (const fault of INSERT_FAULTS) if (this.#random.chance(this.#faults[fault])) return fault;
    return null;
  }

  #isDown(): boolean {
    if (this.#downCalls === 0) return false;
    this.#downCalls--;
    return true;
  }

  #keepForLater(insert: Insert): void {
    if (this.#late.length < LATE_COPIES_MAX) this.#late.push(insert);
  }

  #arrivals(): void {
    while (this.#late.length > 0 && this.#random.chance(0.15)) {
      this.#land(this.#late.splice(this.#random.between(0, this.#late.length - 1), 1)[0]!);
    }
  }

  /** A copy with a poison row is refused like the insert itself was or would have been. */
  #land(insert: Insert): void {
    const outcome = this.model.insert(insert);
    this.#trace?.(`late copy of ${describe(insert)} arrives: ${outcome}`);
  }
}

const POISON: InsertOutcome = { seen: 'refused', because: 'data', error: 'INCORRECT_DATA' };

function describe({ token, rows }: Insert): string {
  const months = [...Map.groupBy(rows, (row) => row.month)].map(
    ([month, block]) => `${month}: ${block.map((row) => row.id + (row.poison ? '!' : '')).join(' ')}`,
  );
  return `${token} {${months.join('; ')}}`;
}

function describeAnswer(found: Map<number, unknown>): string {
  const plain = [...found].map(([month, value]) => [month, value instanceof Map ? [...value] : value]);
  return JSON.stringify(plain);
}
