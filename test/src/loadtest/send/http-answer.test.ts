import { describe, expect, test } from 'vitest';
import { type HttpAnswer, HttpAnswerReader } from '../../../../src/loadtest/send/http-answer.ts';
import { fc } from '../../../support/property.ts';
import { respond } from '../../../support/stub-collector.ts';

const bytes = (text: string) => Buffer.from(text);
const read = (text: string) => new HttpAnswerReader().push(bytes(text));

test('answers are put together from pieces of any size, one after another', () => {
  const answer = fc.record({
    status: fc.constantFrom(202, 400, 503),
    body: fc.string({ unit: 'grapheme', maxLength: 80 }),
  });
  fc.assert(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 60 }), (answers, size) => {
      const reader = new HttpAnswerReader();
      const heard: HttpAnswer[] = [];
      for (const { status, body } of answers) {
        const wire = bytes(respond(status, body));
        for (let at = 0; at < wire.length; at += size) {
          const got = reader.push(wire.subarray(at, at + size));
          expect(got).not.toBe('bad');
          if (typeof got === 'object') heard.push(got);
        }
      }
      expect(heard).toEqual(answers.map(({ status, body }) => ({ status, body, keepAlive: true })));
    }),
  );
});

test('bytes that it was given may change afterwards', () => {
  const reader = new HttpAnswerReader();
  const wire = bytes(respond(202, 'abc'));
  const shared = Buffer.from(wire.subarray(0, 20));
  expect(reader.push(shared)).toBe('more');
  shared.fill(0);
  expect(reader.push(wire.subarray(20))).toMatchObject({ status: 202, body: 'abc' });
});

test('an answer that closes the connection says so', () => {
  expect(read(respond(503, '', 'Connection: close\r\n'))).toMatchObject({ keepAlive: false });
  expect(read('HTTP/1.1 204\r\n\r\n')).toMatchObject({ status: 204, body: '' });
});

describe('what is no answer of the collector is bad', () => {
  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['a status that is none', 'HTTP/1.1 2x2 OK\r\nContent-Length: 0\r\n\r\n'],
    ['an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['no length', 'HTTP/1.1 202 OK\r\n\r\n{}'],
    ['chunks', 'HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a length that is no number', 'HTTP/1.1 202 OK\r\nContent-Length: 1,1\r\n\r\na'],
    ['a length above the limit', 'HTTP/1.1 202 OK\r\nContent-Length: 99999999\r\n\r\n'],
    ['more bytes than it says', `${respond(202, 'abc')}d`],
    ['a head without end', `HTTP/1.1 202 OK\r\nX: ${'x'.repeat(20_000)}`],
    ['a head above the limit', `HTTP/1.1 202 OK\r\nContent-Length: 0\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
  ])('%s', (_, text) => {
    expect(read(text)).toBe('bad');
  });
});
