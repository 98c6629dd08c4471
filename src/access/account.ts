import { z } from 'zod';
import { COLUMNS } from '../event/columns.ts';

/**
 * Who events belong to, as `state.db`, the control socket and `trackflow accounts` know it. The id is what events carry
 * in `account`.
 */
export const ACCOUNT_ID_BYTES_MAX = COLUMNS.find(({ name }) => name === 'account')!.maxBytes;
export const ACCOUNTS_MAX = 100_000;
const NAME_CHARS_MAX = 200;
const ORIGINS_MAX = 100;

/** `https://shop.example`, with a port or not, or `https://*.shop.example` for every name below it. */
const ORIGIN = /^https?:\/\/(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/;
const CONTROL = /\p{Cc}/u;

/** Zero is no limit. Days are those of UTC. */
export const limitsSchema = z.strictObject({
  eventsPerSecond: z.number().int().min(0).max(1_000_000).default(0),
  bytesPerSecond: z.number().int().min(0).max(1e9).default(0),
  eventsPerDay: z.number().int().min(0).max(1e12).default(0),
  bytesPerDay: z.number().int().min(0).max(1e14).default(0),
});
export type Limits = z.infer<typeof limitsSchema>;
export const NO_LIMITS: Limits = Object.freeze(limitsSchema.parse({}));

export const accountIdSchema = z
  .string()
  .min(1)
  .refine((id) => Buffer.byteLength(id) <= ACCOUNT_ID_BYTES_MAX && !CONTROL.test(id), {
    error: `an id of at most ${ACCOUNT_ID_BYTES_MAX} bytes without control characters`,
  });

const originsSchema = z
  .array(z.string().regex(ORIGIN, 'an origin like https://shop.example or https://*.shop.example'))
  .max(ORIGINS_MAX);

export const accountSchema = z.strictObject({
  id: accountIdSchema,
  name: z.string().max(NAME_CHARS_MAX).default(''),
  active: z.boolean().default(true),
  /** Pages that may send for it; any when it is empty. */
  origins: originsSchema.default([]),
  limits: limitsSchema.prefault({}),
  /** Null: as `events.retentionDays` says; 0 keeps its events for ever. */
  retentionDays: z.number().int().min(0).max(36_500).nullable().default(null),
});
export type Account = z.infer<typeof accountSchema>;

/** Whether a page of `origin` may send for an account with these origins. */
export function originAllowed(origins: readonly string[], origin: string): boolean {
  return origins.some((allowed) => {
    const star = allowed.indexOf('*.');
    if (star === -1) return allowed === origin;
    const before = allowed.slice(0, star);
    return (
      origin.startsWith(before) &&
      origin.endsWith(allowed.slice(star + 1)) &&
      !origin.slice(before.length).includes('/')
    );
  });
}
