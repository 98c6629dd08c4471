import { describe, expect, it } from 'vitest';
import type { CommitOutcome } from '../../../daemon/receive/sink.ts';
import { BYTES_PER_SECOND_MAX, EVENTS_PER_SECOND_MAX, type TailedLines, Tap } from '../../../daemon/tail/tap.ts';
import type { Event } from '../../../src/event/event.ts';
import { parseFilter } from '../../../src/query/filters.ts';
import { sampleEvent } from '../../support/events.ts';

const STORED: CommitOutcome = { ok: true, receipt: 'r', duplicates: 0 };

function rig(outcome: CommitOutcome | Promise<CommitOutcome> = STORED) {
  const committed: (readonly Event[])[] = [];
  const sent: TailedLines[] = [];
  const clock = { now: 1_000_000 };
  const tap = new Tap({
    sink: {
      commit: async (events) => {
        committed.push(events);
        return outcome;
      },
    },
    send: (tailed) => void sent.push(...tailed),
    now: () => clock.now,
  });
  return { tap, committed, sent, clock };
}

/** Until what a commit set off has run; `flush` then sends without waiting for the timer. */
const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

const namesOf = (tailed: readonly TailedLines[]) =>
  tailed.flatMap(({ text }) => text.split('\n').slice(0, -1)).map((line) => JSON.parse(line).event.name);

describe('the tap before the spool', () => {
  it('hands everything on and copies nothing while nobody tails', async () => {
    const { tap, committed, sent } = rig();
    const events = [sampleEvent(1)];
    expect(await tap.commit(events)).toBe(STORED);
    await settled();
    tap.flush();
    expect(committed).toEqual([events]);
    expect(sent).toEqual([]);
  });

  it('copies events only once their commit is confirmed', async () => {
    const { promise, resolve } = Promise.withResolvers<CommitOutcome>();
    const { tap, sent } = rig(promise);
    tap.use([{ id: 7, filters: [] }]);
    const answer = tap.commit([sampleEvent(1, { name: 'late' })]);
    await settled();
    tap.flush();
    expect(sent).toEqual([]);
    resolve(STORED);
    await answer;
    await settled();
    tap.flush();
    expect(sent).toMatchObject([{ id: 7, events: 1, dropped: 0 }]);
    expect(namesOf(sent)).toEqual(['late']);
  });

  it('leaves out what was refused, and what was a duplicate', async () => {
    const refusing = rig({ ok: false, reason: 'spool_full', retryAfterSeconds: 1 });
    refusing.tap.use([{ id: 1, filters: [] }]);
    await refusing.tap.commit([sampleEvent(1)]);
    await settled();
    refusing.tap.flush();
    expect(refusing.sent).toEqual([]);

    const { tap, sent } = rig({ ok: true, receipt: 'r', duplicates: 1, repeated: [1] });
    tap.use([{ id: 1, filters: [] }]);
    await tap.commit(['a', 'b', 'c'].map((name, index) => sampleEvent(index, { name })));
    await settled();
    tap.flush();
    expect(namesOf(sent)).toEqual(['a', 'c']);
  });

  it('sends each tail what passes its own filter', async () => {
    const { tap, sent } = rig();
    tap.use([
      { id: 1, filters: [parseFilter('name:is:a')] },
      { id: 2, filters: [parseFilter('properties.plan:is:pro')] },
    ]);
    await tap.commit([sampleEvent(1, { name: 'a' }), sampleEvent(2, { name: 'b', properties: '{"plan":"pro"}' })]);
    await settled();
    tap.flush();
    expect(sent.map(({ id, text }) => [id, JSON.parse(text).event.name])).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });

  it('lets a thousand events a second through and counts the others', async () => {
    const { tap, sent, clock } = rig();
    tap.use([{ id: 1, filters: [] }]);
    const many = Array.from({ length: EVENTS_PER_SECOND_MAX + 10 }, (_, number) => sampleEvent(number));
    await tap.commit(many);
    await settled();
    clock.now += 1_000;
    await tap.commit([sampleEvent(1)]);
    await settled();
    tap.flush();
    expect(sent.map(({ events, dropped }) => [events, dropped])).toEqual([[EVENTS_PER_SECOND_MAX + 1, 10]]);
  });

  it('bounds the bytes of a second too', async () => {
    const { tap, sent } = rig();
    tap.use([{ id: 1, filters: [] }]);
    const large = Array.from({ length: 200 }, (_, number) =>
      sampleEvent(number, { properties: JSON.stringify({ text: 'x'.repeat(30_000) }) }),
    );
    await tap.commit(large);
    await settled();
    tap.flush();
    const [{ events, dropped, text } = { events: 0, dropped: 0, text: '' }] = sent;
    expect(events + dropped).toBe(200);
    expect(dropped).toBeGreaterThan(0);
    expect(text.length).toBeLessThan(BYTES_PER_SECOND_MAX + 64 * 1024);
  });

  it('says in a line what the store would say of the event', async () => {
    const { tap, sent } = rig();
    tap.use([{ id: 1, filters: [] }]);
    const properties = '{"id":12345678901234567890,"plan":"pro"}';
    await tap.commit([sampleEvent(1, { revenue: -125_000, currency: 'EUR', properties })]);
    await settled();
    tap.flush();
    expect(sent[0]!.text).toContain('"id":12345678901234567890');
    expect(JSON.parse(sent[0]!.text)).toMatchObject({
      type: 'event',
      event: { account: 'default', revenue: '-12.5', currency: 'EUR', received_at: '2026-11-15T12:00:00.000Z' },
    });
    expect(sent[0]!.text).not.toContain('"city"');
  });
});
