import type Database from 'better-sqlite3';
import { Committer } from '../../daemon/spool/committer.ts';
import { Dedup } from '../../daemon/spool/dedup.ts';
import { isNoSpace } from '../../daemon/spool/disk.ts';
import { type Lane, openLane } from '../../daemon/spool/lane.ts';
import type { SpoolAnswer } from '../../daemon/spool/protocol.ts';
import { scanSegment } from '../../daemon/spool/segment-scan.ts';
import { SpoolState } from '../../daemon/state/spool-state.ts';
import { EVENT_COLUMN_HEADS } from '../../src/clickhouse/native/encoded-rows.ts';
import { readUuidColumn } from '../../src/clickhouse/native/filter.ts';
import type { Event } from '../../src/event/event.ts';
import { keyedEvent, sampleEvent, spreadMessage } from '../support/events.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import type { Random, Schedule, Trace } from './simulation.ts';

const ACTIONS_MAX = 30;
const folderOf = (lane: number) => `/home/spool/events-${lane + 1}`;

/** The process died at a call to the disk. */
class Died extends Error {}
/** What is wrong with the spool, in words. */
class Wrong extends Error {}

/** One life of the spool thread, its lanes joined as the daemon joins them. */
class LanesProcess {
  readonly lanes: Lane[];
  readonly committer: Committer;
  readonly states: SpoolState[];
  readonly #dedup: Dedup;
  failure: unknown = null;

  constructor(disk: SimulatedDisk, db: Database.Database, count: number, first: () => bigint) {
    const opened = Array.from({ length: count }, (_, lane) =>
      openLane(disk, folderOf(lane), EVENT_COLUMN_HEADS, first(), () => 1),
    );
    this.lanes = opened.map(({ lane }) => lane);
    this.states = opened.map((_, lane) => new SpoolState(db, `events-${lane + 1}`));
    this.#dedup = new Dedup(this.states[0]!, { windowMs: 86_400_000, rowsMax: 1_000_000 }, () => 1);
    opened.forEach(({ report }, lane) => {
      const state = this.states[lane]!;
      if (report.lastName === '') state.forgetKeysThrough();
      for (const { segment, keys } of report.keys) if (!state.keysStored(segment)) state.remember(keys, 1, segment);
    });
    this.committer = new Committer({
      lanes: this.lanes,
      dedup: this.#dedup,
      refusal: () => null,
      observer: {
        committed: () => {},
        refused: () => {},
        failed: (error) => {
          this.failure = error;
        },
      },
      now: () => 1,
    });
  }

  async seal(lane: number): Promise<void> {
    const { name, rows, keys } = this.lanes[lane]!.active;
    if (rows === 0) return;
    await this.committer.between(() => this.lanes[lane]!.seal());
    await this.#dedup.persist(name, keys, this.states[lane]!);
  }
}

/**
 * Random lives of a spool with several lanes over a disk that fails: kills and losses of power at any call, no room in the
 * middle of a commit that goes to several lanes. What must hold after each step: a row that was acknowledged is in exactly
 * one place, in the lane or the table of its shard; no row is in two; of a group that was refused no lane keeps anything.
 */
export function lanesSchedule(db: Database.Database, random: (seed: number) => Random): Schedule {
  return async (seed, trace) => {
    db.exec('DELETE FROM lanes; DELETE FROM seen_ids');
    try {
      await new LanesWorld(db, random(seed), seed, trace).run();
      return null;
    } catch (error) {
      return error instanceof Wrong ? error.message : `unexpected: ${error instanceof Error ? error.stack : error}`;
    }
  };
}

class LanesWorld {
  readonly #db: Database.Database;
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #count: number;
  readonly #sent: { readonly event: Event; readonly lane: number }[] = [];
  readonly #acked = new Set<string>();
  readonly #refused = new Set<string>();
  /** Sent without an answer so far, in this life or in one before: they may be there or not. */
  readonly #open = new Set<string>();
  /** Ids by batch, for each shard. */
  readonly #tables: Map<string, readonly string[]>[];
  /** Rows of files that do not change in the life of a process. */
  readonly #sealed = new Map<string, readonly string[]>();
  #disk: SimulatedDisk;
  #process: LanesProcess;
  #calls = Number.POSITIVE_INFINITY;
  #dead = false;
  #group = 0;

  constructor(db: Database.Database, random: Random, seed: number, trace: Trace) {
    this.#db = db;
    this.#random = random;
    this.#trace = trace;
    this.#count = random.between(2, 4);
    this.#tables = Array.from({ length: this.#count }, () => new Map());
    this.#disk = new SimulatedDisk(seed);
    this.#process = this.#start();
  }

  async run(): Promise<void> {
    const actions = this.#random.between(5, ACTIONS_MAX);
    for (let action = 0; action < actions; action++) await this.#step();
    this.#disk.room = Number.POSITIVE_INFINITY;
    this.#rise();
    for (let lane = 0; lane < this.#count; lane++) {
      while (this.#process.lanes[lane]!.sealed.length > 0) this.#flush(lane);
    }
    this.#check();
    if (this.#process.lanes.some(({ rows }) => rows > 0)) throw new Wrong('rows are left');
    for (const lane of this.#process.lanes) lane.close();
  }

  async #step(): Promise<void> {
    const dice = this.#random.between(0, 99);
    const lane = this.#random.between(0, this.#count - 1);
    try {
      if (dice < 45) await this.#append();
      else if (dice < 60) await this.#process.seal(lane);
      else if (dice < 75) this.#flush(lane);
      else if (dice < 83) this.#calls = this.#random.between(0, 25);
      else if (dice < 89) this.#disk.room = this.#random.between(0, 3_000);
      else if (dice < 95) this.#disk.room = Number.POSITIVE_INFINITY;
      else this.#dead = true;
    } catch (error) {
      if (!this.#dead && !isNoSpace(error)) throw error;
    }
    if (this.#dead || this.#process.failure !== null) this.#rise();
    this.#check();
  }

  async #append(): Promise<void> {
    for (let message = this.#random.between(1, 3); message > 0; message--) {
      const events = Array.from({ length: this.#random.between(1, 5) }, () => this.#event());
      const submit = spreadMessage(this.#group++, events);
      const fresh = events.filter(({ event }) => !this.#open.has(event.event_id));
      for (const { event } of fresh) {
        this.#open.add(event.event_id);
        this.#refused.delete(event.event_id);
      }
      this.#process.committer.submit(submit, (answer) => {
        for (const { event } of fresh) this.#open.delete(event.event_id);
        this.#answered(events, answer);
      });
    }
    await this.#process.committer.idle();
  }

  /** A new event, or one that is sent again, also to another lane: there may be more shards by now. */
  #event(): { event: Event; lane: number } {
    const lane = this.#random.between(0, this.#count - 1);
    if (this.#random.chance(0.3) && this.#sent.length > 0) {
      const before = this.#random.pick(this.#sent);
      if (before.event.has_client_id) return { event: before.event, lane };
    }
    const event = (this.#random.chance(0.5) ? keyedEvent : sampleEvent)(this.#sent.length + 1);
    this.#sent.push({ event, lane });
    return { event, lane };
  }

  #answered(events: readonly { event: Event }[], answer: SpoolAnswer): void {
    this.#trace?.(`${answer.type} ${events.map(({ event }) => event.event_id.slice(-3)).join(' ')}`);
    if (this.#dead) throw new Wrong('an answer from a dead process');
    events.forEach(({ event }, index) => {
      const id = event.event_id;
      if (answer.type === 'refused') {
        if (!this.#acked.has(id) && !this.#open.has(id)) this.#refused.add(id);
        return;
      }
      if (answer.duplicates.includes(index) && !event.has_client_id) throw new Wrong(`${id} is called a duplicate`);
      this.#acked.add(id);
      this.#refused.delete(id);
    });
  }

  /** What flush makes sure of: a batch is in the table of its own shard, once. */
  #flush(lane: number): void {
    const batch = this.#process.lanes[lane]!.sealed[0];
    if (batch === undefined) return;
    const ids = this.#idsIn(batch.file, batch.name);
    const before = this.#tables[lane]!.get(batch.name);
    if (before !== undefined && before.join() !== ids.join()) throw new Wrong(`batch ${batch.name} has changed`);
    this.#tables[lane]!.set(batch.name, ids);
    this.#process.lanes[lane]!.forget(batch);
  }

  #rise(): void {
    const power = this.#random.chance(0.5);
    this.#trace?.(power ? 'power is lost' : 'killed');
    // What nobody was told about may be there after all.
    this.#disk = power ? this.#disk.crash() : this.#disk.kill();
    this.#process = this.#start();
  }

  #start(): LanesProcess {
    this.#dead = false;
    this.#calls = Number.POSITIVE_INFINITY;
    this.#sealed.clear();
    this.#disk.fault = () => {
      if (this.#calls-- <= 0) this.#dead = true;
      return this.#dead ? new Died() : null;
    };
    return new LanesProcess(
      this.#disk,
      this.#db,
      this.#count,
      () => BigInt(this.#random.between(1, 2 ** 31 - 1)) << 32n,
    );
  }

  #check(): void {
    const { fault } = this.#disk;
    this.#disk.fault = () => null;
    const places = new Map<string, string[]>();
    const put = (id: string, place: string) => places.set(id, [...(places.get(id) ?? []), place]);
    this.#process.lanes.forEach(({ sealed, active }, lane) => {
      for (const [batch, ids] of this.#tables[lane]!) for (const id of ids) put(id, `table ${lane} ${batch}`);
      const segments = sealed.map(({ name, file }) => ({ name, file }));
      if (active.rows > 0) segments.push({ name: active.name, file: `${folderOf(lane)}/${active.name}.seg` });
      for (const { name, file } of segments) {
        if (this.#tables[lane]!.has(name)) continue;
        const ids = name === active.name ? this.#read(file, name) : this.#idsIn(file, name);
        for (const id of ids) put(id, `lane ${lane} ${name}`);
      }
    });
    for (const { event } of this.#sent) {
      const id = event.event_id;
      const found = places.get(id) ?? [];
      if (found.length > 1) throw new Wrong(`row ${id} is in ${found.join(' and ')}`);
      if (this.#acked.has(id) && found.length === 0) throw new Wrong(`row ${id} was acknowledged and is nowhere`);
      if (this.#refused.has(id) && found.length > 0) throw new Wrong(`row ${id} was refused and is in ${found[0]}`);
    }
    this.#disk.fault = fault;
  }

  /** Of a segment that is not written any more. */
  #idsIn(file: string, name: string): readonly string[] {
    const ids = this.#sealed.get(file) ?? this.#read(file, name);
    this.#sealed.set(file, ids);
    return ids;
  }

  #read(file: string, name: string): string[] {
    return scanSegment(this.#disk.read(file), name, EVENT_COLUMN_HEADS).groups.flatMap(({ rows }) =>
      readUuidColumn(EVENT_COLUMN_HEADS, rows, 'event_id'),
    );
  }
}
