const BYTES_OF: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

const MS_OF: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 };

/** `512MiB`, `1.5 GB`, `4096` → whole bytes; KB is 1,000 and KiB 1,024. Undefined when it is no size. */
export function parseBytes(text: string): number | undefined {
  return parseQuantity(text, BYTES_OF, 'b');
}

/** `2s`, `500ms`, `1.5h`, `2000` → whole milliseconds; a bare number is milliseconds. Undefined when it is no duration. */
export function parseDurationMs(text: string): number | undefined {
  return parseQuantity(text, MS_OF, 'ms');
}

function parseQuantity(text: string, factors: Readonly<Record<string, number>>, bare: string): number | undefined {
  const match = /^(\d{1,16}(?:\.\d{1,6})?)\s*([a-z]*)$/i.exec(text.trim());
  if (match === null) return undefined;
  const unit = match[2]!.toLowerCase() || bare;
  if (!Object.hasOwn(factors, unit)) return undefined;
  return Math.round(Number(match[1]) * factors[unit]!);
}
