/**
 * UUIDv7 (RFC 9562, method 1): 48 bits of milliseconds, a 12-bit counter, 62 random bits.
 *
 * Ids of one generator grow strictly, also within a millisecond, when more than 4,096 fall into one, and when the clock
 * steps back: it then goes on from the last time it has seen. Two generators (threads) share no order below a
 * millisecond and are kept apart by the random bits.
 */
import { HEX } from './hash.ts';

const COUNTER_MAX = 0xfff;
/** A new millisecond starts in the lower half of the counter's range, so that there is room to count up. */
const COUNTER_START_MASK = 0x7ff;
const RANDOM_BLOCK_BYTES = 8_192;
const RANDOM_BYTES_PER_ID = 10;

/** `fillRandom` is called once per block of about 800 ids. The result takes the time in milliseconds since the epoch. */
export function createUuidV7(fillRandom: (block: Uint8Array) => void): (nowMs: number) => string {
  const random = new Uint8Array(RANDOM_BLOCK_BYTES);
  let at = RANDOM_BLOCK_BYTES;
  let lastMs = -1;
  let counter = 0;
  let prefix = '';

  return (nowMs) => {
    if (at + RANDOM_BYTES_PER_ID > RANDOM_BLOCK_BYTES) {
      fillRandom(random);
      at = 0;
    }
    if (nowMs > lastMs || counter === COUNTER_MAX) {
      lastMs = nowMs > lastMs ? nowMs : lastMs + 1;
      counter = ((random[at]! << 8) | random[at + 1]!) & COUNTER_START_MASK;
      prefix = timePrefix(lastMs);
    } else {
      counter++;
    }
    const id =
      prefix +
      HEX[counter >> 8]![1] +
      HEX[counter & 0xff] +
      '-' +
      HEX[0x80 | (random[at + 2]! & 0x3f)] +
      HEX[random[at + 3]!] +
      '-' +
      HEX[random[at + 4]!] +
      HEX[random[at + 5]!] +
      HEX[random[at + 6]!] +
      HEX[random[at + 7]!] +
      HEX[random[at + 8]!] +
      HEX[random[at + 9]!];
    at += RANDOM_BYTES_PER_ID;
    return id;
  };
}

/** The part of an id that only changes with the millisecond: `tttttttt-tttt-7`. */
function timePrefix(ms: number): string {
  const hex = Math.floor(ms).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
}
