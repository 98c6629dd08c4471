import { describe, expect, it } from 'vitest';
import { ColumnWriter } from '../../../../src/clickhouse/native/column-writer.ts';
import { EVENT_COLUMN_HEADS, valueWidth } from '../../../../src/clickhouse/native/encoded-rows.ts';
import { RowEncoder } from '../../../../src/clickhouse/native/row-encoder.ts';
import { COLUMNS } from '../../../../src/event/columns.ts';
import type { Event } from '../../../../src/event/event.ts';
import { decodeRows, eventId, eventIds, sampleEvent } from '../../../support/events.ts';

describe('the encoder', () => {
  it('knows the layout of every column', () => {
    for (const { type } of EVENT_COLUMN_HEADS) expect(() => valueWidth(type)).not.toThrow();
  });

  it('hands over what came since the last time, and starts anew', () => {
    const encoder = new RowEncoder<Event>(COLUMNS);
    encoder.append(sampleEvent(1));
    encoder.append(sampleEvent(2));
    const { bytes } = encoder;
    const first = encoder.take();
    expect([encoder.rows, encoder.bytes]).toEqual([0, 0]);
    encoder.append(sampleEvent(3));
    expect(first.data).toHaveLength(bytes);
    expect(eventIds(first)).toEqual([eventId(1), eventId(2)]);
    expect(eventIds(encoder.take())).toEqual([eventId(3)]);
    expect(encoder.take()).toMatchObject({ rows: 0, data: new Uint8Array(0) });
  });

  it('gives a buffer of its own each time, so that it can be transferred', () => {
    const encoder = new RowEncoder<Event>(COLUMNS);
    encoder.append(sampleEvent(1));
    const first = encoder.take();
    structuredClone(first.data, { transfer: [first.data.buffer as ArrayBuffer] });
    encoder.append(sampleEvent(2));
    expect(eventIds(encoder.take())).toEqual([eventId(2)]);
  });

  it('goes on after a block larger than the buffers it keeps', () => {
    const encoder = new RowEncoder<Event>(COLUMNS);
    const properties = JSON.stringify({ text: 'x'.repeat(32_000) });
    for (let number = 0; number < 200; number++) encoder.append(sampleEvent(number, { properties }));
    const large = decodeRows(EVENT_COLUMN_HEADS, encoder.take());
    expect(large).toHaveLength(200);
    expect(large.every((row) => row.properties === properties)).toBe(true);
    encoder.append(sampleEvent(1));
    expect(decodeRows(EVENT_COLUMN_HEADS, encoder.take())[0]).toMatchObject({ event_id: eventId(1), properties: '{}' });
  });
});

describe('a text column', () => {
  /** Lengths around the loop for short text, the growth of the buffer and the bytes of a length. */
  const LENGTHS = [0, 1, 47, 48, 49, 126, 127, 128, 129, 1_364, 1_365, 4_090, 4_096, 16_383, 16_384, 70_000];

  it.each(['a', 'é', '漢', '👩', 'a\u0301', '\0', '\ud800'])('holds %j in every length', (unit) => {
    const writer = new ColumnWriter();
    const texts = LENGTHS.map((length) => unit.repeat(length));
    for (const text of texts) writer.text(text);
    const data = new Uint8Array(writer.bytes);
    writer.copyTo(data, 0);
    const heads = [{ name: 'text', type: 'String' }];
    const rows = decodeRows(heads, { rows: texts.length, columnBytes: Uint32Array.of(writer.bytes), data });
    expect(rows.map(({ text }) => text)).toEqual(texts.map((text) => text.toWellFormed()));
  });

  it('holds short text that stops being ASCII at any place', () => {
    for (let at = 0; at <= 48; at++) {
      const text = `${'a'.repeat(at)}é${'b'.repeat(47 - Math.min(at, 47))}`;
      const writer = new ColumnWriter();
      writer.text('before');
      writer.text(text);
      writer.text('after');
      const data = new Uint8Array(writer.bytes);
      writer.copyTo(data, 0);
      const heads = [{ name: 'text', type: 'String' }];
      const rows = decodeRows(heads, { rows: 3, columnBytes: Uint32Array.of(writer.bytes), data });
      expect(rows.map((row) => row.text)).toEqual(['before', text, 'after']);
    }
  });
});
