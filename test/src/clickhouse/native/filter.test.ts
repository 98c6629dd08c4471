import { describe, expect, it } from 'vitest';
import { EVENT_COLUMN_HEADS } from '../../../../src/clickhouse/native/encoded-rows.ts';
import { filterRows, readInt64Column, readUuidColumn } from '../../../../src/clickhouse/native/filter.ts';
import { decodeRows, encodeEvents, eventId, sampleEvent } from '../../../support/events.ts';
import { fc } from '../../../support/property.ts';
import { asDecoded, encodeTable, tables } from './columns.ts';

describe('filtering rows', () => {
  it('keeps exactly the rows asked for, in their order, of every type', () => {
    fc.assert(
      fc.property(tables, fc.infiniteStream(fc.boolean()), ({ heads, groups }, choices) => {
        const rows = groups.flat();
        const kept = rows.map(() => choices.next().value as boolean);
        const filtered = filterRows(heads, encodeTable(heads, rows), (row) => kept[row]!);
        const expected = rows.filter((_, row) => kept[row]);
        expect(filtered.rows).toBe(expected.length);
        expect(decodeRows(heads, filtered)).toEqual(asDecoded(heads, expected));
      }),
    );
  });

  it('works on rows that are a view into a larger buffer, as those of a segment are', () => {
    const { rows, columnBytes, data } = encodeEvents([sampleEvent(1), sampleEvent(2), sampleEvent(3)]);
    const segment = Buffer.concat([Buffer.alloc(13, 0xff), data, Buffer.alloc(7, 0xff)]);
    const view = { rows, columnBytes, data: segment.subarray(13, 13 + data.length) };
    const filtered = filterRows(EVENT_COLUMN_HEADS, view, (row) => row !== 1);
    expect(readUuidColumn(EVENT_COLUMN_HEADS, filtered, 'event_id')).toEqual([eventId(1), eventId(3)]);
    expect(segment.subarray(0, 13).every((byte) => byte === 0xff)).toBe(true);
  });

  it('refuses a type that nobody writes', () => {
    const heads = [{ name: 'x', type: 'Float64' }];
    expect(() => filterRows(heads, encodeTable(heads, [[1]]), () => true)).toThrow('Float64');
  });
});

describe('reading a column', () => {
  it('gives times as numbers, those before 1970 too', () => {
    const times = [
      0,
      -1,
      1,
      Date.UTC(1900, 0, 1),
      Date.UTC(2299, 11, 31),
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
    ];
    const rows = encodeEvents(times.map((occurred_at) => sampleEvent(1, { occurred_at })));
    expect([...readInt64Column(EVENT_COLUMN_HEADS, rows, 'occurred_at')]).toEqual(times);
  });

  it('gives ids in lower case, whatever they were written in', () => {
    const ids = [eventId(1), 'FFEEDDCC-BBAA-7988-8766-554433221100', '00000000-0000-0000-0000-000000000000'];
    const rows = encodeEvents(ids.map((event_id) => sampleEvent(1, { event_id })));
    expect(readUuidColumn(EVENT_COLUMN_HEADS, rows, 'event_id')).toEqual(ids.map((id) => id.toLowerCase()));
  });

  it('that is not there is a defect, not an empty answer', () => {
    const rows = encodeEvents([sampleEvent(1)]);
    expect(() => readInt64Column(EVENT_COLUMN_HEADS, rows, 'nothing')).toThrow('no column nothing');
  });
});
