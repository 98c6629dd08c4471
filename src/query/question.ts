import type { z } from 'zod';
import { TrackflowError } from '../errors/error.ts';
import type { Compiled } from './parameters.ts';
import type { Reader, ReadOptions } from './reader.ts';

/**
 * One thing that can be asked of the stored events. `params` is the closed shape of a checked query; `compile` turns
 * it into SQL whose identifiers come from registries and whose values are all bound; `rows` gives the answer its
 * documented shape. Pure: reading is `ask`.
 */
export interface Question<P, Raw, Row> {
  readonly name: string;
  readonly params: z.ZodType<P>;
  compile(params: P): Compiled;
  rows(raw: readonly Raw[], params: P): Row[];
}

/** Checks `params`, reads and shapes. Rejects with TF_INPUT when they are not in order, else as `Reader.query` does. */
export async function ask<P, Raw, Row>(
  reader: Reader,
  question: Question<P, Raw, Row>,
  params: P,
  options?: ReadOptions,
): Promise<Row[]> {
  const checked = checkParams(question.params, params);
  const { sql, params: bound, narrow } = question.compile(checked);
  return question.rows(await reader.query<Raw>(sql, bound, { ...options, narrow }), checked);
}

/** `given` as the schema's type. Throws TF_INPUT with one sentence for each thing that is wrong. */
export function checkParams<P>(schema: z.ZodType<P>, given: unknown): P {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  throw new TrackflowError('TF_INPUT', problems.join('; '));
}
