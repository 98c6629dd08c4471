import type { Look } from '../look.ts';

/** A bar of `width` characters, `share` of it full; a share that is not zero shows at least one. */
export function gauge(share: number, width: number, look: Look): string {
  const bounded = Math.min(1, Math.max(0, Number.isNaN(share) ? 0 : share));
  const full = bounded > 0 ? Math.min(width, Math.max(1, Math.round(bounded * width))) : 0;
  return look.gauge[0].repeat(full) + look.gauge[1].repeat(Math.max(0, width - full));
}
