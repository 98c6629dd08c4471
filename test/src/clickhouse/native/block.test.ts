import { describe, expect, it } from 'vitest';
import { atOnce } from '../../../../daemon/spool/pieces.ts';
import { joinBlock } from '../../../../src/clickhouse/native/block.ts';
import { EVENT_COLUMN_HEADS } from '../../../../src/clickhouse/native/encoded-rows.ts';
import { encodeEvents, eventId, sampleEvent } from '../../../support/events.ts';
import { fc } from '../../../support/property.ts';
import { asDecoded, encodeTable, tables } from './columns.ts';
import { decodeBlock } from './native-block.ts';

describe('joining groups into a block', () => {
  it('gives the rows of all groups in their order, each with the number of the batch', () => {
    fc.assert(
      fc.property(tables, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), ({ heads, groups }, batch) => {
        const block = atOnce(
          joinBlock(
            heads,
            groups.map((rows) => encodeTable(heads, rows)),
            batch,
          ),
        );
        const { types, rows } = decodeBlock(block);
        expect(types).toEqual([...heads.map(({ name, type }) => `${name} ${type}`), 'batch UInt64']);
        expect(rows).toEqual(asDecoded(heads, groups.flat()).map((row) => ({ ...row, batch })));
      }),
    );
  });

  it('holds counts of rows above one and two bytes', () => {
    for (const count of [127, 128, 16_384]) {
      const group = encodeEvents(Array.from({ length: count }, (_, index) => sampleEvent(index)));
      const { rows } = decodeBlock(atOnce(joinBlock(EVENT_COLUMN_HEADS, [group], 7n)));
      expect(rows).toHaveLength(count);
      expect(rows.at(-1)).toMatchObject({ event_id: eventId(count - 1), batch: 7n });
    }
  });
});
