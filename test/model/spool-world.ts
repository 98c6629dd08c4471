import type Database from 'better-sqlite3';
import type { Batch } from '../../daemon/spool/batch.ts';
import { isNoSpace } from '../../daemon/spool/disk.ts';
import type { SpoolAnswer } from '../../daemon/spool/protocol.ts';
import { scanSegment } from '../../daemon/spool/segment-scan.ts';
import { EVENT_COLUMN_HEADS } from '../../src/clickhouse/native/encoded-rows.ts';
import { readInt64Column, readUuidColumn } from '../../src/clickhouse/native/filter.ts';
import type { Event } from '../../src/event/event.ts';
import { appendMessage, keyedEvent, SOME_TIME, sampleEvent } from '../support/events.ts';
import { type DiskCall, diskError, SimulatedDisk } from '../support/simulated-disk.ts';
import type { Random, Schedule, Trace } from './simulation.ts';
import { SPOOL, SpoolProcess } from './spool-process.ts';

const ACTIONS_MAX = 30;
const TIMES = [SOME_TIME, Date.UTC(2026, 9, 3)];
const OCTOBER_FROM = SOME_TIME - 15 * 86_400_000;

/**
 * A row as the model knows it. `acked`: somebody was told that it is durable. `dropped`: an operator threw it away, which
 * a loss of power may undo.
 */
interface Known {
  readonly event: Event;
  acked: boolean;
  dropped: boolean;
}

interface Row {
  readonly id: string;
  readonly month: number;
}

/** The process died at a call to the disk. */
class Died extends Error {}

/** What is wrong with the spool, in words. */
class Wrong extends Error {}

/**
 * Random lives of a spool over a disk that fails, and the simplest model of what it promises: a set of acknowledged rows.
 * After every step each of them is in exactly one place (a segment, a dead letter, the table), no row is in two, and a
 * number that had rows never gets others.
 */
export function spoolSchedule(db: Database.Database, random: (seed: number) => Random): Schedule {
  return async (seed, trace) => {
    db.exec('DELETE FROM lanes; DELETE FROM seen_ids; DELETE FROM dead_letters');
    const world = new SpoolWorld(db, random(seed), seed, trace);
    try {
      await world.run();
      return null;
    } catch (error) {
      if (error instanceof Wrong) return error.message;
      return `unexpected: ${error instanceof Error ? error.stack : error}`;
    }
  };
}

class SpoolWorld {
  readonly #db: Database.Database;
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #known = new Map<string, Known>();
  /** The table: ids by batch and month, as inserts brought them. */
  readonly #table = new Map<string, string[]>();
  /** Acknowledged rows by the segment named in the answer. */
  readonly #ackedIn = new Map<string, string[]>();
  /** Rows of files that do not change in the life of a process. */
  readonly #read = new Map<string, Row[]>();
  #disk: SimulatedDisk;
  #process: SpoolProcess;
  #calls: number | null = null;
  #dead = false;
  #clock = SOME_TIME;
  #group = 0;
  #powerCuts = 0;

  constructor(db: Database.Database, random: Random, seed: number, trace: Trace) {
    this.#db = db;
    this.#random = random;
    this.#trace = trace;
    this.#disk = new SimulatedDisk(seed);
    this.#process = this.#start();
  }

  async run(): Promise<void> {
    const actions = this.#random.between(5, ACTIONS_MAX);
    for (let action = 0; action < actions; action++) await this.#step();
    this.#fill(Number.POSITIVE_INFINITY);
    this.#restart(this.#random.chance(0.5));
    await this.#drain();
  }

  async #step(): Promise<void> {
    this.#clock += this.#random.between(0, 5_000);
    const [name, action] = this.#choose();
    this.#trace?.(name);
    try {
      await action();
      await this.#process.committer.idle();
      if (this.#dead || this.#process.failure !== null) throw new Died();
    } catch (error) {
      if (isNoSpace(error)) this.#trace?.('  no room');
      else if (this.#dead || this.#process.failure !== null || (error as { code?: string }).code === 'EIO')
        this.#rise();
      else throw error;
    }
    this.#check();
  }

  #choose(): [string, () => void | Promise<void>] {
    const dice = this.#random.between(0, 99);
    if (dice < 34) return ['append', () => this.#append()];
    if (dice < 47) return ['seal', () => this.#process.seal(true)];
    if (dice < 50) return ['seal and die', () => this.#sealAndDie()];
    if (dice < 62) return ['flush', () => this.#flush()];
    if (dice < 70) return ['flush a batch that is refused', () => this.#flushRefused()];
    if (dice < 74) return ['replay', () => this.#replay()];
    if (dice < 76) return ['drop', () => this.#drop()];
    if (dice < 84) return ['die soon', () => this.#dieAfter(this.#random.between(1, 25))];
    if (dice < 88) return ['fill the disk', () => this.#fill(this.#random.between(0, 3_000))];
    if (dice < 92) return ['make room', () => this.#fill(Number.POSITIVE_INFINITY)];
    if (dice < 94) return ['fail a call', () => this.#failOnce()];
    return ['restart', () => this.#restart(this.#random.chance(0.5))];
  }

  async #append(): Promise<void> {
    const messages = this.#random.between(1, 4);
    for (let message = 0; message < messages; message++) {
      const events = Array.from({ length: this.#random.between(1, 4) }, () => this.#event());
      const append = appendMessage(this.#group++, events);
      this.#process.committer.submit(append, (answer) => this.#answered(events, answer));
      if (this.#random.chance(0.3)) await Promise.resolve();
    }
    await this.#process.committer.idle();
  }

  /** A new event, or one whose client sends it again because it may not have been taken. */
  #event(): Event {
    if (this.#random.chance(0.3) && this.#known.size > 0) {
      const { event } = this.#random.pick([...this.#known.values()]);
      if (event.has_client_id) return event;
    }
    const make = this.#random.chance(0.5) ? keyedEvent : sampleEvent;
    const large = this.#random.chance(0.1) ? { title: 'x'.repeat(5_000) } : {};
    const event = make(this.#known.size + 1, { occurred_at: this.#random.pick(TIMES), ...large });
    this.#known.set(event.event_id, { event, acked: false, dropped: false });
    return event;
  }

  #answered(events: readonly Event[], answer: SpoolAnswer): void {
    this.#trace?.(`  ${answer.type} ${events.map((event) => event.event_id.slice(-3)).join(' ')}`);
    if (this.#dead) throw new Wrong('an answer from a dead process');
    if (answer.type === 'refused') return;
    events.forEach((event, row) => {
      if (!answer.duplicates.includes(row)) {
        this.#ackedIn.set(answer.segment, [...(this.#ackedIn.get(answer.segment) ?? []), event.event_id]);
      }
      if (answer.duplicates.includes(row) && !event.has_client_id) {
        throw new Wrong(`${event.event_id} brought no id and is called a duplicate`);
      }
      this.#known.get(event.event_id)!.acked = true;
    });
  }

  async #sealAndDie(): Promise<void> {
    await this.#process.seal(false);
    this.#dead = true;
  }

  async #flush(): Promise<void> {
    const batch = this.#process.lane.sealed[0];
    if (batch === undefined) return;
    this.#insert(batch, [...batch.months.keys()]);
    await this.#process.fates.stored(batch, 0);
  }

  /** The server takes the rows of some months and refuses those of the others for what they hold. */
  async #flushRefused(): Promise<void> {
    const batch = this.#process.lane.sealed[0];
    if (batch === undefined) return;
    if (this.#random.chance(0.4)) this.#dieAfter(this.#random.between(1, 20));
    const months = [...batch.months.keys()];
    const refused = months.filter(
      (month) => !this.#table.has(`${batch.name} ${month}`) && (months.length === 1 || this.#random.chance(0.5)),
    );
    this.#insert(
      batch,
      months.filter((month) => !refused.includes(month)),
    );
    if (refused.length === 0) await this.#process.fates.stored(batch, 0);
    else await this.#process.fates.split(batch, { months: refused }, 'refused');
  }

  /** What flush makes sure of: a month that was inserted before is not inserted again. */
  #insert(batch: Batch, months: readonly number[]): void {
    const rows = this.#rowsOf(batch.file, batch.name);
    for (const month of months) {
      const key = `${batch.name} ${month}`;
      const ids = rows.filter((row) => row.month === month).map((row) => row.id);
      const before = this.#table.get(key);
      if (before === undefined) this.#table.set(key, ids);
      else if (before.join() !== ids.join())
        throw new Wrong(`batch ${key} was inserted with ${before}, now it has ${ids}`);
    }
  }

  #replay(): void {
    this.#process.deadLetters.replay('all');
  }

  #drop(): void {
    const letter = this.#process.deadLetters.list()[0];
    if (letter === undefined) return;
    const rows = this.#rowsOf(`${SPOOL}/deadletter/${letter.batch}.seg`, letter.batch);
    // Asked for is enough: a death in the middle may leave them there or not.
    for (const { id } of rows) this.#known.get(id)!.dropped = true;
    this.#process.deadLetters.drop([letter.batch]);
  }

  #fill(room: number): void {
    this.#trace?.(`  room ${room}`);
    this.#disk.room = room;
  }

  #dieAfter(calls: number): void {
    this.#trace?.(`  after ${calls} calls`);
    this.#calls = calls;
  }

  #failOnce(): void {
    const name = this.#random.pick(['sync', 'append', 'truncate'] as const);
    this.#trace?.(`  ${name}`);
    this.#disk.fault = (call) => {
      const died = this.#countDown(call);
      if (died !== null || call.name !== name) return died;
      this.#disk.fault = (next) => this.#countDown(next);
      return diskError('EIO', call.file);
    };
  }

  readonly #countDown = (call: DiskCall): Error | null => {
    if (!this.#dead && this.#calls !== null && this.#calls-- <= 0) {
      this.#dead = true;
      this.#trace?.(`  dies at ${call.name} ${call.file}`);
    }
    return this.#dead ? new Died() : null;
  };

  /** The process is dead, or must be: the next one begins, after a loss of power or without. */
  #rise(): void {
    this.#restart(this.#random.chance(0.5));
  }

  #restart(power: boolean): void {
    this.#trace?.(power ? '  power is lost' : '  killed');
    if (power) this.#powerCuts++;
    this.#disk = power ? this.#disk.crash() : this.#disk.kill();
    this.#process = this.#start();
  }

  #start(): SpoolProcess {
    this.#dead = false;
    this.#calls = null;
    this.#read.clear();
    this.#disk.fault = this.#countDown;
    this.#disk.now = () => this.#clock;
    const first = BigInt(this.#random.between(1, 2 ** 31 - 1)) << 32n;
    const started = new SpoolProcess(this.#disk, this.#db, first, () => this.#clock);
    this.#newName(started);
    return started;
  }

  /** Nobody's rows may have had the number of a segment that begins. */
  #newName({ lane }: SpoolProcess): void {
    const { name, rows } = lane.active;
    if (rows > 0 || name === '') return;
    const inTable = [...this.#table.keys()].some((key) => key.startsWith(name));
    if (inTable || this.#ackedIn.has(name)) throw new Wrong(`number ${name} is used again`);
  }

  /** No more faults: everything must reach the table or the dead letters, and leave nothing behind. */
  async #drain(): Promise<void> {
    this.#disk.fault = () => null;
    await this.#process.seal(true);
    while (this.#process.lane.sealed.length > 0) {
      await this.#flush();
      this.#check();
    }
    const { lane, state } = this.#process;
    if (lane.rows !== 0 || lane.bytes !== 0) throw new Wrong(`${lane.rows} rows, ${lane.bytes} bytes are left`);
    const left = this.#disk.list(SPOOL).filter((file) => file.includes('.seg'));
    if (left.length > 2) throw new Wrong(`segments without a row are left: ${left}`);
    lane.close();
    if (this.#disk.openFiles.length > 0) throw new Wrong(`files are left open: ${this.#disk.openFiles}`);
    const stored = [...this.#table.values()].reduce((sum, ids) => sum + ids.length, 0);
    // A loss of power may bring back a segment that was counted and unlinked; it is then counted once more.
    if (this.#powerCuts === 0 && state.totals().stored !== stored) {
      throw new Wrong(`${state.totals().stored} rows are counted, ${stored} are in the table`);
    }
  }

  #check(): void {
    const { fault } = this.#disk;
    this.#disk.fault = () => null;
    const places = new Map<string, string[]>();
    const put = (id: string, place: string) => places.set(id, [...(places.get(id) ?? []), place]);
    for (const [key, ids] of this.#table) for (const id of ids) put(id, `table ${key}`);
    const { sealed, active } = this.#process.lane;
    for (const { name, file } of sealed) this.#putSegment(name, this.#rowsOf(file, name), put);
    if (active.rows > 0) this.#putSegment(active.name, this.#readRows(`${SPOOL}/${active.name}.seg`, active.name), put);
    for (const file of this.#disk.list(`${SPOOL}/deadletter`)) {
      for (const { id } of this.#rowsOf(`${SPOOL}/deadletter/${file}`, file.slice(0, 16))) put(id, `dead ${file}`);
    }
    for (const [id, { acked, dropped }] of this.#known) {
      const found = places.get(id) ?? [];
      if (found.length > 1) throw new Wrong(`row ${id} is in ${found.join(' and ')}`);
      if (acked && !dropped && found.length === 0) throw new Wrong(`row ${id} was acknowledged and is nowhere`);
    }
    const inSpool = sealed.reduce((sum, batch) => sum + batch.rows, active.rows);
    if (inSpool !== this.#process.lane.rows)
      throw new Wrong(`the lane says ${this.#process.lane.rows} rows, not ${inSpool}`);
    this.#newName(this.#process);
    this.#disk.fault = fault;
  }

  #putSegment(name: string, rows: readonly Row[], put: (id: string, place: string) => void): void {
    const ids = new Set(rows.map(({ id }) => id));
    const other = this.#ackedIn.get(name)?.find((id) => !ids.has(id));
    if (other !== undefined) throw new Wrong(`row ${other} was acknowledged in ${name} and is not there`);
    for (const { id, month } of rows) if (!this.#table.has(`${name} ${month}`)) put(id, `segment ${name}`);
  }

  /** Rows of a segment that is not written any more. */
  #rowsOf(file: string, name: string): Row[] {
    const rows = this.#read.get(file) ?? this.#readRows(file, name);
    this.#read.set(file, rows);
    return rows;
  }

  #readRows(file: string, name: string): Row[] {
    return scanSegment(this.#disk.read(file), name, EVENT_COLUMN_HEADS).groups.flatMap(({ rows }) => {
      const times = readInt64Column(EVENT_COLUMN_HEADS, rows, 'occurred_at');
      const ids = readUuidColumn(EVENT_COLUMN_HEADS, rows, 'event_id');
      return ids.map((id, row) => ({ id, month: times[row]! < OCTOBER_FROM ? 202610 : 202611 }));
    });
  }
}
