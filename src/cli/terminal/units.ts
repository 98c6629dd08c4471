const BYTE_UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1536` → `1.5 KiB`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < BYTE_UNITS.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** `93784` → `1d 2h`; the two largest units. */
export function secondsText(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [Math.floor(seconds) % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '0s';
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count}${unit}`).join(' ');
}

/** A time as a person reads it, in the zone of the machine: `2026-11-21 16:40:46`. */
export function timeText(at: number | string): string {
  return new Date(at).toLocaleString('sv-SE');
}

/** A time to come and how long that is, `2026-11-21 19:00:00 (in 2h 8m)`; one that is over is due. */
export function comingText(at: string, nowMs: number): string {
  const left = Date.parse(at) - nowMs;
  return `${timeText(at)} (${left <= 0 ? 'due' : `in ${secondsText(left / 1_000)}`})`;
}

/** `1234567` → `1,234,567`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 row`, `2 rows`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${countText(count)} ${count === 1 ? noun : nouns}`;
}
