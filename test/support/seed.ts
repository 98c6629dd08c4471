import { randomInt } from 'node:crypto';

/** One seed for every run, so that the gate judges the change and not the dice. */
const DEFAULT_SEED = 20_261_121;

/** The seed of this run. `TRACKFLOW_TEST_SEED` replays one, or looks for new ones with `random`. Print it with every failure. */
export function testSeed(): number {
  const given = process.env.TRACKFLOW_TEST_SEED;
  if (given === undefined) return DEFAULT_SEED;
  return given === 'random' ? randomInt(2 ** 31) : Number(given);
}

/** mulberry32 (public domain, Tommy Ettinger): a small generator whose whole state is the seed. Numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
