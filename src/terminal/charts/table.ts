import { lineWidth, toWidth, toWidthRight } from '../lines.ts';
import type { Look } from '../look.ts';
import { shorten } from '../text.ts';

export interface Column<Row> {
  readonly title: string;
  /** 0 stays longest; the highest that is there is dropped when the width does not do. */
  readonly priority: number;
  readonly right?: boolean;
  /** Text that may be shortened to this many columns before a column is dropped. Numbers have none: they are whole or gone. */
  readonly shrinkTo?: number;
  /** Takes what is left of the width, between these; its cell is made for the width it gets. */
  readonly flexible?: readonly [min: number, max: number];
  cell(row: Row, width: number): string;
}

export interface TableOptions {
  readonly width: number;
  readonly height: number;
  readonly look: Look;
  /** Title of the column it is sorted by, and its direction. */
  readonly sorted?: { readonly title: string; readonly ascending: boolean };
  /** Index of the chosen row; the rows scroll so that it is seen. */
  readonly selected?: number;
}

const GAP = 2;
/** Columns from this priority on go before any text is shortened. */
const SPARE_PRIORITY = 5;

/** Title line and rows, at most `height` lines, none wider than `width`. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], options: TableOptions): string[] {
  const { width, height, look, selected = -1 } = options;
  const from = Math.max(0, Math.min(selected - (height - 2), rows.length - (height - 1)));
  const shown = rows.slice(Math.max(0, from), Math.max(0, from) + height - 1);
  const measured = columns.map((column) => measure(column, shown, options));
  const kept = widths(measured, width);
  const header = kept
    .map(({ column, columns: room }) => align(titleOf(column, options), room, column.right))
    .join(GAP_TEXT);
  const lines = shown.map((row, index) => {
    const line = kept.map(({ column, columns: room }) => align(cellText(column, row, room), room, column.right));
    const text = toWidth(line.join(GAP_TEXT), width);
    return from + index === selected ? look.paint('inverse', text) : text;
  });
  return [look.paint('dim', toWidth(header, width)), ...lines].slice(0, height);
}

const GAP_TEXT = ' '.repeat(GAP);

interface Measured<Row> {
  readonly column: Column<Row>;
  /** As wide as its widest cell. */
  readonly natural: number;
  columns: number;
}

function measure<Row>(column: Column<Row>, rows: readonly Row[], options: TableOptions): Measured<Row> {
  const title = lineWidth(titleOf(column, options));
  const natural =
    column.flexible !== undefined
      ? Math.max(title, column.flexible[0])
      : rows.reduce((most, row) => Math.max(most, lineWidth(column.cell(row, 0))), title);
  return { column, natural, columns: natural };
}

function widths<Row>(measured: readonly Measured<Row>[], width: number): readonly Measured<Row>[] {
  let kept = [...measured];
  const total = () => kept.reduce((sum, { columns }) => sum + columns, 0) + GAP * (kept.length - 1);
  const shrink = (): void => {
    for (const one of kept) {
      const over = total() - width;
      const least = one.column.shrinkTo;
      if (over > 0 && least !== undefined) one.columns = Math.max(Math.min(least, one.columns), one.columns - over);
    }
  };
  const dropDownTo = (priority: number): void => {
    while (total() > width && kept.length > 1) {
      const least = kept.reduce((worst, one) => (one.column.priority >= worst.column.priority ? one : worst));
      if (least.column.priority < priority) return;
      kept = kept.filter((one) => one !== least);
    }
  };
  dropDownTo(SPARE_PRIORITY);
  shrink();
  dropDownTo(0);
  // A dropped column may have left more room than was needed: shortened text gets it back.
  for (const one of kept) {
    const room = width - total();
    if (room > 0 && one.columns < one.natural) one.columns = Math.min(one.natural, one.columns + room);
  }
  for (const one of kept) {
    const most = one.column.flexible?.[1];
    if (most !== undefined) one.columns = Math.max(one.columns, Math.min(most, one.columns + width - total()));
  }
  return kept;
}

function titleOf<Row>({ title }: Column<Row>, { sorted, look }: TableOptions): string {
  if (sorted?.title !== title) return title;
  return title + (sorted.ascending ? look.mark.up : look.mark.down);
}

function cellText<Row>(column: Column<Row>, row: Row, room: number): string {
  const text = column.cell(row, room);
  return column.shrinkTo !== undefined && lineWidth(text) > room ? shorten(text, room) : text;
}

function align(text: string, room: number, right: boolean | undefined): string {
  return right === true ? toWidthRight(text, room) : toWidth(text, room);
}
