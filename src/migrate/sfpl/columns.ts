import { chText } from '../clickhouse/quote.ts';
import type { ColumnPlan, OrderPlan, TablePlan } from '../column.ts';
import { needColumn, type SourceColumn, type SourceTable } from './schema.ts';
import { amountOf, momentOf, rawOf, timeOf } from './values.ts';

const base = { store: '{}', nullable: false, ordered: false, loss: null } as const;
const AS_IT_IS = '{}';

/** A text of ours; `read` is SQL that gives it. */
export function textColumn(name: string, from: string, read: string): ColumnPlan {
  return {
    ...base,
    name,
    from,
    type: 'String',
    read,
    wire: 'String',
    canonical: { source: AS_IT_IS, target: 'toString({})' },
  };
}

/** The id of a row, by which it is known again wherever else it is. Comes first in a plan. */
export function idColumn(name: string, from: string, read: string): ColumnPlan {
  return {
    ...base,
    name,
    from,
    type: 'UUID',
    read,
    wire: 'UUID',
    canonical: { source: AS_IT_IS, target: 'toString({})' },
  };
}

export function timeColumn(name: string, column: SourceColumn): ColumnPlan {
  const { text, loss } = timeOf(column);
  const type = "DateTime64(3, 'UTC')";
  return {
    ...base,
    ...{ name, from: fromOf(column), type, read: text, wire: type },
    canonical: { source: AS_IT_IS, target: 'toString({})' },
    ordered: true,
    loss: {
      of: 'some',
      condition: loss,
      what: 'what is finer than a millisecond is cut; NULL and times before 1970 or after 2299 become the nearest',
    },
  };
}

/** An amount as ours are; `column` is undefined where that tracker has none. */
export function amountColumn(name: string, column: SourceColumn | undefined): ColumnPlan {
  const { text, loss } = amountOf(column);
  const type = 'Decimal(18, 4)';
  return {
    ...base,
    ...{ name, from: column === undefined ? 'nothing' : fromOf(column), type, read: text, wire: type },
    canonical: { source: AS_IT_IS, target: 'toDecimalString({}, 4)' },
    ordered: true,
    loss: { of: 'some', condition: loss, what: 'what is no finite number, or beyond the largest amount, becomes 0' },
  };
}

export function wholeColumn(name: string, column: SourceColumn | undefined): ColumnPlan {
  const raw =
    column === undefined ? '0' : `toInt64(${column.nullable ? `ifNull(${rawOf(column)}, 0)` : rawOf(column)})`;
  const from = column === undefined ? 'nothing' : fromOf(column);
  return {
    ...base,
    name,
    from,
    type: 'Int64',
    read: `toString(${raw})`,
    wire: 'Int64',
    canonical: { source: AS_IT_IS, target: 'toString({})' },
  };
}

/** Keys, or in a group of its own a value that holds nothing further. */
const LEAF = String.raw`"(?:[^"\\]|\\.)*"\s*:|("(?:[^"\\]|\\.)*"|[^\]\[,}{:"\s]+)`;

/**
 * Every value of a JSON text, in an order of its own: ClickHouse keeps paths and values of a JSON column, not its text. Texts
 * are compared without their escapes, numbers as the number they are.
 */
function leavesOf(json: string): string {
  const pattern = LEAF.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  const leaf = `multiIf(startsWith(v, '"'), concat('"', JSONExtractString(v)), match(v, '^-?[0-9]{1,18}$'), toString(toInt64OrZero(v)),
    isNotNull(toFloat64OrNull(v)), toString(toFloat64OrZero(v)), v)`;
  return `arrayStringConcat(arraySort(arrayMap(v -> ${leaf}, arrayFilter(v -> v NOT IN ('', 'null'), extractAll(${json}, '${pattern}')))), '\\x1d')`;
}

/** A JSON object that becomes a JSON column. */
export function jsonColumn(name: string, from: string, read: string): ColumnPlan {
  const type = 'JSON(max_dynamic_paths=256)';
  const canonical = { source: leavesOf('{}'), target: leavesOf('toJSONString({})') };
  return { ...base, name, from, type, read, wire: type, canonical };
}

/** For the plan that people read. */
export function fromOf({ name, type, nullable }: SourceColumn): string {
  return nullable ? `${name} Nullable(${type})` : `${name} ${type}`;
}

/**
 * The plan of a table without how many rows it has; `columns` begin with the id. Its rows are those of before `cutoff`
 * (`YYYY-MM-DD hh:mm:ss.mmm` in UTC), and those of times that are still to come.
 */
export function tablePlan(
  table: SourceTable,
  parts: Pick<TablePlan, 'target' | 'columns' | 'notes'> & { readonly cutoff: string },
): Omit<TablePlan, 'rows' | 'bytes' | 'parts'> {
  const created = needColumn(table, 'created_at');
  const updated = table.columns.get('updated_at');
  const order: OrderPlan = {
    moment: momentOf(created),
    type: momentType(created),
    newest: updated === undefined ? '' : momentOf(updated),
  };
  const cutoff = `CAST(${chText(parts.cutoff)}, ${chText(order.type)})`;
  return {
    source: table.name,
    target: parts.target,
    create: null,
    batchColumn: 'batch',
    columns: parts.columns,
    joins: '',
    // What is far ahead is no row of the time since, but one of a clock that was wrong.
    where: `(${order.moment} < ${cutoff} OR ${order.moment} > ${cutoff} + INTERVAL 1 DAY)`,
    key: { column: 'created_at', type: order.type },
    order,
    notes: parts.notes,
  };
}

/** The type of `momentOf`, in UTC. */
function momentType({ type }: SourceColumn): string {
  const precision = /^DateTime64\((\d)/.exec(type)?.[1] ?? '3';
  return `DateTime64(${precision}, 'UTC')`;
}
