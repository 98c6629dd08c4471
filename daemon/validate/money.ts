import { REVENUE_SCALE, REVENUE_UNITS_MAX } from '../../src/event/columns.ts';
import type { Rejection } from '../../src/event/rejection.ts';
import { reject, wrongType } from './reject.ts';

const DECIMALS = 4;
const TEXT_CHARS_MAX = 24;
/** Below this, `value * REVENUE_SCALE` is off by less than half a unit, so rounding it is exact. */
const EXACT_PRODUCT_MAX = 2 ** 50 / REVENUE_SCALE;

/**
 * `revenue` in ten-thousandths: 19.99 → 199900. A number is rounded to four decimals, since 0.1 + 0.2 is meant as 0.3;
 * a text says exactly what it means, so more than four decimals in it are refused. 0 when absent.
 */
export function readRevenue(value: unknown, field: string): number | Rejection {
  if (value === undefined || value === null || value === '') return 0;
  let units: number;
  if (typeof value === 'number') units = unitsOfNumber(value);
  else if (typeof value === 'string') units = unitsOfText(value);
  else return wrongType(field, 'a number or a decimal text', value);

  if (Number.isNaN(units)) {
    return reject('bad_format', field, `is not a decimal number with at most ${DECIMALS} decimals`);
  }
  if (Math.abs(units) > REVENUE_UNITS_MAX) {
    const limit = REVENUE_UNITS_MAX / REVENUE_SCALE;
    return { reason: 'out_of_range', field, limit, message: `is beyond ${limit}, the largest amount allowed` };
  }
  return units;
}

function unitsOfNumber(value: number): number {
  if (Math.abs(value) < EXACT_PRODUCT_MAX) return Math.round(value * REVENUE_SCALE) + 0; // + 0 turns -0 into 0
  // toFixed rounds the exact value of the double; above 1e21 it falls back to an exponent, far out of range anyway.
  return Math.abs(value) < 1e15 ? unitsOfText(value.toFixed(DECIMALS)) : Number.POSITIVE_INFINITY;
}

/** Ten-thousandths of a plain decimal (`-12.50`), NaN when it is none. Never passes through a binary fraction. */
function unitsOfText(text: string): number {
  if (text.length > TEXT_CHARS_MAX) return Number.NaN;
  const sign = text.charCodeAt(0) === 0x2d ? -1 : 1;
  let at = sign === -1 || text.charCodeAt(0) === 0x2b ? 1 : 0;
  let units = 0;
  let decimals = -1;
  let digits = 0;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2e && decimals === -1) {
      decimals = 0;
      continue;
    }
    const digit = code - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    digits++;
    if (decimals === DECIMALS) {
      if (digit !== 0) return Number.NaN;
      continue;
    }
    if (decimals >= 0) decimals++;
    units = units * 10 + digit;
  }
  if (digits === 0) return Number.NaN;
  for (let missing = Math.max(decimals, 0); missing < DECIMALS; missing++) units *= 10;
  return units === 0 ? 0 : sign * units;
}
