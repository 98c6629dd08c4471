/**
 * Ids that look like the UUIDv7 of a client and still tell which event of the run they are of.
 *
 *     48 bits milliseconds · version 7 · 12 bits hash · variant · 30 bits hash · 32 bits index XOR mix(30 bits)
 *
 * They have to be as random as real ones, or the disk use that a run measures would flatter; and SQL has to find the
 * index again, so that rows can be counted by ranges of it. Hence the last 32 bits: the mix is one multiplication, which SQL
 * can undo, under a salt of the run. Everything but the milliseconds is a pure function of the plan and the index.
 */
import type { LoadPlan } from '../plan/plan.ts';
import { hash, hex16, hex32, mix } from './hash.ts';
import { trafficOf } from './traffic.ts';

const MULTIPLIER = 2_654_435_761;
const LOW_32 = 0xffffffff;
const LOW_30 = 0x3fffffff;
const UUID_CHARS = 36;
/** Where the hash begins, behind `tttttttt-tttt-7`. */
const TAIL_AT = 15;

let timeMs = -1;
let timeText = '';

/** The id of event `n` sent at `atMs` (epoch milliseconds): a lower-case UUID. */
export function eventId(plan: LoadPlan, n: number, atMs: number): string {
  if (atMs !== timeMs) {
    const hex = Math.floor(atMs).toString(16).padStart(12, '0');
    timeText = `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
    timeMs = atMs;
  }
  return timeText + idTail(plan, n);
}

/** The 21 characters of an event's id behind its time and version: what is the same whenever it is sent. */
export function idTail(plan: LoadPlan, n: number): string {
  const { idKey, idSalt } = trafficOf(plan);
  const hashed = hash(idKey, n);
  const random = hashed >>> 2;
  const other = mix(hashed ^ idSalt);
  // 12 bits, of which the first two characters of the four go: the version stands in their place.
  const twelve = hex16(other).slice(1);
  const hidden = (n ^ (Math.imul(random, MULTIPLIER) + idSalt)) >>> 0;
  return `${twelve}-${hex16(0x8000 | (random >>> 16))}-${hex16(random)}${hex32(hidden)}`;
}

/** The index of the event that has this id, or null when no event of the run has it. The time in it may be any. */
export function indexOf(plan: LoadPlan, id: string): number | null {
  if (id.length !== UUID_CHARS) return null;
  const random = ((Number.parseInt(id.slice(19, 23), 16) & 0x3fff) << 16) | Number.parseInt(id.slice(24, 28), 16);
  const hidden = Number.parseInt(id.slice(28), 16);
  const n = (hidden ^ (Math.imul(random, MULTIPLIER) + trafficOf(plan).idSalt)) >>> 0;
  return id.charCodeAt(14) === 0x37 && id.slice(TAIL_AT) === idTail(plan, n) ? n : null;
}

/** Low 64 bits of the column `event_id`: variant, 30 bits of hash, 32 bits with the index. */
const LOW_64 = 'reinterpretAsUInt64(reverse(substring(UUIDToNum(event_id), 9, 8)))';

/** The ClickHouse expression (UInt64) that gives the index out of `event_id`; of an id that is not the run's, any number. */
export function indexSql(plan: LoadPlan): string {
  const random = `bitAnd(bitShiftRight(${LOW_64}, 32), ${LOW_30})`;
  const mixed = `bitAnd(${random} * ${MULTIPLIER} + ${trafficOf(plan).idSalt}, ${LOW_32})`;
  return `bitXor(bitAnd(${LOW_64}, ${LOW_32}), ${mixed})`;
}

/** The ClickHouse expression (Int64) for the milliseconds in `event_id`. */
export const ID_TIME_SQL =
  'toInt64(bitShiftRight(reinterpretAsUInt64(reverse(substring(UUIDToNum(event_id), 1, 8))), 16))';
