import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { TrackflowError } from '../errors/error.ts';
import { fileError } from '../errors/file-error.ts';

const NAME = /^[A-Za-z_]\w{0,127}$/;

const tableSchema = z.strictObject({
  into: z.string().regex(NAME).optional(),
  orderBy: z.array(z.string()).min(1).max(16).optional(),
  partitionBy: z.string().max(500).optional(),
  where: z.string().max(2_000).optional(),
  key: z.string().optional(),
  skip: z.boolean().optional(),
  columns: z
    .record(
      z.string(),
      z.union([
        z.literal(false),
        z.strictObject({ into: z.string().regex(NAME).optional(), type: z.string().max(60).optional() }),
      ]),
    )
    .optional(),
});

export const mapSchema = z.strictObject({ tables: z.record(z.string(), tableSchema) });

/** What a person says of one table: another name, other types, columns that stay behind (`false`). */
export type TableMap = z.infer<typeof tableSchema>;
/** By `schema.table`. */
export type MigrationMap = z.infer<typeof mapSchema>;

/** Reads `--map`. Throws TF_INPUT that names what is wrong, or what `fileError` gives. */
export function readMapFile(path: string): MigrationMap {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new TrackflowError('TF_INPUT', `--map ${path} is no JSON: ${(cause as Error).message}`);
  }
  const parsed = mapSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new TrackflowError('TF_INPUT', `--map ${path}: ${z.prettifyError(parsed.error)}`, {
    hints: [
      '{"tables": {"public.visits": {"into": "visits", "columns": {"note": false, "price": {"type": "Decimal(18, 4)"}}}}}',
    ],
  });
}
