import type { StorageFigures } from '../../../../src/control/storage.ts';
import { drawFrame } from '../../../../src/dashboard/screen/frame.ts';
import type { DashStore } from '../../../../src/dashboard/store/store.ts';
import { Axes } from '../../../../src/terminal/charts/axis.ts';
import { lookOf } from '../../../../src/terminal/look.ts';
import { T0 } from '../stream-lines.ts';

/** The screen of a store as text, without colours. */
export function drawn(store: DashStore, columns = 200, rows = 60): string {
  const scene = {
    snapshot: store.getSnapshot(),
    look: lookOf('block', false),
    axes: new Axes(),
    startCommand: 'trackflow start',
    version: '0.1.0',
  };
  return drawFrame(scene, columns, rows).join('\n');
}

/** Figures of one table without merges and mutations, with changes. */
export function storageFigures(changes: Partial<StorageFigures> = {}): StorageFigures {
  return {
    askedAt: T0,
    tookMs: 14.2,
    tables: [
      {
        name: 'events',
        rows: 1_920_000,
        parts: 118,
        diskBytes: 38 * 1024 ** 2,
        compressedBytes: 36 * 1024 ** 2,
        uncompressedBytes: 9.1 * 36 * 1024 ** 2,
        fullestPartition: '202511',
        fullestParts: 90,
        partsToDelay: 1_000,
        partsToThrow: 3_000,
      },
    ],
    columns: [],
    mergesRunning: 0,
    merges: [],
    mutationsPending: 0,
    mutations: [],
    ...changes,
  };
}
