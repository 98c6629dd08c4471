import type { ColumnFigures, TableFigures } from '../../../src/control/storage.ts';
import type { StorageAnswer } from './question.ts';

/** What the shards say of their storage, as that of one table spread over them. Of lists, the first of each. */
export function together(answers: readonly StorageAnswer[]): StorageAnswer {
  const [only] = answers;
  if (answers.length === 1) return only!;
  const sum = (of: (answer: StorageAnswer) => number) => answers.reduce((total, answer) => total + of(answer), 0);
  const all = <T>(of: (answer: StorageAnswer) => readonly T[]) => answers.flatMap(of);
  return {
    tables: byName(
      all(({ tables }) => tables),
      addTables,
    ).sort((a, b) => b.diskBytes - a.diskBytes),
    columns: byName(
      all(({ columns }) => columns),
      addColumns,
    ).sort((a, b) => b.compressedBytes - a.compressedBytes),
    mergesRunning: sum(({ mergesRunning }) => mergesRunning),
    merges: all(({ merges }) => merges).sort((a, b) => b.elapsedSeconds - a.elapsedSeconds),
    mutationsPending: sum(({ mutationsPending }) => mutationsPending),
    mutations: all(({ mutations }) => mutations).sort((a, b) => b.createdAt - a.createdAt),
  };
}

/** Limits of parts hold for each shard: the partition that is nearest to them tells. */
function addTables(a: TableFigures, b: TableFigures): TableFigures {
  return {
    ...(a.fullestParts >= b.fullestParts ? a : b),
    rows: a.rows + b.rows,
    parts: a.parts + b.parts,
    diskBytes: a.diskBytes + b.diskBytes,
    compressedBytes: a.compressedBytes + b.compressedBytes,
    uncompressedBytes: a.uncompressedBytes + b.uncompressedBytes,
  };
}

function addColumns(a: ColumnFigures, b: ColumnFigures): ColumnFigures {
  return {
    name: a.name,
    compressedBytes: a.compressedBytes + b.compressedBytes,
    uncompressedBytes: a.uncompressedBytes + b.uncompressedBytes,
  };
}

function byName<T extends { readonly name: string }>(all: readonly T[], add: (a: T, b: T) => T): T[] {
  const found = new Map<string, T>();
  for (const one of all) {
    const before = found.get(one.name);
    found.set(one.name, before === undefined ? one : add(before, one));
  }
  return [...found.values()];
}
