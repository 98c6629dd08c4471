import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { allocateMeters, MeterTable } from '../../../../daemon/access/limits/meter-table.ts';
import { allocateMeterMemory, type Charge, Meters, networkOf } from '../../../../daemon/access/limits/meters.ts';
import { limitsSchema } from '../../../../src/access/account.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const SECOND = 10n ** 9n;

function rig(memory = allocateMeterMemory()) {
  const clock = { now: NOON, monotonic: 10n ** 15n };
  const meters = new Meters({
    memory,
    now: () => clock.now,
    clock: () => clock.monotonic,
    salt: () => 'salt',
  });
  return { meters, clock };
}

function charge(limits: object, events = 1, bytes = 0, name = 'shop', kind: Charge['kind'] = 'account'): Charge {
  return { kind, name, limits: limitsSchema.parse(limits), events, bytes };
}

describe('by the second', () => {
  it('grants one second at once, then what comes in', () => {
    const { meters, clock } = rig();
    const one = charge({ eventsPerSecond: 10 });
    for (let n = 0; n < 10; n++) expect(meters.charge([one])).toBeUndefined();
    expect(meters.charge([one])).toMatchObject({ kind: 'account', unit: 'events', quota: 10, retryAfterSeconds: 1 });
    clock.monotonic += SECOND / 10n;
    expect(meters.charge([one])).toBeUndefined();
    expect(meters.charge([one])).toBeDefined();
    clock.monotonic += 100n * SECOND;
    let granted = 0;
    while (meters.charge([one]) === undefined) granted++;
    expect(granted).toBe(10);
  });

  it('lets what is larger than a second pass when nothing is owed, and has it paid off', () => {
    const { meters, clock } = rig();
    expect(meters.charge([charge({ eventsPerSecond: 10 }, 50)])).toBeUndefined();
    expect(meters.charge([charge({ eventsPerSecond: 10 })])).toMatchObject({ retryAfterSeconds: 5 });
    clock.monotonic += 4n * SECOND + SECOND / 10n;
    expect(meters.charge([charge({ eventsPerSecond: 10 })])).toBeUndefined();
  });

  it('never refuses a subject that is new', () => {
    const { meters } = rig();
    for (let n = 0; n < 5_000; n++) {
      const first = charge({ eventsPerSecond: 1 }, 1, 0, `2001:db8:${n.toString(16)}:1::/64`, 'address');
      expect(meters.charge([first])).toBeUndefined();
    }
  });
});

describe('by the day', () => {
  it('grants exactly the limit, and begins anew at midnight UTC', () => {
    const { meters, clock } = rig();
    const three = charge({ eventsPerDay: 10 }, 3);
    for (let n = 0; n < 3; n++) expect(meters.charge([three])).toBeUndefined();
    expect(meters.charge([three])).toMatchObject({ quota: 10, remaining: 1, retryAfterSeconds: 43_200 });
    expect(meters.charge([charge({ eventsPerDay: 10 })])).toBeUndefined();
    expect(meters.charge([charge({ eventsPerDay: 10 })])).toMatchObject({ remaining: 0 });
    clock.now += 43_200_000;
    expect(meters.charge([charge({ eventsPerDay: 10 }, 10)])).toBeUndefined();
  });

  it('charges all or nothing, and gives back what came to nothing', () => {
    const { meters } = rig();
    const wide = charge({ eventsPerDay: 100, bytesPerDay: 1_000, eventsPerSecond: 100 }, 10, 100, 'wide');
    const narrow = charge({ eventsPerDay: 5 }, 10, 100, 'narrow');
    for (let n = 0; n < 50; n++) expect(meters.charge([wide, narrow])).toMatchObject({ quota: 5 });
    for (let n = 0; n < 10; n++) expect(meters.charge([wide])).toBeUndefined();
    expect(meters.charge([wide])).toMatchObject({ quota: 100, remaining: 0 });
    meters.refund([wide, wide]);
    expect(meters.overrun(wide)).toBeUndefined();
    for (let n = 0; n < 2; n++) expect(meters.charge([wide])).toBeUndefined();
    expect(meters.charge([wide])).toBeDefined();
  });

  it('goes on where an earlier process ended', () => {
    const { meters } = rig();
    const address = charge({ eventsPerDay: 10, bytesPerDay: 100 }, 4, 40, '192.0.2.1', 'address');
    const account = charge({ eventsPerDay: 10 }, 7);
    meters.charge([address, account]);
    const { used } = meters.takeUsage();
    expect(used).toHaveLength(2);
    expect(meters.takeUsage().used).toEqual([]);
    const { meters: later } = rig();
    later.restore(used);
    expect(later.charge([address])).toBeUndefined();
    expect(later.charge([address])).toMatchObject({ remaining: 2 });
    expect(later.charge([charge({ eventsPerDay: 10 }, 4)])).toMatchObject({ remaining: 3 });
    expect(later.charge([charge({ eventsPerDay: 10 }, 3)])).toBeUndefined();
  });
});

it('counts exactly whatever threads count at once', async () => {
  const memory = allocateMeterMemory();
  const limit = 20_000;
  const granted = await Promise.all(
    Array.from(
      { length: 4 },
      () =>
        new Promise<number>((resolve, reject) => {
          const worker = new Worker(new URL('./count-up.ts', import.meta.url), { workerData: { memory, limit } });
          worker.once('message', resolve);
          worker.once('error', reject);
        }),
    ),
  );
  expect(granted.reduce((sum, one) => sum + one, 0)).toBe(limit);
});

it('forgets the subject that was idle the longest when there is no room, never one that is in use', () => {
  const slots = 64;
  const table = new MeterTable(allocateMeters(slots), slots);
  const busy = table.slotOf(4n, 0);
  table.exchange(busy, 2, 0n, 7n);
  for (let n = 1; n < 1_000; n++) {
    table.slotOf(BigInt(n * 8 + 1), n);
    expect(table.slotOf(4n, n)).toBe(busy);
  }
  expect(table.read(busy, 2)).toBe(7n);
});

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
])('counts %s as %s', (ip, network) => {
  expect(networkOf(ip)).toBe(network);
});
