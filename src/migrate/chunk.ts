import type { SourceSums } from './sums.ts';

/**
 * Rows of a table that travel and are verified together. Ranges of one part touch and cover it: every row that a snapshot
 * shows is in exactly one.
 */
export interface Range {
  /** Index in the parts of the plan; `ROOT` for the table as a whole. */
  readonly part: number;
  /** `none`: no rows any more; those it had are in other ranges. `log`: changes between two positions of the source's log. */
  readonly by: 'blocks' | 'key' | 'all' | 'none' | 'log';
  /** First block, or the key after which it begins; null: from the start. */
  readonly from: string | null;
  /** The block before which it ends, or its last key; null: to the end. */
  readonly to: string | null;
  /** Of chunks by block, once the table is followed: greater keys are those of other chunks. */
  readonly keyMax?: string | null;
}

/** Part of ranges that read the table as a whole, by key: partitions come and go. */
export const ROOT = -1;

/** Where the next chunk begins: behind the last one. */
export interface Cursor {
  readonly part: number;
  readonly from: string | null;
  /** Of a table that is followed by key: transactions under way in that snapshot may still bring rows of earlier keys. */
  readonly late?: string;
}

export type ChunkState = 'copying' | 'verified' | 'differs';

export interface Chunk {
  /** Index of its table in the plan. */
  readonly table: number;
  /** Unique in the migration, from 1. */
  readonly ordinal: number;
  readonly range: Range;
  readonly state: ChunkState;
  /** Of the attempt that counts; each has a batch number of its own. 0: none yet. */
  readonly attempt: number;
  /** The snapshot that the sums are of. */
  readonly epoch: string;
  /** What was copied; null before that. */
  readonly sums: SourceSums | null;
  readonly bytes: number;
  /** Why it was copied again, empty where it was not. */
  readonly note: string;
}

export const ATTEMPTS_MAX = 255;
export const ORDINAL_MAX = 2 ** 32 - 1;
export const JOB_MAX = 2 ** 23 - 1;

/** Batches of a migration have the highest bit set: those of the spool count up from 1. */
const MIGRATED = 1n << 63n;

/** The number in every row of an attempt. A number is never used for two attempts. */
export function batchOf(job: number, ordinal: number, attempt: number): bigint {
  return MIGRATED | (BigInt(job) << 40n) | (BigInt(ordinal) << 8n) | BigInt(attempt);
}

/** The first and the last number of a migration. */
export function batchesOf(job: number): { readonly first: bigint; readonly last: bigint } {
  return { first: batchOf(job, 0, 0), last: batchOf(job, ORDINAL_MAX, ATTEMPTS_MAX) };
}
