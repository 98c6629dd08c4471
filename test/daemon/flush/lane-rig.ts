import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { DeadLetters } from '../../../daemon/flush/dead-letters.ts';
import { type FateObserver, LaneFates } from '../../../daemon/flush/fates.ts';
import type { Batch } from '../../../daemon/spool/batch.ts';
import { type Lane, openLane } from '../../../daemon/spool/lane.ts';
import { scanSegment } from '../../../daemon/spool/segment-scan.ts';
import { SpoolState } from '../../../daemon/state/spool-state.ts';
import { decodeRows, encodeGroup, ROW_HEADS } from '../../model/row-blocks.ts';
import { SimulatedDisk } from '../../support/simulated-disk.ts';

export const SEGMENTS = '/spool/events';
export const DEAD_LETTERS = `${SEGMENTS}/deadletter`;
const OCTOBER = 202610;
const NOVEMBER = 202611;

/** A lane over a simulated disk with the real state, as one life of a daemon has it. `restart` begins the next. */
export interface LaneRig {
  readonly disk: SimulatedDisk;
  readonly lane: Lane;
  readonly state: SpoolState;
  readonly deadLetters: DeadLetters;
  readonly fates: LaneFates;
  /** What the observer was told, in words. */
  readonly told: string[];
  readonly clock: { ms: number };
  /** Seals a batch of the rows in `text`: `a` is a row of October, `A` one of November, `!` comes after poison. */
  readonly batch: (...groups: string[]) => Batch;
  readonly restart: (disk?: SimulatedDisk) => LaneRig;
}

export function laneRig(disk = new SimulatedDisk(1), state = openState(), clock = { ms: 1_000 }): LaneRig {
  const told: string[] = [];
  const now = () => clock.ms;
  disk.now = now;
  const { lane } = openLane(disk, SEGMENTS, ROW_HEADS, 0x100n, now);
  const deadLetters = new DeadLetters(disk, lane, 'events', state, now);
  deadLetters.reconcile();
  const observer: FateObserver = {
    stored: (batch, rows, excess) => told.push(`stored ${rows} of ${batch.rows}, ${excess} too many`),
    split: (_, into, error) => told.push(`split into ${into}: ${error}`),
    deadLettered: (batch, error) => told.push(`set aside ${batch.rows}: ${error}`),
    quarantined: (batch, lost, error) => told.push(`quarantined ${batch.rows}, lost ${lost}: ${error}`),
    stateFailed: (error) => told.push(`state failed: ${(error as Error).message}`),
  };
  const fates = new LaneFates({ disk, lane, state, deadLetters, now }, observer);
  return {
    disk,
    lane,
    state,
    deadLetters,
    fates,
    told,
    clock,
    batch: (...groups) => {
      lane.write(groups.map((text) => encodeGroup(parse(text))));
      return lane.seal();
    },
    restart: (next = disk.kill()) => laneRig(next, state, clock),
  };
}

/** Rows of all segments in a folder, sorted, in the notation of `LaneRig.batch`. */
export function rowsIn(disk: SimulatedDisk, folder: string): string {
  const rows = disk
    .list(folder)
    .filter((file) => file.endsWith('.seg'))
    .flatMap((file) => scanSegment(disk.read(`${folder}/${file}`), path.basename(file, '.seg'), ROW_HEADS).groups)
    .flatMap((group) => decodeRows(group.rows));
  return rows
    .map(({ id, poison }) => id + (poison ? '!' : ''))
    .sort()
    .join('');
}

function parse(text: string) {
  return [...text.matchAll(/([a-zA-Z])(!?)/g)].map(([, id, poison]) => ({
    id: id!,
    month: id === id!.toLowerCase() ? OCTOBER : NOVEMBER,
    poison: poison === '!',
  }));
}

function openState(): SpoolState {
  const db = new Database(':memory:');
  const schema = path.join(import.meta.dirname, '../../../schema/state');
  for (const step of fs.readdirSync(schema).sort()) db.exec(fs.readFileSync(path.join(schema, step), 'utf8'));
  return new SpoolState(db, 'events');
}
