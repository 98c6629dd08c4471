/** A date and time of day on somebody's wall. `month` counts from 1. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  readonly ms?: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A time zone by its IANA name. */
export class Zone {
  /** As the time zone database spells it, which is how ClickHouse wants it. */
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;

  /** Undefined when there is no zone of that name. Offsets like `+02:00` are not names: ClickHouse knows none. */
  static named(name: string): Zone | undefined {
    if (!/^[A-Za-z]/.test(name)) return undefined;
    try {
      return new Zone(name);
    } catch {
      return undefined;
    }
  }

  private constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    this.name = this.#format.resolvedOptions().timeZone;
  }

  /** What the wall shows at `instant` (milliseconds since the epoch). */
  local(instant: number): Required<LocalTime> {
    const parts = new Map(this.#format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type)!;
    return {
      year: part('year'),
      month: part('month'),
      day: part('day'),
      hour: part('hour'),
      minute: part('minute'),
      second: part('second'),
      ms: instant - Math.floor(instant / 1000) * 1000,
    };
  }

  /** Milliseconds that the wall is ahead of UTC at `instant`. */
  offsetMs(instant: number): number {
    return asIfUtc(this.local(instant)) - instant;
  }

  /**
   * The first instant at which the wall shows `time`; days and months outside their range carry over. A time that
   * the clocks jump over becomes the same time after the jump, so midnight is always the first instant of its day.
   */
  instant(time: LocalTime): number {
    const wall = asIfUtc(time);
    const before = wall - this.offsetMs(wall - DAY_MS);
    const after = wall - this.offsetMs(wall + DAY_MS);
    const candidates = [before, after].filter((instant) => instant + this.offsetMs(instant) === wall);
    return candidates.length > 0 ? Math.min(...candidates) : before;
  }

  /** ISO 8601 to the second with the offset of the zone: `2026-03-29T03:00:00+02:00`. */
  iso(instant: number): string {
    const offset = this.offsetMs(instant);
    const minutes = Math.abs(offset) / 60_000;
    const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
    const sign = offset < 0 ? '-' : '+';
    return `${new Date(instant + offset).toISOString().slice(0, 19)}${sign}${two(minutes / 60)}:${two(minutes % 60)}`;
  }
}

function asIfUtc({ year, month, day, hour = 0, minute = 0, second = 0, ms = 0 }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}
