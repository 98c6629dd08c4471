/**
 * The attacker of `npm run bench:abuse`, a process of its own: one attack over and over on the collector at a URL, until it
 * is killed. Says `begun` at the beginning of each round. An error of the collector's own ends it with code 1.
 */
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildBombs, fuzzBodies, sendBombs } from '../support/abuse/bodies.ts';
import {
  floodHeads,
  fuzzFrames,
  idleConnections,
  sendSlowly,
  smuggle,
  stayIdle,
} from '../support/abuse/connections.ts';
import { seededRandom, testSeed } from '../support/seed.ts';

const BODIES_A_ROUND = 500;
/** A collector that refuses in no time is not to be asked in a loop without a breath. */
const PAUSE_MS = 10;

type Attack = (url: string) => Promise<unknown>;

/** What an attack needs is built before it begins. */
const ATTACKS: Readonly<Record<string, () => Attack>> = {
  slow: () => sendSlowly,
  idle: () => (url) => stayIdle(url, idleConnections()),
  heads: () => floodHeads,
  smuggling: () => smuggle,
  bombs: () => {
    const bombs = buildBombs();
    return (url) => sendBombs(url, bombs);
  },
  frames: () => {
    const random = seededRandom(testSeed());
    return (url) => fuzzFrames(url, random);
  },
  bodies: () => {
    const random = seededRandom(testSeed());
    return (url) => fuzzBodies(url, random, BODIES_A_ROUND);
  },
};

const [name = '', url = ''] = process.argv.slice(2);
const attack = ATTACKS[name]?.();
if (attack === undefined) throw new Error(`there is no attack ${name}; there are ${Object.keys(ATTACKS).join(', ')}`);
// What it computes would be computed on another machine.
os.setPriority(os.constants.priority.PRIORITY_LOW);
process.send!('ready');
process.once('message', async () => {
  for (;;) {
    process.send!('begun');
    await attack(url);
    await sleep(PAUSE_MS);
  }
});
