import { createHash } from 'node:crypto';
import type { Limits } from '../../../src/access/account.ts';
import { BoundedCache } from '../../enrich/bounded-cache.ts';
import { allocateMeters, METERS, MeterTable } from './meter-table.ts';

/** Keys and accounts, all of which fit with room to spare; and addresses, of which there is no end. */
const NAMED_SLOTS = 2 ** 18;
const ADDRESS_SLOTS = 2 ** 17;
const SUBJECTS_CACHED_MAX = 20_000;
const DAY_MS = 86_400_000;
const DAY_SECONDS = 86_400;
const NANOSECONDS = 1e9;
/** Of a bucket: what comes in one second. */
const ALLOWANCE = BigInt(NANOSECONDS);
/** A meter of a day is the day's number above this many bits, and the count below: up to 1.4 × 10^14. */
const COUNT_BITS = 47n;

export type SubjectKind = 'key' | 'account' | 'address';

/** What one subject is charged with. */
export interface Charge {
  readonly kind: SubjectKind;
  readonly name: string;
  readonly limits: Limits;
  readonly events: number;
  readonly bytes: number;
}

/** Which limit a charge would pass. */
export interface Overrun {
  readonly kind: SubjectKind;
  readonly unit: 'events' | 'bytes';
  readonly quota: number;
  readonly windowSeconds: number;
  /** What is left of the quota; less than what was asked for. */
  readonly remaining: number;
  readonly retryAfterSeconds: number;
}

export interface MeterMemory {
  readonly named: SharedArrayBuffer;
  readonly addresses: SharedArrayBuffer;
}

export function allocateMeterMemory(): MeterMemory {
  return { named: allocateMeters(NAMED_SLOTS), addresses: allocateMeters(ADDRESS_SLOTS) };
}

export interface MetersOptions {
  readonly memory: MeterMemory;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Nanoseconds of a clock that all threads share and nobody sets. */
  readonly clock: () => bigint;
  /** The salt of today: addresses are hashed with it, so that what is kept of them ends with their day. */
  readonly salt: () => string;
}

/**
 * Counts events and bytes of subjects towards their limits, in one memory for all collectors.
 *
 * By the second it is a generic cell rate algorithm (as ATM Forum TM 4.0 has it, "virtual scheduling"): a bucket of one
 * second's allowance that is kept as the moment at which it is full again. A request that is larger than the bucket
 * passes when that is full, and is paid off. By the day it is a sum that begins anew at midnight UTC.
 *
 * Promises: a charge is made in full or not at all; no more than a day's limit is ever granted, whoever counts.
 */
export class Meters {
  readonly #options: MetersOptions;
  readonly #named: MeterTable;
  readonly #addresses: MeterTable;
  readonly #subjects = new BoundedCache<bigint>(SUBJECTS_CACHED_MAX / 2);

  constructor(options: MetersOptions) {
    this.#options = options;
    this.#named = new MeterTable(options.memory.named, NAMED_SLOTS);
    this.#addresses = new MeterTable(options.memory.addresses, ADDRESS_SLOTS);
  }

  /** Makes all charges, or none and says which limit is in the way. */
  charge(charges: readonly Charge[]): Overrun | undefined {
    for (const [index, charge] of charges.entries()) {
      const overrun = this.#chargeOne(charge);
      if (overrun === undefined) continue;
      this.refund(charges.slice(0, index));
      return overrun;
    }
    return undefined;
  }

  /** Which limit a charge would pass now; makes none. */
  overrun(charge: Charge): Overrun | undefined {
    for (const meter of this.#metersOf(charge)) {
      const overrun = meter.perDay ? this.#moveDay(meter, false) : this.#moveRate(meter, false);
      if (overrun !== undefined) return overrun;
    }
    return undefined;
  }

  /** Takes charges back that were made for nothing. */
  refund(charges: readonly Charge[]): void {
    for (const charge of charges) for (const meter of this.#metersOf(charge)) this.#giveBack(meter);
  }

  /** What was counted of today since the last call, by subject. */
  takeUsage(): { readonly day: number; readonly used: { subject: bigint; events: number; bytes: number }[] } {
    const day = this.#day();
    const used = [this.#named, this.#addresses].flatMap((table) =>
      [...table.takeDirty()].map(({ subject, slot }) => ({
        subject,
        events: countOf(table.read(slot, METERS.eventsDay), day),
        bytes: countOf(table.read(slot, METERS.bytesDay), day),
      })),
    );
    return { day, used };
  }

  /** Takes up what an earlier process counted of today. */
  restore(used: readonly { readonly subject: bigint; readonly events: number; readonly bytes: number }[]): void {
    const day = this.#day();
    for (const { subject, events, bytes } of used) {
      const table = isAddress(subject) ? this.#addresses : this.#named;
      const slot = table.slotOf(subject, this.#options.now());
      table.exchange(slot, METERS.eventsDay, 0n, packed(day, events));
      table.exchange(slot, METERS.bytesDay, 0n, packed(day, bytes));
    }
  }

  #chargeOne(charge: Charge): Overrun | undefined {
    const meters = this.#metersOf(charge);
    for (const [index, meter] of meters.entries()) {
      const overrun = meter.perDay ? this.#moveDay(meter, true) : this.#moveRate(meter, true);
      if (overrun === undefined) continue;
      for (const moved of meters.slice(0, index)) this.#giveBack(moved);
      return overrun;
    }
    return undefined;
  }

  #metersOf({ kind, name, limits, events, bytes }: Charge): Meter[] {
    const at = { kind, ...this.#place(kind, name) };
    const { eventsPerSecond, bytesPerSecond, eventsPerDay, bytesPerDay } = limits;
    const meters: Meter[] = [
      { ...at, unit: 'events', amount: events, quota: eventsPerDay, perDay: true, word: METERS.eventsDay },
      { ...at, unit: 'events', amount: events, quota: eventsPerSecond, perDay: false, word: METERS.eventsRate },
      { ...at, unit: 'bytes', amount: bytes, quota: bytesPerDay, perDay: true, word: METERS.bytesDay },
      { ...at, unit: 'bytes', amount: bytes, quota: bytesPerSecond, perDay: false, word: METERS.bytesRate },
    ];
    return meters.filter(({ quota }) => quota > 0);
  }

  #moveDay({ kind, unit, quota, table, slot, word, amount }: Meter, isFinal: boolean): Overrun | undefined {
    const day = this.#day();
    for (;;) {
      const seen = table.read(slot, word);
      const count = countOf(seen, day);
      if (count + amount > quota) {
        const retryAfterSeconds = Math.max(1, Math.ceil(DAY_SECONDS - (this.#options.now() % DAY_MS) / 1_000));
        const remaining = Math.max(0, quota - count);
        return { kind, unit, quota, windowSeconds: DAY_SECONDS, remaining, retryAfterSeconds };
      }
      if (!isFinal) return undefined;
      if (!table.exchange(slot, word, seen, packed(day, count + amount))) continue;
      table.markDirty(slot);
      return undefined;
    }
  }

  #moveRate({ kind, unit, quota, table, slot, word, amount }: Meter, isFinal: boolean): Overrun | undefined {
    const price = cost(amount, quota);
    const now = this.#options.clock();
    for (;;) {
      const seen = table.read(slot, word);
      const next = larger(seen, now) + price;
      const early = next - now - larger(price, ALLOWANCE);
      if (early > 0n) {
        const retryAfterSeconds = Math.max(1, Math.ceil(Number(early) / NANOSECONDS));
        return { kind, unit, quota, windowSeconds: 1, remaining: 0, retryAfterSeconds };
      }
      if (!isFinal || table.exchange(slot, word, seen, next)) return undefined;
    }
  }

  #giveBack({ perDay, quota, table, slot, word, amount }: Meter): void {
    const day = this.#day();
    for (;;) {
      const seen = table.read(slot, word);
      // What was counted of a day that is over went with it.
      const next = perDay ? packed(day, Math.max(0, countOf(seen, day) - amount)) : seen - cost(amount, quota);
      if (table.exchange(slot, word, seen, next)) break;
    }
    if (perDay) table.markDirty(slot);
  }

  #place(kind: SubjectKind, name: string): Place {
    const table = kind === 'address' ? this.#addresses : this.#named;
    return { table, slot: table.slotOf(this.#subject(kind, name), this.#options.now()) };
  }

  #subject(kind: SubjectKind, name: string): bigint {
    const text = kind === 'address' ? `address ${this.#options.salt()} ${name}` : `${kind} ${name}`;
    const known = this.#subjects.get(text);
    if (known !== undefined) return known;
    // The lowest bit says whose table it is; it is set, so that no subject is 0.
    const hash = createHash('sha256').update(text).digest().readBigInt64BE(0) >> 3n;
    const subject = (hash << 2n) | (kind === 'address' ? 3n : 1n);
    this.#subjects.set(text, subject);
    return subject;
  }

  #day(): number {
    return Math.floor(this.#options.now() / DAY_MS);
  }
}

/** One limit of a charge, and the word that counts towards it. */
interface Meter extends Place {
  readonly kind: SubjectKind;
  readonly unit: Overrun['unit'];
  readonly amount: number;
  readonly quota: number;
  readonly perDay: boolean;
  readonly word: number;
}

interface Place {
  readonly table: MeterTable;
  readonly slot: number;
}

/** The network that an address is counted as: of IPv6, where one person has that many, the first 64 bits. */
export function networkOf(ip: string): string {
  if (!ip.includes(':')) return ip;
  const [head = '', tail] = ip.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}

function isAddress(subject: bigint): boolean {
  return (subject & 2n) === 2n;
}

function larger(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

function cost(amount: number, perSecond: number): bigint {
  return BigInt(Math.round((amount * NANOSECONDS) / perSecond));
}

function packed(day: number, count: number): bigint {
  return (BigInt(day) << COUNT_BITS) | BigInt(count);
}

function countOf(word: bigint, day: number): number {
  return word >> COUNT_BITS === BigInt(day) ? Number(BigInt.asUintN(Number(COUNT_BITS), word)) : 0;
}
