import { expect, test } from 'vitest';
import { allocateCounters, Counters } from '../../../daemon/telemetry/counters.ts';
import { BUCKETS, bucketOf, sparse } from '../../../daemon/telemetry/histogram.ts';
import { Traffic } from '../../../daemon/telemetry/traffic.ts';
import { allocateVisitors, VisitorCount, VisitorRegister } from '../../../daemon/telemetry/visitors.ts';
import { SOME_TIME, sampleEvent } from '../../support/events.ts';

function setUp() {
  const clock = { ms: 0 };
  const counters = new Counters(allocateCounters(1), 0);
  const visitors = allocateVisitors(1);
  const traffic = new Traffic({
    counters,
    visitors: new VisitorRegister(visitors, 0),
    elapsed: () => clock.ms,
    now: () => SOME_TIME,
  });
  return { traffic, counters, clock, visitors: () => new VisitorCount(visitors).read(SOME_TIME) };
}

test('the time of an answer is counted, whether anybody watches or not', () => {
  const { traffic, counters, clock } = setUp();
  const begun = traffic.begin();
  clock.ms += 12;
  traffic.answered(begun);
  const counts = new Float64Array(BUCKETS);
  expect(counters.readHistogram('receive_ack_seconds', counts)).toBe(12);
  expect(sparse(counts)).toEqual([bucketOf(12), 1]);
});

test('sources are kept only while somebody watches', () => {
  const { traffic } = setUp();
  const event = sampleEvent(1);
  traffic.committed([event], undefined, 100, 0);
  traffic.rejected({ name: 'bad' });
  expect(traffic.take()).toEqual([]);
  traffic.watch(true);
  traffic.committed([event, sampleEvent(2), sampleEvent(3, { name: 'sign_up' })], [1], 300, 0);
  traffic.rejected({ name: 'bad' });
  traffic.rejected('no object');
  expect(traffic.take()).toMatchObject([
    { name: 'page_view', events: 1, duplicates: 1, bytes: 100 },
    { name: 'sign_up', events: 1, bytes: 100 },
    { account: 'default', name: 'bad', rejected: 1 },
    { account: 'default', name: '', rejected: 1 },
  ]);
  traffic.watch(false);
  traffic.committed([event], undefined, 100, 0);
  expect(traffic.take()).toEqual([]);
});

test('visitors are counted always, events without one are not', () => {
  const { traffic, visitors } = setUp();
  traffic.committed(
    [1, 2, 3, 8].map((number) => sampleEvent(number)),
    undefined,
    100,
    0,
  );
  traffic.committed([sampleEvent(1, { visitor_id: '' })], undefined, 100, 0);
  expect(visitors()).toBe(3);
});
