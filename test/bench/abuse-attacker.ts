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
const FRAMES_AT_ONCE = 50;
/**
 * Between rounds, milliseconds: on the collector's own cores a flood without a pause measures who gets the core. With
 * these, 90 MB of heads a second come, and a thousand WebSockets.
 */
const PAUSES_MS: Readonly<Record<string, number>> = { heads: 100, bombs: 500, frames: 50 };
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
    return (url) => fuzzFrames(url, random, FRAMES_AT_ONCE);
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
    await sleep(PAUSES_MS[name] ?? PAUSE_MS);
  }
});
