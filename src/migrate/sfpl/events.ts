import { COLUMNS } from '../../event/columns.ts';
import { DEFAULT_ACCOUNT } from '../../event/limits.ts';
import { COLUMN_OF, UNNAMED } from '../../event/sfpl/names.ts';
import type { ColumnPlan } from '../column.ts';
import { amountColumn, idColumn, jsonColumn, tablePlan, textColumn, timeColumn } from './columns.ts';
import { derivedId, idOf } from './ids.ts';
import { needColumn, type SourceColumn, type SourceTable } from './schema.ts';
import { currencyOf, documentOf, isCurrency, memberOf, objectOf, textOf } from './values.ts';

/** Columns of that tracker whose name on the wire is another. */
const WIRE_NAME: ReadonlyMap<string, string> = new Map([
  ['auth', 'auth_id'],
  ['vp_w', 'w'],
  ['vp_h', 'h'],
]);

/** Left behind: the address, and a hash of it that can be undone by trying all addresses. */
export const ADDRESSES: ReadonlySet<string> = new Set(['ip', 'iphash']);

/** Columns of ours that a text of the wire becomes as it is. Name, place, language, device and screen have rules of their own. */
const TEXTS = [...COLUMN_OF].filter(([, ours]) => !['account', 'name', 'revenue'].includes(ours));
const RULED = [
  'eid',
  'created_at',
  'oid',
  'ename',
  'content',
  'culture',
  'params',
  'country',
  'region',
  'city',
  'vp_w',
  'vp_h',
  'currency',
];
const DEVICE = ['device', 'os', 'browser'] as const;
const PLACE_BYTES_MAX = 128;

/** `events` of that tracker by the same names as events that come over `/tr/v1`; see `src/event/sfpl/names.ts`. */
export function eventsPlan(table: SourceTable, cutoff: string, keepAddresses: boolean) {
  const of = (name: string) => table.columns.get(name);
  const text = (name: string) => textOf(of(name));
  const name = `multiIf(${text('ename')} != '', ${text('ename')}, ${text('content')} != '', ${text('content')}, ${text('etyp')} != '', ${text('etyp')}, '${UNNAMED}')`;
  const direct = TEXTS.filter(([wire]) => of(wire) !== undefined);
  const created = needColumn(table, 'created_at');
  const identity = ['created_at', 'vid', 'sid', 'uid', 'ename', 'etyp', 'url', 'last'];
  const columns: ColumnPlan[] = [
    idColumn('event_id', 'eid', idOf(of('eid'), 'events', derivedId('events', identity.map(text)))),
    textColumn('account', 'oid', `if(${text('oid')} = '', '${DEFAULT_ACCOUNT}', ${text('oid')})`),
    textColumn('name', 'ename, content, etyp', name),
    ...direct.map(([wire, ours]) => textColumn(ours, wire, text(wire))),
    timeColumn('occurred_at', created),
    timeColumn('received_at', created),
    ...placesOf(text),
    textColumn('utm_content', 'content', `if(${text('ename')} = '', '', ${text('content')})`),
    textColumn('language', 'culture', `trimBoth(splitByRegexp('[,;]', ${text('culture')})[1])`),
    ...DEVICE.filter((one) => of(one) !== undefined).map((one) => deviceColumn(one, text(one))),
    textColumn('screen', 'vp_w, vp_h', screenOf(of('vp_w'), of('vp_h'))),
    textColumn('host', 'url', `lower(domain(${text('url')}))`),
    textColumn('path', 'url', `path(${text('url')})`),
    textColumn('referrer_host', 'last', `lower(domain(${text('last')}))`),
    ...(of('revenue') === undefined ? [] : [amountColumn('revenue', of('revenue'))]),
    ...(of('currency') === undefined ? [] : [textColumn('currency', 'currency', currencyOf(text('currency')))]),
    ...(keepAddresses && of('ip') !== undefined ? [textColumn('ip', 'ip', text('ip'))] : []),
    jsonColumn('properties', 'params and all other columns', propertiesOf(table)),
  ];
  const left = ADDRESSES.has('ip') && !keepAddresses ? ['ip and iphash stay behind'] : ['iphash stays behind'];
  return tablePlan(table, { target: 'events', columns, cutoff, notes: left });
}

/** What a hit says of its device is a property, and fills its column where it fits. */
function deviceColumn(name: (typeof DEVICE)[number], text: string): ColumnPlan {
  const { maxBytes } = COLUMNS.find((column) => column.name === name)!;
  return textColumn(name, name, `if(length(${text}) <= ${maxBytes}, ${text}, '')`);
}

/** Country, region and city where they are such; else they are properties. */
function placesOf(text: (name: string) => string): ColumnPlan[] {
  const bounded = (name: string) =>
    textColumn(name, name, `if(length(${text(name)}) <= ${PLACE_BYTES_MAX}, ${text(name)}, '')`);
  return [
    textColumn('country', 'country', `if(${isCountry(text('country'))}, upper(${text('country')}), '')`),
    bounded('region'),
    bounded('city'),
  ];
}

export function isCountry(text: string): string {
  return `match(${text}, '^[A-Za-z]{2}$')`;
}

function screenOf(width: SourceColumn | undefined, height: SourceColumn | undefined): string {
  if (width === undefined || height === undefined) return `''`;
  const [w, h] = [textOf(width), textOf(height)];
  return `if(match(${w}, '^[1-9][0-9]{0,4}$') AND match(${h}, '^[1-9][0-9]{0,4}$'), concat(${w}, 'x', ${h}), '')`;
}

function propertiesOf({ columns }: SourceTable): string {
  const members = new Map<string, string>();
  const taken = new Set([...RULED, ...COLUMN_OF.keys(), ...ADDRESSES]);
  for (const column of columns.values()) {
    if (taken.has(column.name)) continue;
    const wire = WIRE_NAME.get(column.name) ?? column.name;
    members.set(wire, memberOf(wire, column));
  }
  const unless = (name: string, is: (text: string) => string) => {
    const column = columns.get(name);
    if (column !== undefined) members.set(name, `if(${is(textOf(column))}, '', ${memberOf(name, column)})`);
  };
  unless('country', isCountry);
  unless('currency', isCurrency);
  for (const name of ['region', 'city']) unless(name, (text) => `length(${text}) <= ${PLACE_BYTES_MAX}`);
  const screen = screenOf(columns.get('vp_w'), columns.get('vp_h'));
  for (const name of ['vp_w', 'vp_h']) {
    const [column, wire] = [columns.get(name), WIRE_NAME.get(name)!];
    if (column !== undefined) members.set(wire, `if(${screen} != '', '', ${memberOf(wire, column)})`);
  }
  return objectOf(members, documentOf(columns.get('params')));
}
