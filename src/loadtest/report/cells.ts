/**
 * `values` over exactly `columns` cells, NaN where none is known: several values a cell become their mean or their
 * maximum, and a value takes several cells when there are fewer of them.
 */
export function cells(values: readonly (number | null)[], columns: number, of: 'mean' | 'max'): number[] {
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / columns));
    const known = values.slice(from, to).filter((value) => value !== null);
    if (known.length === 0) return Number.NaN;
    if (of === 'max') return known.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}
