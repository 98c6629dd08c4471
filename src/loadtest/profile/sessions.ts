/**
 * Who does something when: event `n` belongs to a slot, a slot is one visitor after another, a visitor is a session of one or
 * more steps. All of it can be worked out from `n` alone.
 *
 * Each round of `2 ** slotBits` events gives every slot one event, in an order that differs from round to round. The rounds
 * of a slot are cut into sessions by a table of lengths, begun at another place in each slot.
 */
import { hash, mix } from './hash.ts';
import type { Traffic } from './traffic.ts';

export interface Moment {
  /** A number of the visitor; attributes are hashed out of it. */
  readonly visitor: number;
  /** A number of the session. */
  readonly session: number;
  /** 0 for the first event of the session. */
  readonly step: number;
  /** Events in the session. */
  readonly length: number;
}

const SESSIONS = 512;
/** Sessions of 1, 2, … events, per 64. Nearly half bounce; the mean is about 4. */
const LENGTHS_PER_64 = [26, 9, 6, 4, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 1];
/** One session in so many is of somebody who was there the time before. */
const RETURNING = 4;

const { starts, sessionAt } = cutIntoSessions();

/** Who does event `n`, and how far the session is. */
export function momentOf(traffic: Traffic, n: number): Moment {
  const { slotBits, visitorKey } = traffic;
  const slots = 1 << slotBits;
  const round = n >>> slotBits;
  const turn = hash(visitorKey, round);
  // An odd factor keeps the order a permutation of the slots.
  const slot = (Math.imul(n & (slots - 1), turn | 1) + (turn >>> 8)) & (slots - 1);
  const slotKey = hash(visitorKey ^ 0x5bd1e995, slot);
  const at = round + (slotKey % sessionAt.length);
  const cycle = Math.floor(at / sessionAt.length);
  const within = at - cycle * sessionAt.length;
  const index = sessionAt[within]!;
  const number = cycle * SESSIONS + index;
  const session = hash(slotKey, number);
  const visitor = session % RETURNING === 0 ? mix(hash(slotKey, number - 1) + 1) : mix(session + 1);
  return { visitor, session, step: within - starts[index]!, length: starts[index + 1]! - starts[index]! };
}

/** `starts`: the first event of each session of the cycle, and the end of the last. `sessionAt`: the session of each event. */
function cutIntoSessions(): { starts: Uint32Array; sessionAt: Uint16Array } {
  const lengths = LENGTHS_PER_64.flatMap((count, index) => Array<number>((count * SESSIONS) / 64).fill(index + 1));
  const shuffled = lengths
    .map((length, index) => ({ length, order: mix(index + 1) }))
    .sort((a, b) => a.order - b.order)
    .map(({ length }) => length);
  const starts = new Uint32Array(SESSIONS + 1);
  const at: number[] = [];
  shuffled.forEach((length, index) => {
    starts[index + 1] = starts[index]! + length;
    for (let step = 0; step < length; step++) at.push(index);
  });
  return { starts, sessionAt: Uint16Array.from(at) };
}
