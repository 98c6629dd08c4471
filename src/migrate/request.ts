import { z } from 'zod';
import { CHUNK_ROWS_MAX, CHUNK_ROWS_MIN } from './chunk-size.ts';
import { PRESETS } from './make-plan.ts';
import { mapSchema } from './map-file.ts';

export const PARALLEL_MAX = 32;

/** Of log that the source may have to keep for a migration that follows it. */
export const WAL_MAX = 10 * 2 ** 30;
export const WAL_MAX_MIN = 2 ** 20;

/** What a person asked for, as it is kept with the task: no password in it. */
export const migrateParams = z.strictObject({
  /** Without its password. */
  source: z.string().max(2_000),
  preset: z.enum(PRESETS),
  tables: z.array(z.string().max(200)).max(1_000),
  into: z.string().max(200).nullable(),
  map: mapSchema.nullable(),
  since: z.string().max(200).nullable(),
  account: z.string().max(64),
  parallel: z.int().min(1).max(PARALLEL_MAX),
  chunkRows: z.int().min(CHUNK_ROWS_MIN).max(CHUNK_ROWS_MAX).nullable(),
  bytesPerSecond: z.int().min(1_024).nullable(),
  route: z.enum(['auto', 'pipe', 'engine']),
  allowLossy: z.boolean(),
  follow: z.boolean(),
  /** Bytes of log that a slot may keep in the source. */
  walMax: z.int().min(WAL_MAX_MIN).default(WAL_MAX),
});

export type MigrateParams = z.infer<typeof migrateParams>;

/** An earlier migration, by its task, to compare with its source again. */
export const verifyParams = z.strictObject({ task: z.int().min(1), source: z.string().max(2_000) });

export const VERIFY_KIND = 'migrate-verify';
export const MIGRATE_KIND = 'migrate';
