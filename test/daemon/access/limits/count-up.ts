import { parentPort, workerData } from 'node:worker_threads';
import { type MeterMemory, Meters } from '../../../../daemon/access/limits/meters.ts';
import { limitsSchema } from '../../../../src/access/account.ts';

/** A thread that charges one event at a time until it is refused, and says how many were granted. */
const { memory, limit } = workerData as { memory: MeterMemory; limit: number };
const meters = new Meters({ memory, now: () => Date.UTC(2026, 0, 1), clock: () => 0n, salt: () => '' });
const limits = limitsSchema.parse({ eventsPerDay: limit });
let granted = 0;
while (meters.charge([{ kind: 'account', name: 'shop', limits, events: 1, bytes: 0 }]) === undefined) granted++;
parentPort!.postMessage(granted);
