import { z } from 'zod';
import { CHUNK_ROWS_MAX, CHUNK_ROWS_MIN } from '../chunk-size.ts';
import { PARALLEL_MAX } from '../request.ts';

/** What can be copied of that tracker, by its names. */
export const SFPL_PARTS = ['events', 'payments', 'agreements', 'redirects'] as const;

/** What a person asked for, as it is kept with the task: no password in it. */
export const sfplParams = z.strictObject({
  /** Without its password. */
  source: z.string().max(2_000),
  parts: z.array(z.enum(SFPL_PARTS)).min(1),
  parallel: z.int().min(1).max(PARALLEL_MAX),
  chunkRows: z.int().min(CHUNK_ROWS_MIN).max(CHUNK_ROWS_MAX).nullable(),
  bytesPerSecond: z.int().min(1_024).nullable(),
  allowLossy: z.boolean(),
  keepAddresses: z.boolean(),
});

export type SfplParams = z.infer<typeof sfplParams>;

/** An earlier copy, by its task, to compare with its source again; `repair` copies anew what differs. */
export const sfplVerifyParams = z.strictObject({
  task: z.int().min(1),
  source: z.string().max(2_000),
  repair: z.boolean(),
});

export const SFPL_KIND = 'migrate-sfpl';
export const SFPL_VERIFY_KIND = 'migrate-sfpl-verify';
/** Where that tracker keeps its tables unless it is told otherwise. */
export const SFPL_DATABASE = 'sfpla';
