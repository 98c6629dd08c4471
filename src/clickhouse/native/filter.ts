import { type ColumnHead, type EncodedRows, valueWidth } from './encoded-rows.ts';

/**
 * The rows of a group for which `keep` says yes, in their order. Copies runs of neighbours, so keeping nearly all or
 * nearly none is cheap. Used off the hot path: duplicates, partitions that are missing, halves of a refused batch.
 */
export function filterRows(
  heads: readonly ColumnHead[],
  group: EncodedRows,
  keep: (row: number) => boolean,
): EncodedRows {
  const runs = runsOf(group.rows, keep);
  const columnBytes = new Uint32Array(heads.length);
  const data = new Uint8Array(group.data.length);
  let from = 0;
  let to = 0;
  heads.forEach((head, column) => {
    const start = to;
    const ends = valueEnds(group.data, from, group.rows, valueWidth(head.type));
    for (const [first, end] of runs) {
      const run = group.data.subarray(first === 0 ? from : ends[first - 1]!, ends[end - 1]);
      data.set(run, to);
      to += run.length;
    }
    columnBytes[column] = to - start;
    from += group.columnBytes[column]!;
  });
  return { rows: runs.reduce((sum, [first, end]) => sum + end - first, 0), columnBytes, data: data.slice(0, to) };
}

/** Neighbouring rows to keep: the first of each run and the row after its last. */
function runsOf(rows: number, keep: (row: number) => boolean): [first: number, end: number][] {
  const runs: [first: number, end: number][] = [];
  let first = -1;
  for (let row = 0; row < rows; row++) {
    if (keep(row)) {
      if (first < 0) first = row;
    } else if (first >= 0) {
      runs.push([first, row]);
      first = -1;
    }
  }
  if (first >= 0) runs.push([first, rows]);
  return runs;
}

/** Position after each value of a column that starts at `start`. */
function valueEnds(data: Uint8Array, start: number, rows: number, width: number): Float64Array {
  const ends = new Float64Array(rows);
  let at = start;
  for (let row = 0; row < rows; row++) {
    if (width > 0) {
      at += width;
    } else {
      let length = 0;
      let factor = 1;
      let byte = 0;
      do {
        byte = data[at++]!;
        length += (byte & 127) * factor;
        factor *= 128;
      } while (byte > 127);
      at += length;
    }
    ends[row] = at;
  }
  return ends;
}

/** Values of a fixed-width Int64 column as numbers (milliseconds of a DateTime64(3)). */
export function readInt64Column(heads: readonly ColumnHead[], group: EncodedRows, name: string): Float64Array {
  const start = columnStart(heads, group, name);
  const view = new DataView(group.data.buffer, group.data.byteOffset + start, group.rows * 8);
  return Float64Array.from({ length: group.rows }, (_, row) => Number(view.getBigInt64(row * 8, true)));
}

/** Values of a UUID column in canonical lower-case form. */
export function readUuidColumn(heads: readonly ColumnHead[], group: EncodedRows, name: string): string[] {
  const start = columnStart(heads, group, name);
  return Array.from({ length: group.rows }, (_, row) => {
    const bytes = Buffer.from(group.data.subarray(start + row * 16, start + row * 16 + 16));
    bytes.subarray(0, 8).reverse();
    bytes.subarray(8, 16).reverse();
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  });
}

function columnStart(heads: readonly ColumnHead[], group: EncodedRows, name: string): number {
  const column = heads.findIndex((head) => head.name === name);
  if (column < 0) throw new Error(`no column ${name} in these rows`);
  return group.columnBytes.subarray(0, column).reduce((sum, bytes) => sum + bytes, 0);
}
