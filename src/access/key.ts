import { hash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { accountIdSchema, limitsSchema } from './account.ts';

/**
 * Keys: `tf_wk_<id>_<secret>`. The prefix is what secret scanners look for, the id finds the record, the secret has 256
 * random bits. Kept is only the SHA-256 of the whole text: a random secret of that size needs no slow hash.
 */
export const KEY_KINDS = ['write', 'server', 'read', 'admin'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];
export const KEYS_MAX = 10_000;

const PREFIXES: Readonly<Record<KeyKind, string>> = { write: 'tf_wk', server: 'tf_sk', read: 'tf_rk', admin: 'tf_ad' };
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_BYTES = 9;
const ID_CHARS = 13;
const SECRET_BYTES = 32;
/** 62^43 is the first power above 2^256. */
const SECRET_CHARS = 43;
const KEY = /^(tf_(?:wk|sk|rk|ad))_([0-9A-Za-z]{13})_[0-9A-Za-z]{43}$/;

/** What may be told of a key: all but its secret. Times are milliseconds since the epoch. */
export interface KeyRecord {
  readonly id: string;
  readonly kind: KeyKind;
  readonly name: string;
  /** Accounts it is for; all when it is empty. */
  readonly accounts: readonly string[];
  readonly limits: z.infer<typeof limitsSchema>;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly lastUsedAt: number | null;
  /** The key that took its place. */
  readonly replacedBy: string | null;
}

/** A key as collectors know it; `digest` is hexadecimal. */
export interface StoredKey extends KeyRecord {
  readonly digest: string;
}

export const newKeySchema = z.strictObject({
  kind: z.enum(KEY_KINDS),
  name: z.string().max(200).default(''),
  accounts: z.array(accountIdSchema).max(1_000).default([]),
  limits: limitsSchema.prefault({}),
  expiresAt: z.number().int().min(0).nullable().default(null),
});
export type NewKey = z.infer<typeof newKeySchema>;

export interface DrawnKey {
  readonly id: string;
  readonly digest: string;
  /** The key itself: shown once, kept nowhere. */
  readonly text: string;
}

/** Draws a key of a kind from the system's random source. */
export function drawKey(kind: KeyKind): DrawnKey {
  const id = base62(randomBytes(ID_BYTES), ID_CHARS);
  const text = `${PREFIXES[kind]}_${id}_${base62(randomBytes(SECRET_BYTES), SECRET_CHARS)}`;
  return { id, digest: digestOf(text), text };
}

/** The id in the text of a key; undefined when it is none. */
export function keyIdOf(text: string): string | undefined {
  return KEY.exec(text)?.[2];
}

/** SHA-256, hexadecimal. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'hex');
}

function base62(bytes: Buffer, chars: number): string {
  let rest = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  for (let at = 0; at < chars; at++) {
    text = ALPHABET[Number(rest % 62n)]! + text;
    rest /= 62n;
  }
  return text;
}
