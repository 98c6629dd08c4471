import fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { SERIES_NAMES } from '../../src/control/stream.ts';
import { BUCKETS } from './histogram.ts';
import type { Ring, Rings } from './rings.ts';

/**
 * The rings as a file, so that charts are full after a restart: a line of JSON that says what follows, then the memory of
 * each ring as it is (little-endian), 3.0 MB.
 *
 * Promises: a file is whole or not taken: it is written beside the old one and put in its place, and its checksum is
 * looked at (nothing is synced: charts are not worth a sync, a power cut may lose them). A file of other rings, buckets or
 * of another version is not taken; series are matched by name, so one that is new begins empty. Losing it loses charts,
 * never events.
 */
const MAGIC = 'trackflow.telemetry/1';

interface Head {
  readonly magic: string;
  readonly series: readonly string[];
  readonly buckets: number;
  readonly rings: readonly { stepSeconds: number; points: number; oldest: number; newest: number }[];
  readonly crc32: number;
}

/** The file's content, taken at this moment. */
export function packRings({ rings }: Rings): Buffer {
  const body = Buffer.concat(rings.flatMap(({ values, latency }) => [bytesOf(values), bytesOf(latency)]));
  const head: Head = {
    magic: MAGIC,
    series: SERIES_NAMES,
    buckets: BUCKETS,
    rings: rings.map(({ stepSeconds, points, oldest, newest }) => ({ stepSeconds, points, oldest, newest })),
    crc32: crc32(body),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);
}

/** Puts packed rings into their file. Throws what the file system throws. */
export function saveRings(file: string, packed: Buffer): void {
  fs.writeFileSync(`${file}.part`, packed, { mode: 0o600 });
  fs.renameSync(`${file}.part`, file);
}

/** The same without waiting for it. */
export async function saveRingsLater(file: string, packed: Buffer): Promise<void> {
  await fs.promises.writeFile(`${file}.part`, packed, { mode: 0o600 });
  await fs.promises.rename(`${file}.part`, file);
}

/** Fills empty rings from the file. Returns whether it could: there may be none, or one that is not taken. */
export function loadRings(file: string, { rings }: Rings): boolean {
  let content: Buffer;
  try {
    content = fs.readFileSync(file);
  } catch {
    return false;
  }
  const end = content.indexOf('\n');
  const head = parseHead(content.toString('utf8', 0, Math.max(end, 0)));
  const body = content.subarray(end + 1);
  if (head === null || !fits(head, rings) || body.length !== bodyBytes(head) || crc32(body) !== head.crc32)
    return false;
  let at = 0;
  rings.forEach((ring, index) => {
    const { oldest, newest } = head.rings[index]!;
    ring.oldest = oldest;
    ring.newest = newest;
    for (const name of head.series) {
      const bytes = ring.points * Float64Array.BYTES_PER_ELEMENT;
      const series = SERIES_NAMES.indexOf(name as (typeof SERIES_NAMES)[number]);
      if (series >= 0) bytesOf(ring.values).set(body.subarray(at, at + bytes), series * bytes);
      at += bytes;
    }
    bytesOf(ring.latency).set(body.subarray(at, at + ring.latency.byteLength));
    at += ring.latency.byteLength;
  });
  return true;
}

function parseHead(text: string): Head | null {
  try {
    const head = JSON.parse(text) as Head;
    return head.magic === MAGIC ? head : null;
  } catch {
    return null;
  }
}

function fits(head: Head, rings: readonly Ring[]): boolean {
  return (
    head.buckets === BUCKETS &&
    head.rings.length === rings.length &&
    rings.every(({ stepSeconds, points }, index) => {
      const saved = head.rings[index]!;
      return saved.stepSeconds === stepSeconds && saved.points === points;
    })
  );
}

function bodyBytes({ series, buckets, rings }: Head): number {
  const perPoint = series.length * Float64Array.BYTES_PER_ELEMENT + buckets * Uint32Array.BYTES_PER_ELEMENT;
  return rings.reduce((sum, { points }) => sum + points * perPoint, 0);
}

function bytesOf(array: Float64Array | Uint32Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
