import { z } from 'zod';

export const MIB = 1024 * 1024;

/** A size, a number, a duration: with its default and what is allowed. */
export const bytes = (fallback: number, min: number, meaning: string, max = Number.MAX_SAFE_INTEGER) =>
  z.number().int().min(min).max(max).default(fallback).meta({ description: meaning, unit: 'bytes' });
export const count = (fallback: number, min: number, max: number, meaning: string) =>
  z.number().int().min(min).max(max).default(fallback).describe(meaning);
export const durationMs = (fallback: number, min: number, max: number, meaning: string) =>
  z.number().int().min(min).max(max).default(fallback).meta({ description: meaning, unit: 'ms' });

/** A file of this machine: a relative one is taken from the home. */
export const file = (meaning: string) => z.string().default('').meta({ description: meaning, unit: 'file' });

/** A path of a URL. */
export const path = (fallback: string, meaning: string) =>
  z
    .string()
    .regex(/^\/[\w./-]*$/, 'a path like /v1/events')
    .default(fallback)
    .describe(meaning);
