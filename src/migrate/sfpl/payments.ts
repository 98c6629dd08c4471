import { DEFAULT_ACCOUNT } from '../../event/limits.ts';
import { PAYMENT_COLUMN_OF } from '../../event/sfpl/names.ts';
import { PAYMENTS } from '../../event/tables/payment.ts';
import type { ColumnPlan } from '../column.ts';
import { amountColumn, idColumn, tablePlan, textColumn, timeColumn } from './columns.ts';
import { derivedId, idOf } from './ids.ts';
import { needColumn, type SourceColumn, type SourceTable } from './schema.ts';
import { currencyOf, isCurrency, memberOf, objectOf, textOf } from './values.ts';

const AMOUNTS: ReadonlySet<string> = new Set(
  PAYMENTS.columns.filter(({ blockType }) => blockType === 'Decimal(18, 4)').map(({ name }) => name),
);
const RULED: ReadonlySet<string> = new Set([
  'payment_id',
  'account',
  'received_at',
  'paid_at',
  'currency',
  'properties',
]);
const TEXTS: ReadonlySet<string> = new Set(
  PAYMENTS.columns.filter(({ name, blockType }) => blockType === 'String' && !RULED.has(name)).map(({ name }) => name),
);

/** `payments` of that tracker by the same names as payments that come over `/tr/v1/ltv`. */
export function paymentsPlan(table: SourceTable, cutoff: string) {
  const of = (name: string) => table.columns.get(name);
  const text = (name: string) => textOf(of(name));
  const created = needColumn(table, 'created_at');
  const identity = ['created_at', 'oid', 'uid', 'vid', 'orid', 'invid', 'product_id', 'product', 'revenue'];
  const members = new Map<string, string>();
  const mapped = new Map<string, SourceColumn>();
  for (const column of table.columns.values()) {
    const ours = PAYMENT_COLUMN_OF.get(column.name) ?? column.name;
    // Over the wire `payment` is how it was paid; in that table it is how much.
    const fits = ours === 'method' ? column.type === 'String' : TEXTS.has(ours) || AMOUNTS.has(ours);
    if (fits && !mapped.has(ours)) mapped.set(ours, column);
    else if (!TAKEN.has(column.name)) members.set(column.name, memberOf(column.name, column));
  }
  if (of('currency') !== undefined)
    members.set('currency', `if(${isCurrency(text('currency'))}, '', ${memberOf('currency', of('currency')!)})`);
  const columns: ColumnPlan[] = [
    idColumn('payment_id', 'id', idOf(of('id'), 'payments', derivedId('payments', identity.map(text)))),
    textColumn('account', 'oid', `if(${text('oid')} = '', '${DEFAULT_ACCOUNT}', ${text('oid')})`),
    timeColumn('received_at', created),
    timeColumn('paid_at', of('paid_at') ?? created),
    ...[...mapped].map(([ours, column]) =>
      AMOUNTS.has(ours) ? amountColumn(ours, column) : textColumn(ours, column.name, textOf(column)),
    ),
    textColumn('currency', 'currency', currencyOf(text('currency'))),
    textColumn('properties', 'all other columns', objectOf(members, null)),
  ];
  return tablePlan(table, { target: 'payments', columns, cutoff, notes: [] });
}

/** Columns with a rule of their own. */
const TAKEN: ReadonlySet<string> = new Set(['id', 'oid', 'created_at', 'updated_at', 'paid_at', 'currency']);
