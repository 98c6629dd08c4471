import { describe, expect, test } from 'vitest';
import { failure, readAck, readAnswer } from '../../../../src/loadtest/send/answer.ts';
import { fc } from '../../../support/property.ts';

const body = (changes: object = {}) =>
  JSON.stringify({ accepted: 1, duplicates: 0, rejected: [], receipt: 'r-1', ...changes });
const first = (status: number, text: string, count = 1) => readAnswer(status, text, count, false);
const rejection = (index: number, reason = 'missing') => ({ index, reason, field: 'name', message: '…' });
const refusal = (code: unknown) => JSON.stringify({ error: { code, message: '…' } });

describe('an answer that accounts for every event', () => {
  test('acknowledges all of them', () => {
    expect(first(202, body({ accepted: 3 }), 3)).toMatchObject({ outcome: 'accepted', states: 'acknowledged' });
  });

  test('acknowledges those that are not listed as rejected, and gives the reasons', () => {
    const text = body({ accepted: 2, rejected: [rejection(1), rejection(3, 'too_long')], receipt: 'r' });
    expect(first(202, text, 4)).toMatchObject({
      outcome: 'accepted',
      states: ['acknowledged', 'rejected', 'acknowledged', 'rejected'],
      reasons: ['missing', 'too_long'],
    });
  });

  test('leaves those behind the last listed rejection unknown when there are more', () => {
    const text = body({ accepted: 1, rejected: [rejection(1)], rejectedMore: 2 });
    expect(first(202, text, 4)).toMatchObject({ states: ['acknowledged', 'rejected', 'unknown', 'unknown'] });
  });

  test('rejects the request when it is a bad one', () => {
    const text = body({ accepted: 0, rejected: [rejection(0), rejection(1)], receipt: '' });
    expect(first(400, text, 2)).toMatchObject({
      outcome: 'rejected',
      states: 'rejected',
      reasons: ['missing', 'missing'],
    });
  });

  test('of events sent a second time tells the duplicates', () => {
    const text = body({ accepted: 0, duplicates: 2 });
    expect(readAnswer(202, text, 2, true)).toMatchObject({ outcome: 'accepted', duplicates: 2 });
  });
});

describe('an answer that does not add up is a mismatch and leaves the events unknown', () => {
  test.each([
    ['too few', body({ accepted: 1 })],
    ['too many', body({ accepted: 3 })],
    ['duplicates of what was never sent before', body({ accepted: 1, duplicates: 1 })],
    ['a negative count', body({ accepted: 3, rejected: [], duplicates: -1 })],
    ['a fraction', body({ accepted: 1.5, duplicates: 0.5 })],
    ['no receipt', JSON.stringify({ accepted: 2, duplicates: 0, rejected: [] })],
    ['rejections that are no list', body({ accepted: 2, rejected: {} })],
    ['a rejection without its place', body({ accepted: 1, rejected: [{ reason: 'missing' }] })],
    ['a rejection of nothing', body({ accepted: 1, rejected: [null] })],
    ['a place beyond the events', body({ accepted: 1, rejected: [rejection(2)] })],
    ['one place twice', body({ accepted: 0, rejected: [rejection(1), rejection(1)] })],
    ['no object', '2'],
    ['null', 'null'],
    ['no JSON', '<html>'],
    ['nothing', ''],
  ])('%s', (_, text) => {
    expect(first(202, text, 2)).toMatchObject({ outcome: 'mismatch', states: 'unknown' });
  });

  test.each([200, 204, 301])('so does the status %i', (status) => {
    expect(first(status, body())).toMatchObject({ outcome: 'mismatch', states: 'unknown' });
  });

  test('so does a bad request of which something was taken', () => {
    const text = body({ accepted: 1, rejected: [rejection(1)] });
    expect(first(400, text, 2)).toMatchObject({ outcome: 'mismatch', states: 'unknown' });
  });

  test('so does a page of somebody else about a bad request', () => {
    expect(first(404, '<html>not here</html>')).toMatchObject({ outcome: 'mismatch', states: 'unknown' });
  });
});

describe('a refusal', () => {
  test.each(['spool_full', 'disk_full', 'stopping', 'overload', 'too_many_connections'])(
    'in the words of the collector (%s) says that nothing was kept',
    (code) => {
      expect(first(503, refusal(code), 5)).toMatchObject({ outcome: 'backpressure', states: 'rejected', reason: code });
    },
  );

  test.each([
    [503, '<html>Bad Gateway</html>'],
    [503, refusal('elsewhere')],
    [429, ''],
  ])('of something in between (%i %s) promises nothing', (status, text) => {
    expect(first(status, text)).toMatchObject({ outcome: 'backpressure', states: 'unknown' });
  });

  test('of the request as a whole rejects its events', () => {
    expect(first(413, refusal('body_too_large'), 2)).toMatchObject({
      outcome: 'rejected',
      states: 'rejected',
      reason: 'body_too_large',
    });
  });

  test('for a defect of the server leaves the events unknown', () => {
    expect(first(500, refusal('internal'))).toMatchObject({ outcome: 'server_error', states: 'unknown' });
    expect(first(502, '')).toMatchObject({ outcome: 'server_error', states: 'unknown' });
  });

  test('never hands on a reason that is no plain word', () => {
    expect(first(400, refusal('\u001b[31mred'))).toMatchObject({ reason: 'other' });
    const text = body({ accepted: 0, rejected: [rejection(0, 'x'.repeat(41))] });
    expect(first(400, text)).toMatchObject({ reasons: ['other'] });
  });
});

describe('the ack of a message', () => {
  test('is an outcome, or a refusal, without a status', () => {
    expect(readAck(body({ message: 4 }), 1, false, 4)).toMatchObject({ outcome: 'accepted', states: 'acknowledged' });
    const bad = body({ accepted: 0, rejected: [rejection(0)], message: 1 });
    expect(readAck(bad, 1, false, 1)).toMatchObject({ outcome: 'rejected', states: 'rejected' });
    const ack = (code: string) => readAck(JSON.stringify({ error: { code }, message: 1 }), 1, false, 1);
    expect(ack('disk_full')).toMatchObject({ outcome: 'backpressure', states: 'rejected' });
    expect(ack('internal')).toMatchObject({ outcome: 'server_error', states: 'unknown' });
    expect(ack('too_many_events')).toMatchObject({ outcome: 'rejected', states: 'rejected' });
    expect(readAck(body({ accepted: 2, message: 1 }), 1, false, 1)).toMatchObject({ outcome: 'mismatch' });
  });

  test('is none when it is of another message', () => {
    expect(readAck(body({ message: 5 }), 1, false, 4)).toBeUndefined();
    expect(readAck('pong', 1, false, 1)).toBeUndefined();
  });
});

test('no answer acknowledges more events than were sent, whatever it holds', () => {
  const count = fc.integer({ min: -1, max: 5 });
  const anything = fc.record({
    accepted: count,
    duplicates: count,
    rejected: fc.array(fc.record({ index: count, reason: fc.string() }), { maxLength: 4 }),
    rejectedMore: fc.option(count, { nil: undefined }),
    receipt: fc.string(),
    error: fc.option(fc.anything()),
  });
  fc.assert(
    fc.property(anything, fc.constantFrom(200, 202, 400, 413, 429, 500, 503), fc.boolean(), (answer, status, again) => {
      const { states, outcome } = readAnswer(status, JSON.stringify(answer), 3, again);
      const all = typeof states === 'string' ? [states, states, states] : states;
      expect(all).toHaveLength(3);
      const taken = all.filter((state) => state === 'acknowledged').length;
      if (taken > 0) expect(outcome).toBe('accepted');
      if (taken > 0) expect(taken).toBeLessThanOrEqual(answer.accepted + answer.duplicates);
    }),
  );
});

test('a request without an answer is unknown once it may have left', () => {
  expect(failure('reset', true)).toMatchObject({ outcome: 'reset', states: 'unknown' });
  expect(failure('refused', false)).toMatchObject({ outcome: 'refused', states: 'unsent' });
});
