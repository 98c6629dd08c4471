import type { z } from 'zod';
import { TrackflowError } from '../../src/errors/error.ts';

/** A value that its schema takes. Throws TF_INPUT with each field, what was given and what is allowed. */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const given = JSON.stringify(at(value, path))?.slice(0, SHOWN_MAX) ?? 'nothing';
    return `${[what, ...path].join('.')} is ${given}: ${message}`;
  });
  throw new TrackflowError('TF_INPUT', problems.join('; '));
}

/** Characters of a wrong value that a message repeats. */
const SHOWN_MAX = 100;

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, name) => (inner as Record<PropertyKey, unknown> | undefined)?.[name], value);
}
