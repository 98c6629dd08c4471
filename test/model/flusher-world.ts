import { Breaker } from '../../daemon/flush/breaker.ts';
import { DeadLetters } from '../../daemon/flush/dead-letters.ts';
import { LaneFates } from '../../daemon/flush/fates.ts';
import { Flusher } from '../../daemon/flush/flusher.ts';
import type { FlushTarget } from '../../daemon/flush/target.ts';
import { type Lane, openLane } from '../../daemon/spool/lane.ts';
import { scanSegment } from '../../daemon/spool/segment-scan.ts';
import type { StateDatabase } from '../../daemon/state/database.ts';
import { SpoolState } from '../../daemon/state/spool-state.ts';
import { diskError, SimulatedDisk } from '../support/simulated-disk.ts';
import { ClickHouseModel, type ModelRow, type MonthIds } from './clickhouse-model.ts';
import { chooseFaults, FaultyLink } from './faulty-link.ts';
import { decodeBlock, decodeRows, encodeGroup, ROW_HEADS, uuidOf } from './row-blocks.ts';
import { makeRows, wrongRows } from './rows.ts';
import { Random, type Schedule, type Trace, VirtualClock } from './simulation.ts';

const FOLDER = '/spool/events';
const FIRST_NUMBER = 0x1000_0000n;
const FAULTY_STEPS_MAX = 80;
/** Far above what draining takes once nothing fails any more. */
const HEALED_STEPS_MAX = 3_000;
const LATENCY_MS_MAX = 20;

class Killed extends Error {}

/** A daemon between two kills: what it is made of, and whether it still lives. */
interface Life {
  alive: boolean;
  readonly disk: SimulatedDisk;
  readonly lane: Lane;
  readonly flusher: Flusher;
}

/**
 * The real flusher, lane, split, fates and dead letters over a simulated disk, a virtual clock and the model of ClickHouse.
 * The daemon may be killed at every call of disk and state and while it waits; a kill leaves all that was written.
 */
class FlusherWorld {
  readonly #clock = new VirtualClock();
  readonly #model = new ClickHouseModel();
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #link: FaultyLink;
  readonly #db: StateDatabase;
  readonly #noSpace: number;
  readonly #power: boolean;
  readonly #accepted: Omit<ModelRow, 'batch'>[] = [];
  #batchesLeft: number;
  #poison: number;
  #disk: SimulatedDisk;
  #life: Life | null = null;
  #faultsOn = false;
  #healed = false;
  #failure: string | null = null;

  constructor(db: StateDatabase, random: Random, trace: Trace, power: boolean) {
    this.#db = db;
    this.#random = random;
    this.#trace = trace;
    this.#power = power;
    this.#link = new FaultyLink(this.#model, chooseFaults(random, power), random, trace);
    this.#noSpace = random.pick([0, 0, 0.02, 0.2]);
    this.#poison = this.#link.allowsPoison ? random.pick([0, 0.05, 0.3]) : 0;
    this.#batchesLeft = random.between(1, 3);
    this.#disk = new SimulatedDisk(random.between(0, 2 ** 31));
  }

  async run(): Promise<string | null> {
    const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
    Object.assign(globalThis, { setTimeout: this.#clock.setTimeout, clearTimeout: this.#clock.clearTimeout });
    try {
      return (await this.#drain()) ?? this.#wrongEnd();
    } finally {
      this.#life?.lane.close();
      Object.assign(globalThis, real);
    }
  }

  async #drain(): Promise<string | null> {
    let stepsLeft = this.#random.between(1, FAULTY_STEPS_MAX);
    for (;;) {
      this.#life ??= this.#start();
      await microtasks();
      if (this.#failure !== null) return this.#failure;
      if (stepsLeft-- === 0) {
        if (this.#healed) return 'the flusher does not end';
        stepsLeft = HEALED_STEPS_MAX;
        this.#healed = true;
        this.#link.heal();
      }
      if (this.#life?.alive !== true) {
        this.#life = null;
        continue;
      }
      if (this.#batchesLeft > 0 && (this.#healed || this.#random.chance(0.3))) this.#produce(this.#life);
      else if (this.#healed && this.#life.lane.rows === 0) return null;
      else if (this.#crashes()) this.#kill();
      else if (!this.#clock.advance() && this.#healed) return 'the flusher waits for nothing';
    }
  }

  /** Null when it was killed while it started. */
  #start(): Life | null {
    this.#disk = this.#disk.kill();
    const disk = this.#disk;
    disk.fault = ({ name, file }) => this.#diskFault(disk, name, file);
    disk.now = this.#clock.now;
    const { now } = this.#clock;
    this.#faultsOn = !this.#healed;
    try {
      const { lane } = openLane(disk, FOLDER, ROW_HEADS, FIRST_NUMBER, now);
      const state = new MortalState(this.#db, () => this.#die(disk));
      const deadLetters = new DeadLetters(disk, lane, 'events', state, now);
      deadLetters.reconcile();
      const fates = new LaneFates({ disk, lane, state, deadLetters, now }, this.#observer);
      const flusher = new Flusher({
        disk,
        target: this.#target(disk),
        breaker: new Breaker(() => this.#random.next()),
        fates,
        observer: { insert() {}, verification() {}, waiting() {} },
        oldest: async () => lane.sealed[0] ?? null,
        now,
      });
      const life = { alive: true, disk, lane, flusher };
      flusher.run().catch((error) => {
        if (error instanceof Killed) life.alive = false;
        else this.#failure ??= `the flusher threw ${error.stack}`;
      });
      return life;
    } catch (error) {
      if (error instanceof Killed) return null;
      throw error;
    }
  }

  readonly #observer = {
    stored: (_: unknown, __: number, excess: number) => {
      if (excess > 0) this.#failure ??= `${excess} rows more than expected were counted`;
    },
    split: ({ name }: { name: string }) => this.#trace?.(`batch ${name} is split`),
    deadLettered: ({ name }: { name: string }) => this.#trace?.(`batch ${name} is set aside`),
    quarantined: ({ name }: { name: string }, lost: number) => {
      this.#failure ??= `batch ${name} lost ${lost} rows on a disk that reads well`;
    },
    stateFailed: (error: unknown) => {
      throw error;
    },
  };

  /** Rows are accepted and sealed; whether that outlives a crash is the spool's own test. */
  #produce({ lane, flusher }: Life): void {
    const faultsOn = this.#faultsOn;
    this.#faultsOn = false;
    const rows = makeRows(this.#random, this.#poison, `${this.#batchesLeft}`);
    const cut = this.#random.between(1, rows.length);
    lane.write([rows.slice(0, cut), rows.slice(cut)].filter((group) => group.length > 0).map(encodeGroup));
    const { name } = lane.seal();
    this.#trace?.(
      `batch ${name}: ${rows.map(({ id, month, poison }) => `${id}/${month}${poison ? '!' : ''}`).join(' ')}`,
    );
    this.#accepted.push(...rows);
    this.#batchesLeft--;
    flusher.arrived();
    this.#faultsOn = faultsOn;
  }

  #target(disk: SimulatedDisk): FlushTarget {
    const answer = <T>(ask: () => T) =>
      new Promise<T>((resolve) => {
        if (this.#disk !== disk) return;
        const listens = () => this.#life?.disk === disk && this.#life.alive;
        this.#clock.setTimeout(() => {
          // What is on its way arrives also when its sender is dead; only where power is lost nothing outlives that.
          if (this.#power && !listens()) return;
          const answered = ask();
          this.#clock.setTimeout(() => {
            if (listens()) resolve(answered);
          }, this.#latency());
        }, this.#latency());
      });
    return {
      insert: (block, token) => answer(() => this.#link.insert({ token, rows: decodeBlock(block) })),
      count: (batch) => answer(() => this.#link.count(batch) ?? { error: 'no answer' }),
      ids: (batch, months) => answer(() => withUuids(this.#link.ids(batch, months)) ?? { error: 'no answer' }),
    };
  }

  #latency(): number {
    return this.#random.between(0, LATENCY_MS_MAX);
  }

  #diskFault(disk: SimulatedDisk, name: string, file: string): Error | null {
    if (disk !== this.#disk) return new Killed();
    if (!this.#faultsOn || this.#healed) return null;
    if (this.#random.chance(0.2) && this.#crashes()) {
      this.#trace?.(`killed at ${name} ${file}`);
      this.#kill();
      return new Killed();
    }
    const needsRoom = name === 'create' || name === 'append' || name === 'rename';
    // Without a daemon there is no lane yet: a start without room is the spool's own test.
    if (needsRoom && this.#life?.disk === disk && this.#random.chance(this.#noSpace)) return diskError('ENOSPC', file);
    return null;
  }

  #crashes(): boolean {
    return !this.#healed && this.#link.crashes();
  }

  /** Ends the process where it stands: all it still does finds a disk that refuses it. */
  #kill(): void {
    this.#trace?.('daemon killed');
    if (this.#life !== null) this.#life.alive = false;
    this.#disk = this.#disk.kill();
  }

  /** Called around each write of state.db: throws when the process is dead or dies here. */
  #die(disk: SimulatedDisk): void {
    const error = this.#diskFault(disk, 'state', 'state.db');
    if (error !== null) throw error;
  }

  #wrongEnd(): string | null {
    this.#link.settle();
    const folder = `${FOLDER}/deadletter`;
    const dead = this.#disk.list(folder).flatMap((file) => {
      const scan = scanSegment(this.#disk.read(`${folder}/${file}`), file.slice(0, -'.seg'.length), ROW_HEADS);
      return scan.groups.flatMap((group) => decodeRows(group.rows));
    });
    const { stored, deadLettered } = new SpoolState(this.#db, 'events').totals();
    const good = this.#accepted.filter((row) => !row.poison).length;
    return (
      wrongRows(this.#accepted, this.#model.rows(), dead) ??
      (stored === good ? null : `the total of stored rows is ${stored}, not ${good}`) ??
      (deadLettered === dead.length ? null : `the total of dead letters is ${deadLettered}, not ${dead.length}`)
    );
  }
}

/** state.db, whose writer may be killed before and after each transaction. */
class MortalState extends SpoolState {
  readonly #die: () => void;

  constructor(db: StateDatabase, die: () => void) {
    super(db, 'events');
    this.#die = die;
  }

  override countStored(...call: Parameters<SpoolState['countStored']>): void {
    this.#die();
    super.countStored(...call);
    this.#die();
  }

  override addDeadLetter(...call: Parameters<SpoolState['addDeadLetter']>): void {
    this.#die();
    super.addDeadLetter(...call);
    this.#die();
  }

  override removeDeadLetter(...call: Parameters<SpoolState['removeDeadLetter']>): void {
    this.#die();
    super.removeDeadLetter(...call);
    this.#die();
  }
}

export function withUuids(found: MonthIds | null): MonthIds | null {
  if (found === null) return null;
  return new Map([...found].map(([month, ids]) => [month, new Map([...ids].map(([id, rows]) => [uuidOf(id), rows]))]));
}

/** Everything that needs no time happens. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Schedules of the real flusher against the model. `db` is emptied by each. */
export function flusherSchedule(db: StateDatabase, power = false): Schedule {
  return (seed, trace) => {
    db.exec('DELETE FROM lanes; DELETE FROM dead_letters');
    return new FlusherWorld(db, new Random(seed), trace, power).run();
  };
}
