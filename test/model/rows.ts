import type { ModelRow } from './clickhouse-model.ts';
import type { Random } from './simulation.ts';

const ROWS_MAX = 8;
const MONTHS = [202610, 202611, 202612];

/** Rows of a batch, months mixed. Now and then two share an id, as rows of two accounts may. */
export function makeRows(random: Random, poison: number, prefix: string): Omit<ModelRow, 'batch'>[] {
  const months = MONTHS.slice(0, random.between(1, MONTHS.length));
  const twins = random.chance(0.1);
  return Array.from({ length: random.between(1, ROWS_MAX) }, (_, index) => ({
    id: `${prefix}${String.fromCharCode(97 + (twins ? index >> 1 : index))}`,
    month: random.pick(months),
    poison: random.chance(poison),
  }));
}

/** What is wrong: each good row must be in the table once, each poison row among the dead letters once, and no other. */
export function wrongRows(
  accepted: readonly Omit<ModelRow, 'batch'>[],
  table: readonly Omit<ModelRow, 'batch'>[],
  deadLetters: readonly Omit<ModelRow, 'batch'>[],
): string | null {
  const count = (rows: readonly Omit<ModelRow, 'batch'>[]) => {
    const counts = new Map<string, number>();
    for (const { id, month, poison } of rows) {
      const key = `${id} of ${month}${poison ? ' (poison)' : ''}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  };
  const [expected, stored, dead] = [count(accepted), count(table), count(deadLetters)];
  for (const [row, times] of expected) {
    const poison = row.endsWith(')');
    const [right, wrong] = poison ? [dead, stored] : [stored, dead];
    const [place, other] = poison ? ['dead letters', 'table'] : ['table', 'dead letters'];
    if (right.get(row) !== times) return `row ${row} is in the ${place} ${right.get(row) ?? 0} times, not ${times}`;
    if (wrong.has(row)) return `row ${row} is in the ${other}`;
  }
  for (const row of [...stored.keys(), ...dead.keys()]) if (!expected.has(row)) return `row ${row} was never accepted`;
  return null;
}
