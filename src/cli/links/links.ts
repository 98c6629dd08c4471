import { TrackflowError } from '../../errors/error.ts';
import type { Link } from '../../registry/link.ts';
import type { LinkHistory } from '../../registry/registry.ts';
import { terminalText } from '../../terminal/text.ts';
import type { Instance } from '../instance.ts';
import { pairs, table } from '../terminal/table.ts';
import { timeText } from '../terminal/units.ts';

export interface LinkDocument extends Link {
  readonly schema: 'trackflow.link/1';
}

export interface LinkListDocument {
  readonly schema: 'trackflow.links/1';
  readonly links: readonly Link[];
}

export interface LinkHistoryDocument extends LinkHistory {
  readonly schema: 'trackflow.link-history/1';
}

/** Makes `from` lead to `to`, also where it led elsewhere before. Throws TF_USAGE for what is no address. */
export async function createLink(
  { control }: Instance,
  from: string,
  to: string,
  account: string,
): Promise<LinkDocument> {
  const link = { from: addressOf(from), to: targetOf(to), account };
  return { schema: 'trackflow.link/1', ...(await control.registry.putLink(link)) };
}

export async function listLinks(
  { control }: Instance,
  filter: { readonly account?: string | undefined; readonly host?: string | undefined },
): Promise<LinkListDocument> {
  return { schema: 'trackflow.links/1', links: await control.registry.links(filter) };
}

export async function showLink({ control }: Instance, from: string): Promise<LinkHistoryDocument> {
  return { schema: 'trackflow.link-history/1', ...(await control.registry.showLink(addressOf(from))) };
}

export async function disableLink({ control }: Instance, from: string): Promise<LinkDocument> {
  return { schema: 'trackflow.link/1', ...(await control.registry.disableLink(addressOf(from))) };
}

export function linkScreen({ host, path, target, disabled }: Link): string {
  return `${terminalText(host + path)} ${disabled ? 'leads nowhere any more' : `leads to ${terminalText(target)}`}`;
}

export function linkListScreen({ links }: LinkListDocument, instance: Instance): string {
  if (links.length === 0) return `no links\n  next: ${instance.commandLine('links create HOST/PATH URL')}`;
  const columns = [{ title: 'LINK' }, { title: 'LEADS TO' }, { title: 'ACCOUNT' }, { title: 'CHANGED' }];
  return table(
    columns,
    links.map(({ host, path, target, disabled, account, changedAt }) => [
      host + path,
      disabled ? '(disabled)' : target,
      account,
      timeText(changedAt),
    ]),
  );
}

export function linkHistoryScreen(link: LinkHistoryDocument): string {
  const rows = link.changes.map(({ at, change, target }): [string, string] => [
    timeText(at),
    `${change}${change === 'disabled' ? '' : ` ${terminalText(target)}`}`,
  ]);
  return `${linkScreen(link)}\n${pairs(rows)}`;
}

/** `shop.example/sale` may be typed without its scheme. Throws TF_USAGE for what is no address. */
function addressOf(text: string): string {
  const address = /^[a-z]+:\/\//i.test(text) ? text : `https://${text}`;
  if (URL.canParse(address)) return address;
  throw new TrackflowError('TF_USAGE', `LINK ${JSON.stringify(text)} is no address; write one like shop.example/sale`);
}

/** Where a link leads is written out: http or https makes a difference there. */
function targetOf(text: string): string {
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text;
  throw new TrackflowError(
    'TF_USAGE',
    `TARGET ${JSON.stringify(text)} is no address; write it with http:// or https://`,
  );
}
