import { DEFAULT_ACCOUNT } from '../../event/limits.ts';
import { AGREEMENT_COLUMN_OF } from '../../event/sfpl/names.ts';
import { AGREEMENTS } from '../../event/tables/agreement.ts';
import type { ColumnPlan } from '../column.ts';
import { idColumn, tablePlan, textColumn, timeColumn, wholeColumn } from './columns.ts';
import { ADDRESSES, isCountry } from './events.ts';
import { derivedId } from './ids.ts';
import { needColumn, type SourceTable } from './schema.ts';
import { memberOf, momentOf, objectOf, textOf } from './values.ts';

const RULED: ReadonlySet<string> = new Set(['agreement_id', 'account', 'ip', 'country', 'jurisdiction', 'properties']);
const TEXTS: ReadonlySet<string> = new Set(
  AGREEMENTS.columns
    .filter(({ name, blockType }) => blockType === 'String' && !RULED.has(name))
    .map(({ name }) => name),
);
/** Columns with a rule of their own. */
const TAKEN: ReadonlySet<string> = new Set(['oid', 'created_at', 'updated_at', 'cflags', 'country', ...ADDRESSES]);

/**
 * `agreements` and `agreed` of that tracker, which hold the same agreements, by the same names as those that come over
 * `/tr/v1/ppi/agree`. They have no id: who, for whom, when and what make one.
 */
export function agreementsPlan(table: SourceTable, cutoff: string, keepAddresses: boolean) {
  const of = (name: string) => table.columns.get(name);
  const text = (name: string) => textOf(of(name));
  const created = needColumn(table, 'created_at');
  needColumn(table, 'vid');
  const members = new Map<string, string>();
  const texts: ColumnPlan[] = [];
  for (const column of table.columns.values()) {
    const ours = AGREEMENT_COLUMN_OF.get(column.name) ?? column.name;
    if (TEXTS.has(ours)) texts.push(textColumn(ours, column.name, textOf(column)));
    else if (!TAKEN.has(column.name)) members.set(column.name, memberOf(column.name, column));
  }
  const country = of('country');
  if (country !== undefined)
    members.set('country', `if(${isCountry(text('country'))}, '', ${memberOf('country', country)})`);
  const moment = `toString(toTimeZone(${momentOf(created)}, 'UTC'))`;
  const columns: ColumnPlan[] = [
    idColumn(
      'agreement_id',
      'vid, oid, created_at, cflags',
      derivedId('agreements', [text('vid'), text('oid'), moment, text('cflags')]),
    ),
    textColumn('account', 'oid', `if(${text('oid')} = '', '${DEFAULT_ACCOUNT}', ${text('oid')})`),
    timeColumn('received_at', created),
    wholeColumn('flags', of('cflags')),
    ...texts,
    textColumn('country', 'country', `if(${isCountry(text('country'))}, upper(${text('country')}), '')`),
    ...(keepAddresses && of('ip') !== undefined ? [textColumn('ip', 'ip', text('ip'))] : []),
    textColumn('properties', 'all other columns', objectOf(members, null)),
  ];
  return tablePlan(table, { target: 'agreements', columns, cutoff, notes: [] });
}
