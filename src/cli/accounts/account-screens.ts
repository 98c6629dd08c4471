import type { Account, Limits } from '../../access/account.ts';
import { terminalText } from '../../terminal/text.ts';
import type { Instance } from '../instance.ts';
import type { Style } from '../terminal/style.ts';
import { pairs, table } from '../terminal/table.ts';
import { bytesText, countText } from '../terminal/units.ts';
import type { AccountChangeDocument, AccountsDocument, AccountsImportDocument } from './accounts.ts';

const COLUMNS = [
  { title: 'ACCOUNT' },
  { title: 'NAME' },
  { title: 'STATE' },
  { title: 'ORIGINS' },
  { title: 'LIMITS' },
  { title: 'RETENTION' },
];

export function accountsScreen({ accounts, source }: AccountsDocument, instance: Instance): string {
  if (accounts.length === 0) {
    return source === 'here'
      ? `no accounts: events may be for any\n  next: ${instance.commandLine('accounts add NAME')}`
      : 'no accounts in the other database (access.accountsFrom)';
  }
  return table(
    COLUMNS,
    accounts.map((account) => [
      account.id,
      account.name,
      stateOf(account),
      account.origins.join(' ') || 'any',
      limitsText(account.limits),
      retentionText(account),
    ]),
  );
}

export function accountScreen(account: Account, style: Style): string {
  const state = account.active ? style.good('active') : style.warn('paused');
  return [
    style.bold(`account ${terminalText(account.id)}`),
    pairs([
      ['name', terminalText(account.name)],
      ['state', state],
      ['origins', terminalText(account.origins.join(' ') || 'any')],
      ['limits', limitsText(account.limits)],
      ['retention', retentionText(account)],
    ]),
  ].join('\n');
}

export function accountChangeScreen({ account, changed }: AccountChangeDocument, what: string): string {
  return `account ${terminalText(account.id)} ${changed ? '' : 'was '}${what}${changed ? '' : ' already'}`;
}

export function importScreen({ added, changed, unchanged }: AccountsImportDocument): string {
  return `accounts added: ${countText(added)}, changed: ${countText(changed)}, as they were: ${countText(unchanged)}`;
}

/** `1,000 events/s, 10.0 MiB/day`. */
export function limitsText(limits: Limits): string {
  const { eventsPerSecond, bytesPerSecond, eventsPerDay, bytesPerDay } = limits;
  const parts = [
    ...(eventsPerSecond > 0 ? [`${countText(eventsPerSecond)} events/s`] : []),
    ...(bytesPerSecond > 0 ? [`${bytesText(bytesPerSecond)}/s`] : []),
    ...(eventsPerDay > 0 ? [`${countText(eventsPerDay)} events/day`] : []),
    ...(bytesPerDay > 0 ? [`${bytesText(bytesPerDay)}/day`] : []),
  ];
  return parts.join(', ') || 'none of its own';
}

function stateOf({ active }: Account): string {
  return active ? 'active' : 'paused';
}

function retentionText({ retentionDays }: Account): string {
  if (retentionDays === null) return 'as configured';
  return retentionDays === 0 ? 'forever' : `${retentionDays} days`;
}
