/** `Intl.Locale` as Node 24 has it and the standard library of TypeScript does not yet. */
interface ZonedLocale extends Intl.Locale {
  getTimeZones?(): readonly string[] | undefined;
}

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const NAME_CHARS_MAX = 64;
/** Spellings other than the table's that are remembered: more than there are. */
const ALIASES_MAX = 1_000;

/**
 * The country of a timezone, by the tables of the runtime (CLDR). Each zone of the table lies in one country; older and newer
 * names of a zone (`Asia/Calcutta`, `Asia/Kolkata`) are one.
 *
 * The table is made at the first question, in about a tenth of a second, once for a thread.
 */
export class Timezones {
  #table: ReadonlyMap<string, string> | undefined;
  readonly #aliases = new Map<string, string>();

  /** ISO 3166-1 alpha-2; empty for a name that is none, or a zone of no country (`UTC`). */
  countryOf(timezone: string): string {
    if (timezone === '' || timezone.length > NAME_CHARS_MAX) return '';
    this.#table ??= readTable();
    return this.#table.get(timezone) ?? this.#aliases.get(timezone) ?? this.#resolve(timezone, this.#table);
  }

  #resolve(timezone: string, table: ReadonlyMap<string, string>): string {
    let country = '';
    try {
      const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: timezone }).resolvedOptions();
      country = table.get(timeZone) ?? '';
    } catch {
      // No timezone at all.
      return '';
    }
    if (this.#aliases.size < ALIASES_MAX) this.#aliases.set(timezone, country);
    return country;
  }
}

function readTable(): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const country of LETTERS.flatMap((first) => LETTERS.map((second) => first + second))) {
    const locale: ZonedLocale = new Intl.Locale(`und-${country}`);
    // A code of a country that is no more stands for the one it became.
    if (locale.region !== country) continue;
    for (const zone of locale.getTimeZones?.() ?? []) table.set(zone, country);
  }
  return table;
}
