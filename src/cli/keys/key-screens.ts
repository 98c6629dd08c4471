import type { KeyReport } from '../../control/access.ts';
import { terminalJson } from '../../terminal/text.ts';
import type { Instance } from '../instance.ts';
import type { Style } from '../terminal/style.ts';
import { pairs, table } from '../terminal/table.ts';
import { timeText } from '../terminal/units.ts';
import type { KeyMadeDocument, KeyRevokedDocument, KeysDocument } from './keys.ts';

const COLUMNS = [
  { title: 'ID' },
  { title: 'KIND' },
  { title: 'NAME' },
  { title: 'STATE' },
  { title: 'ACCOUNTS' },
  { title: 'EXPIRES' },
  { title: 'LAST USED' },
];
const AUDIT_COLUMNS = [{ title: 'WHEN' }, { title: 'WHO' }, { title: 'DID' }, { title: 'TO' }, { title: 'DETAIL' }];

export function keysScreen({ keys, audit }: KeysDocument, instance: Instance): string {
  const none = `no keys\n  next: ${instance.commandLine('keys create write --account NAME')}`;
  const list = keys.length === 0 ? none : table(COLUMNS, keys.map(keyRow));
  if (audit === undefined) return list;
  const rows = audit.map(({ at, actor, action, subject, detail }) => [
    timeText(at),
    actor,
    action,
    subject,
    terminalJson(detail),
  ]);
  return `${list}\n\n${table(AUDIT_COLUMNS, rows)}`;
}

/** The key stands alone on its line, so that it can be taken from there. */
export function keyMadeScreen({ key, record, replaces }: KeyMadeDocument, style: Style): string {
  const old =
    replaces === null ? [] : [`key ${replaces.id} is good until ${timeText(replaces.expiresAt ?? record.createdAt)}`];
  return [
    style.bold(`${record.kind} key ${record.id}`),
    ...old,
    '',
    `  ${key}`,
    '',
    pairs([
      ['for', accountsText(record)],
      ['expires', record.expiresAt === null ? 'never' : timeText(record.expiresAt)],
      ['send it as', 'Authorization: Bearer <key>'],
    ]),
    '',
    style.warn('It is shown this once and kept nowhere: put it where it belongs now.'),
  ].join('\n');
}

export function keyRevokedScreen({ record, changed }: KeyRevokedDocument): string {
  return `key ${record.id} ${changed ? 'is revoked' : 'was revoked already'}`;
}

function keyRow(key: KeyReport): string[] {
  const { id, kind, name, state, replacedBy, expiresAt, lastUsedAt } = key;
  return [
    id,
    kind,
    name,
    replacedBy === null ? state : `${state}, replaced by ${replacedBy}`,
    accountsText(key),
    expiresAt === null ? 'never' : timeText(expiresAt),
    lastUsedAt === null ? 'never' : timeText(lastUsedAt),
  ];
}

function accountsText({ accounts }: KeyReport): string {
  return accounts.length === 0 ? 'all accounts' : accounts.join(' ');
}
