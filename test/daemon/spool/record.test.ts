import { describe, expect, it } from 'vitest';
import {
  checksumSeed,
  decodeGroup,
  encodeGroup,
  encodeJsonRecord,
  FRAME_BYTES,
  type GroupRecord,
  payloadAt,
  RecordKind,
} from '../../../daemon/spool/record.ts';
import { groupRecord, keyedEvent, sampleEvent } from '../../support/events.ts';

const SEED = checksumSeed('0000000100000001');

function encoded(group: GroupRecord, seed = SEED): Buffer {
  return Buffer.concat(encodeGroup(group, seed));
}

describe('a record', () => {
  it('gives back the group it was made of, keys with every byte included', () => {
    const months = Uint32Array.of(202611, 2, 202612, 1);
    const { rows } = groupRecord([sampleEvent(1), sampleEvent(2), sampleEvent(3)]);
    const keys = [String.fromCharCode(...Array(16).keys()), '\xff\0\x80'.padEnd(16, '\xfe')];
    const payload = payloadAt(encoded({ rows, months, keys }), 0, SEED)!;
    expect(payload[0]).toBe(RecordKind.rows);
    const read = decodeGroup(payload);
    expect(read.months).toEqual(months);
    expect(read.keys).toEqual(keys);
    expect(read.rows.rows).toBe(3);
    expect(read.rows.columnBytes).toEqual(rows.columnBytes);
    expect(Buffer.from(read.rows.data).equals(rows.data)).toBe(true);
  });

  it('gives back JSON', () => {
    const bytes = encodeJsonRecord(RecordKind.seal, { rows: 7 }, SEED);
    expect(JSON.parse(payloadAt(bytes, 0, SEED)!.toString('utf8', 1))).toEqual({ rows: 7 });
  });

  it('is found at its own place only', () => {
    const bytes = encoded(groupRecord([sampleEvent(1)]));
    for (let at = 1; at < bytes.length; at++) expect(payloadAt(bytes, at, SEED)).toBeNull();
  });

  it('is invalid in a segment of another name', () => {
    const bytes = encoded(groupRecord([keyedEvent(1)]));
    expect(payloadAt(bytes, 0, checksumSeed('0000000100000002'))).toBeNull();
  });

  it('is invalid with one byte missing and with any one bit inverted', () => {
    const bytes = encoded(groupRecord([keyedEvent(1)]));
    expect(payloadAt(bytes.subarray(0, -1), 0, SEED)).toBeNull();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(payloadAt(bytes, 0, SEED), `bit ${bit}`).toBeNull();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect(payloadAt(bytes, 0, SEED)).not.toBeNull();
  });

  it('is not looked for beyond the end', () => {
    const bytes = encoded(groupRecord([sampleEvent(1)]));
    for (let length = 0; length <= FRAME_BYTES; length++) {
      expect(payloadAt(bytes.subarray(0, length), 0, SEED)).toBeNull();
    }
  });
});
