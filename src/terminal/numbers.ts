/** Numbers as people read them at a glance: as wide as they must be and no wider. `–` stands for what is not known. */
export const UNKNOWN = '–';

type Figure = number | null | undefined;

/** `12408` → `12,408`; below ten with one decimal where it is no whole number. */
export function fullNumber(value: Figure): string {
  if (value === null || value === undefined || Number.isNaN(value)) return UNKNOWN;
  if (value !== 0 && Math.abs(value) < 9.95 && !Number.isInteger(value)) return value.toFixed(1);
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `12408` → `12.4k`. */
export function shortNumber(value: Figure): string {
  if (value === null || value === undefined || Number.isNaN(value)) return UNKNOWN;
  return scaled(value, 1_000, ['', 'k', 'M', 'G', 'T']);
}

/** Powers of 1,024, written as `df -h` does (K, M), or powers of 1,000, as disks are sold (kB, MB). */
export const BYTE_UNITS = ['binary', 'decimal'] as const;
export type ByteUnits = (typeof BYTE_UNITS)[number];

/** `1536` → `1.5K`, or `1.5kB` in decimal units. */
export function bytes(value: Figure, units: ByteUnits = 'binary'): string {
  if (value === null || value === undefined || Number.isNaN(value)) return UNKNOWN;
  return units === 'binary'
    ? scaled(value, 1_024, ['B', 'K', 'M', 'G', 'T', 'P'])
    : scaled(value, 1_000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']);
}

/** `1840` ms → `1.8 s`; `38` → `38 ms`; below ten with one decimal. */
export function milliseconds(value: Figure): string {
  if (value === null || value === undefined || Number.isNaN(value)) return UNKNOWN;
  if (value >= 60_000) return duration(value);
  if (value >= 1_000) return `${trim((value / 1_000).toFixed(value < 10_000 ? 2 : 1))} s`;
  return `${value < 10 ? trim(value.toFixed(1)) : Math.round(value)} ms`;
}

/** `0.034` → `3.4%`. */
export function percent(share: Figure): string {
  if (share === null || share === undefined || Number.isNaN(share)) return UNKNOWN;
  const value = share * 100;
  if (value > 0 && value < 0.05) return '<0.1%';
  return `${value !== 0 && Math.abs(value) < 10 ? trim(value.toFixed(1)) : Math.round(value)}%`;
}

/** `270000` ms → `4m30s`; the two largest units. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const [days, hours, minutes, rest] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  if (days > 0) return hours > 0 ? `${days}d${two(hours)}h` : `${days}d`;
  if (hours > 0) return minutes > 0 ? `${hours}h${two(minutes)}m` : `${hours}h`;
  if (minutes > 0) return rest > 0 ? `${minutes}m${two(rest)}s` : `${minutes}m`;
  return `${rest}s`;
}

/** Local time of day, `14:02:13`. */
export function clock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

/** The same; of another day than `now` with its month and day before it, `11-20 14:02:13`. */
export function moment(at: number, now: number): string {
  const [date, today] = [new Date(at), new Date(now)];
  if (date.toDateString() === today.toDateString()) return clock(at);
  return `${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(at)}`;
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let rest = value;
  let unit = 0;
  // 999.95 would be written as 1000.0 of the smaller unit.
  while (Math.abs(rest) >= base * 0.99995 && unit < units.length - 1) {
    rest /= base;
    unit++;
  }
  if (unit === 0)
    return `${Number.isInteger(rest) ? rest : rest < 10 ? trim(rest.toFixed(1)) : Math.round(rest)}${units[0]}`;
  return `${Math.abs(rest) < 99.95 ? trim(rest.toFixed(1)) : Math.round(rest)}${units[unit]}`;
}

function trim(text: string): string {
  return text.replace(/\.?0+$/, (zeros) => (text.includes('.') ? '' : zeros));
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
