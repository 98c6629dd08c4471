import { dedupKey } from '../../daemon/spool/dedup-key.ts';
import { MonthCounter } from '../../daemon/spool/months.ts';
import type { AppendMessage } from '../../daemon/spool/protocol.ts';
import type { GroupRecord } from '../../daemon/spool/record.ts';
import {
  type ColumnHead,
  type EncodedRows,
  EVENT_COLUMN_HEADS,
  valueWidth,
} from '../../src/clickhouse/native/encoded-rows.ts';
import { RowEncoder } from '../../src/clickhouse/native/row-encoder.ts';
import { COLUMNS } from '../../src/event/columns.ts';
import { type Event, emptyEvent } from '../../src/event/event.ts';

/** A time in the middle of a month. */
export const SOME_TIME = Date.UTC(2026, 10, 15, 12);

/** The UUID that has `number` as its last digits. */
export function eventId(number: number): string {
  return `0190aaaa-bbbb-7ccc-8ddd-${number.toString(16).padStart(12, '0')}`;
}

/** A complete event with the id `eventId(number)`, which its client gave when `has_client_id` says so. */
export function sampleEvent(number: number, overrides: Partial<Event> = {}): Event {
  return {
    ...emptyEvent(),
    event_id: eventId(number),
    account: 'default',
    name: 'page_view',
    visitor_id: `visitor-${number % 7}`,
    occurred_at: SOME_TIME,
    received_at: SOME_TIME,
    path: `/page/${number}`,
    ...overrides,
  };
}

/** An event that brought its own id. */
export function keyedEvent(number: number, overrides: Partial<Event> = {}): Event {
  return sampleEvent(number, { has_client_id: true, ...overrides });
}

/** One for all: its buffers are worth keeping, and `take` leaves nothing in it. */
const ENCODER = new RowEncoder<Event>(COLUMNS);

export function encodeEvents(events: readonly Event[]): EncodedRows {
  for (const event of events) ENCODER.append(event);
  return ENCODER.take();
}

/** The events as a collector sends them. */
export function appendMessage(group: number, events: readonly Event[]): AppendMessage {
  const months = new MonthCounter();
  for (const event of events) months.add(event.occurred_at);
  const keyed = events.flatMap((event, row) => (event.has_client_id ? [{ event, row }] : []));
  const keyRows = Uint32Array.from(keyed, ({ row }) => row);
  const keys = keyed.map(({ event }) => dedupKey(event.account, event.event_id));
  const part = { lane: 0, rows: encodeEvents(events), months: months.take(), keyRows, keys, keyNumbers: keyRows };
  return { type: 'append', group, parts: [part] };
}

/** The same as a collector would send it to these lanes, `lane` of each event. */
export function spreadMessage(group: number, events: readonly { event: Event; lane: number }[]): AppendMessage {
  const numbered = events.map((each, number) => ({ ...each, number }));
  const lanes = [...new Set(events.map(({ lane }) => lane))].sort((a, b) => a - b);
  const parts = lanes.map((lane) => {
    const own = numbered.filter((each) => each.lane === lane);
    const [part] = appendMessage(
      group,
      own.map(({ event }) => event),
    ).parts;
    const keyNumbers = Uint32Array.from(part!.keyRows, (row) => own[row]!.number);
    return { ...part!, lane, keyNumbers };
  });
  return { type: 'append', group, parts };
}

/** The events as they lie in a segment. */
export function groupRecord(events: readonly Event[]): GroupRecord {
  const { rows, months, keys } = appendMessage(0, events).parts[0]!;
  return { rows, months, keys };
}

export type DecodedRow = Readonly<Record<string, string | number | bigint>>;

/** Values of encoded rows, one at a time and in the plainest way: the reference for code that copies columns. */
export function decodeRows(heads: readonly ColumnHead[], { rows, columnBytes, data }: EncodedRows): DecodedRow[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const decoded = Array.from({ length: rows }, (): Record<string, string | number | bigint> => ({}));
  let at = 0;
  heads.forEach(({ name, type }, column) => {
    const start = at;
    for (const row of decoded) {
      const [value, size] = decodeValue(bytes.subarray(at), type);
      row[name] = value;
      at += size;
    }
    if (at - start !== columnBytes[column]) throw new Error(`column ${name} says ${columnBytes[column]} bytes`);
  });
  if (at !== data.length) throw new Error(`${data.length - at} bytes behind the last column`);
  return decoded;
}

/** Ids of the events in these rows. */
export function eventIds(rows: EncodedRows): string[] {
  return decodeRows(EVENT_COLUMN_HEADS, rows).map((row) => String(row.event_id));
}

function decodeValue(bytes: Buffer, type: string): [value: string | number | bigint, size: number] {
  const width = valueWidth(type);
  if (width === 0) return decodeText(bytes);
  if (width === 1) return [bytes.readUInt8(0), 1];
  if (type === 'UInt64') return [bytes.readBigUInt64LE(0), 8];
  if (width === 8) return [bytes.readBigInt64LE(0), 8];
  const digits = ((bytes.readBigUInt64LE(0) << 64n) | bytes.readBigUInt64LE(8)).toString(16).padStart(32, '0');
  const cuts = [0, 8, 12, 16, 20, 32];
  return [
    cuts
      .slice(1)
      .map((cut, index) => digits.slice(cuts[index], cut))
      .join('-'),
    16,
  ];
}

function decodeText(bytes: Buffer): [value: string, size: number] {
  let length = 0n;
  let at = 0;
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes[at++]!;
    length |= BigInt(byte & 127) << shift;
    if (byte < 128) break;
  }
  const end = at + Number(length);
  if (end > bytes.length) throw new Error('a text goes beyond its column');
  return [bytes.toString('utf8', at, end), end];
}
