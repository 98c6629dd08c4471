import type { TailedEvent, TailLine } from '../../control/tail.ts';
import { displayWidth, shorten, terminalText } from '../../terminal/text.ts';
import type { Print } from '../terminal/output.ts';
import type { Style } from '../terminal/style.ts';
import { plural } from '../terminal/units.ts';

interface Column {
  readonly title: string;
  /** Columns of the terminal; 0 shares what the others leave. */
  readonly width: number;
  /** Shown on terminals that are at least this wide. */
  readonly from: number;
  /** May be longer than `width`, and is cut then. */
  readonly text: (event: TailedEvent, width: number) => string;
}

const COLUMNS: readonly Column[] = [
  { title: 'TIME', width: 12, from: 0, text: ({ received_at }) => localTime(received_at) },
  { title: 'ACCOUNT', width: 12, from: 80, text: ({ account }) => account },
  { title: 'NAME', width: 16, from: 0, text: ({ name }) => name },
  { title: 'WHO', width: 16, from: 116, text: ({ user_id, visitor_id }) => String(user_id ?? visitor_id ?? '') },
  { title: 'FROM', width: 4, from: 124, text: ({ country }) => String(country ?? '') },
  { title: 'PAGE', width: 0, from: 46, text: pageText },
  { title: 'PROPERTIES', width: 0, from: 96, text: propertiesText },
];

const GAP = '  ';
/** UTF-16 units of a cell that are looked at, for each column it has: text can hold marks that take no column. */
const UNITS_PER_COLUMN = 8;

interface Place {
  readonly column: Column;
  readonly width: number;
}

/**
 * Prints lines of the stream as a table that fits `width()` columns, which may change from one row to the next; then
 * the titles come again. No row is wider, whatever the text, so none wraps.
 */
export class TailTable {
  readonly #print: Print;
  readonly #width: () => number;
  readonly #style: Style;
  #titledWidth = 0;
  #places: readonly Place[] = [];

  constructor(print: Print, width: () => number, style: Style) {
    this.#print = print;
    this.#width = width;
    this.#style = style;
  }

  async show(text: string): Promise<void> {
    const line = JSON.parse(text) as TailLine;
    if (line.type === 'event') return this.#row(line.event);
    if (line.type === 'dropped') {
      const note = `… ${plural(line.count, 'event')} more than can be shown`;
      return this.#print(this.#style.warn(shorten(note, this.#width())));
    }
  }

  async #row(event: TailedEvent): Promise<void> {
    const width = this.#width();
    if (width !== this.#titledWidth) {
      this.#titledWidth = width;
      this.#places = placesFor(width);
      await this.#print(this.#style.dim(row(this.#places, ({ title }) => title)));
    }
    await this.#print(row(this.#places, ({ text }, room) => text(event, room)));
  }
}

function placesFor(width: number): Place[] {
  const shown = COLUMNS.filter(({ from }) => from <= width);
  const fixed = shown.reduce((sum, column) => sum + column.width, 0);
  const sharing = shown.filter((column) => column.width === 0).length;
  const free = width - fixed - GAP.length * (shown.length - 1);
  const places: Place[] = [];
  let left = width;
  for (const column of shown) {
    const wanted = column.width === 0 ? Math.floor(free / sharing) : column.width;
    if (left > 0) places.push({ column, width: Math.min(wanted, left) });
    left -= wanted + GAP.length;
  }
  return places;
}

function row(places: readonly Place[], textOf: (column: Column, width: number) => string): string {
  const cells = places.map(({ column, width }) => {
    const cell = shorten(terminalText(textOf(column, width).slice(0, width * UNITS_PER_COLUMN)), width);
    return cell + ' '.repeat(Math.max(0, width - displayWidth(cell)));
  });
  return cells.join(GAP).trimEnd();
}

/** Where there is no room for both, the path: the account says what the host would. */
function pageText({ host, path }: TailedEvent, width: number): string {
  const whole = `${host ?? ''}${path ?? ''}`;
  return displayWidth(whole) <= width || !path ? whole : `…${path}`;
}

function propertiesText({ revenue, currency, properties }: TailedEvent): string {
  const money = revenue === undefined ? [] : [`revenue=${revenue}${currency === undefined ? '' : ` ${currency}`}`];
  return [...money, ...Object.entries(properties).map(([key, value]) => `${key}=${valueText(value)}`)].join(' ');
}

function valueText(value: unknown): string {
  return typeof value === 'string' && !/\s/.test(value) ? value : JSON.stringify(value);
}

/** `2026-11-21T08:06:04.123Z` → `09:06:04.123` where the clocks say so. */
function localTime(iso: string): string {
  const time = new Date(iso);
  const two = (number: number) => String(number).padStart(2, '0');
  const ms = String(time.getMilliseconds()).padStart(3, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}
