import { beforeAll, describe, expect, it } from 'vitest';
import {
  checksumSeed,
  encodeGroup,
  encodeJsonRecord,
  type GroupRecord,
  RecordKind,
} from '../../../daemon/spool/record.ts';
import { type SegmentScan, scanSegment } from '../../../daemon/spool/segment-scan.ts';
import { EVENT_COLUMN_HEADS } from '../../../src/clickhouse/native/encoded-rows.ts';
import { eventIds, groupRecord, keyedEvent, sampleEvent } from '../../support/events.ts';

const NAME = '2b0000000000000a';
const SEED = checksumSeed(NAME);
/** Time for scanning a few MiB whatever they hold: linear work takes a hundredth of it. */
const HOSTILE_SCAN_MS_MAX = 2_000;

const GROUPS = [
  groupRecord([sampleEvent(1), keyedEvent(2)]),
  groupRecord([keyedEvent(3)]),
  groupRecord([sampleEvent(4), sampleEvent(5)]),
];

function head(columns = EVENT_COLUMN_HEADS, parent = ''): Buffer {
  return encodeJsonRecord(RecordKind.head, { segment: NAME, parent, createdAt: 1, columns }, SEED);
}

function seal(rows: number): Buffer {
  return encodeJsonRecord(RecordKind.seal, { rows }, SEED);
}

function group(record: GroupRecord, seed = SEED): Buffer {
  return Buffer.concat(encodeGroup(record, seed));
}

/** Pieces of a segment, and where each ends. */
function segment(...pieces: Buffer[]): { bytes: Buffer; ends: number[] } {
  let end = 0;
  return { bytes: Buffer.concat(pieces), ends: pieces.map((piece) => (end += piece.length)) };
}

function ids(scan: SegmentScan): string[][] {
  return scan.groups.map((each) => eventIds(each.rows));
}

const GROUP_IDS = GROUPS.map((each) => eventIds(each.rows));

describe('scanning a whole segment', () => {
  it('finds head, groups in order and seal', () => {
    const { bytes } = segment(head(EVENT_COLUMN_HEADS, 'f'.repeat(16)), ...GROUPS.map((each) => group(each)), seal(5));
    const scan = scanSegment(bytes, NAME, EVENT_COLUMN_HEADS);
    expect(ids(scan)).toEqual(GROUP_IDS);
    expect(scan.groups.map((each) => each.keys)).toEqual(GROUPS.map((each) => each.keys));
    expect(scan.columns).toEqual(EVENT_COLUMN_HEADS);
    expect(scan).toMatchObject({ parent: 'f'.repeat(16), sealed: true, damaged: false, tail: 'none' });
    expect(scan.validBytes).toBe(bytes.length);
  });

  it('reads the columns that were true when it was written', () => {
    const columns = EVENT_COLUMN_HEADS.slice(0, 2);
    expect(scanSegment(head(columns), NAME, EVENT_COLUMN_HEADS).columns).toEqual(columns);
  });

  it('takes an empty file for an empty segment', () => {
    expect(scanSegment(Buffer.alloc(0), NAME, EVENT_COLUMN_HEADS)).toMatchObject({
      groups: [],
      sealed: false,
      damaged: false,
      tail: 'none',
    });
  });

  it('sees that a sealed segment lacks a record', () => {
    const { bytes } = segment(head(), group(GROUPS[0]!), group(GROUPS[2]!), seal(5));
    expect(scanSegment(bytes, NAME, EVENT_COLUMN_HEADS)).toMatchObject({ sealed: true, damaged: true, tail: 'none' });
  });

  it('sees that the head is missing', () => {
    expect(scanSegment(segment(group(GROUPS[0]!)).bytes, NAME, EVENT_COLUMN_HEADS).damaged).toBe(true);
  });
});

describe.each([
  ['open', []],
  ['sealed', [seal(5)]],
])('one inverted bit in a segment that is %s', (state, last) => {
  const { bytes, ends } = segment(head(), ...GROUPS.map((each) => group(each)), ...last);

  /** The record a byte belongs to: 0 is the head, 1 to 3 are groups, 4 is the seal. */
  const recordOf = (byte: number) => ends.findIndex((end) => byte < end);

  function scanWithFlip(byte: number, bit: number): SegmentScan {
    const copy = Buffer.from(bytes);
    copy[byte]! ^= 1 << bit;
    return scanSegment(copy, NAME, EVENT_COLUMN_HEADS);
  }

  it('costs at most the record it lies in, at every byte, and never changes a row', () => {
    for (let byte = 0; byte < bytes.length; byte++) {
      const hit = recordOf(byte);
      const expected = GROUP_IDS.filter((_, index) => index + 1 !== hit);
      const scan = scanWithFlip(byte, byte % 8);
      expect(ids(scan), `byte ${byte}`).toEqual(expected);
      for (const [index, read] of scan.groups.entries()) {
        const written = GROUPS.filter((_, at) => at + 1 !== hit)[index]!;
        if (!Buffer.from(read.rows.data).equals(written.rows.data)) throw new Error(`byte ${byte} changed a row`);
      }
    }
  });

  it('is reported as damage wherever rows were lost that something was written behind', () => {
    for (let byte = 0; byte < ends[2]!; byte++) {
      expect(scanWithFlip(byte, 7).damaged, `byte ${byte}`).toBe(true);
    }
  });

  it('is not taken for a write that was cut short, unless it made the last record longer', () => {
    const start = ends.at(-2)!;
    const lengthField = [start + 4, start + 5, start + 6, start + 7];
    for (let byte = start; byte < bytes.length; byte++) {
      if (lengthField.includes(byte)) continue;
      expect(scanWithFlip(byte, 0).tail, `byte ${byte}`).toBe('damaged');
    }
  });

  if (state === 'sealed') {
    it('never hides rows that lie before the seal', () => {
      for (let byte = ends[2]!; byte < ends[3]!; byte++) expect(scanWithFlip(byte, 3).damaged).toBe(true);
      for (let byte = ends[3]!; byte < bytes.length; byte++) expect(ids(scanWithFlip(byte, 3))).toEqual(GROUP_IDS);
    });
  }
});

describe('a segment that ends too early', () => {
  const { bytes, ends } = segment(head(), ...GROUPS.map((each) => group(each)), seal(5));

  it('keeps every record that is whole, at every length, and calls the rest cut', () => {
    for (let length = 0; length <= bytes.length; length++) {
      const scan = scanSegment(bytes.subarray(0, length), NAME, EVENT_COLUMN_HEADS);
      const whole = ends.filter((end) => end <= length).length;
      expect(ids(scan), `length ${length}`).toEqual(GROUP_IDS.slice(0, Math.max(0, Math.min(whole - 1, 3))));
      expect(scan.validBytes).toBe(whole === 0 ? 0 : ends[whole - 1]);
      expect(scan.tail, `length ${length}`).toBe(scan.validBytes === length ? 'none' : 'cut');
      expect(scan.damaged, `length ${length}`).toBe(false);
    }
  });

  it('is cut, not damaged, where the file grew and its pages never came', () => {
    const scan = scanSegment(
      Buffer.concat([bytes.subarray(0, ends[1]), Buffer.alloc(9_000)]),
      NAME,
      EVENT_COLUMN_HEADS,
    );
    expect(scan).toMatchObject({ damaged: false, tail: 'cut' });
    expect(ids(scan)).toEqual(GROUP_IDS.slice(0, 1));
  });

  it('is damaged when it was sealed before', () => {
    const scan = scanSegment(Buffer.concat([bytes, Buffer.alloc(5)]), NAME, EVENT_COLUMN_HEADS);
    expect(scan.tail).toBe('damaged');
  });
});

describe('text inside an event', () => {
  const foreign = group(groupRecord([sampleEvent(666)]), checksumSeed('2b0000000000000b'));

  it('is not taken for a record of another segment when the record around it is damaged', () => {
    const hostile = groupRecord([sampleEvent(1)]);
    const carrier: GroupRecord = { ...hostile, rows: { ...hostile.rows, data: Buffer.concat([foreign, foreign]) } };
    const { bytes, ends } = segment(head(), group(carrier), group(GROUPS[1]!));
    bytes[ends[0]! + 13]! ^= 1;
    expect(ids(scanSegment(bytes, NAME, EVENT_COLUMN_HEADS))).toEqual([GROUP_IDS[1]]);
  });

  it('cannot know how a record of another segment begins', () => {
    expect(foreign.subarray(0, 4)).not.toEqual(group(GROUPS[0]!).subarray(0, 4));
  });

  describe('that is full of beginnings of records', () => {
    let bytes: Buffer;

    beforeAll(() => {
      const frame = Buffer.alloc(12);
      foreign.copy(frame, 0, 0, 4);
      frame.writeUInt32LE(0x000fff7f, 4);
      const text = Buffer.alloc(4 * 1024 * 1024, frame);
      const hostile = groupRecord([sampleEvent(1)]);
      const { rows } = hostile;
      const built = segment(head(), group({ ...hostile, rows: { ...rows, data: text } }), group(GROUPS[1]!));
      bytes = built.bytes;
      bytes[built.ends[0]! + 13]! ^= 1;
    });

    it('does not make a scan of damage slow', () => {
      const startedAt = performance.now();
      expect(ids(scanSegment(bytes, NAME, EVENT_COLUMN_HEADS))).toEqual([GROUP_IDS[1]]);
      expect(performance.now() - startedAt).toBeLessThan(HOSTILE_SCAN_MS_MAX);
    });
  });
});
