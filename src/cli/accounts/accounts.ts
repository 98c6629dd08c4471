import { createReadStream } from 'node:fs';
import type { Account, Limits } from '../../access/account.ts';
import { parseBytes } from '../../config/quantity.ts';
import type { AccountChange, AccountList, AccountsImported } from '../../control/access.ts';
import { TrackflowError } from '../../errors/error.ts';
import { fileError } from '../../errors/file-error.ts';
import { type Instance, shellWord } from '../instance.ts';

const IMPORT_BYTES_MAX = 48 * 1024 * 1024;

export interface AccountsDocument extends AccountList {
  readonly schema: 'trackflow.accounts/1';
}

export interface AccountDocument extends Account {
  readonly schema: 'trackflow.account/1';
}

export interface AccountChangeDocument extends AccountChange {
  readonly schema: 'trackflow.account-change/1';
}

export interface AccountsImportDocument extends AccountsImported {
  readonly schema: 'trackflow.accounts-import/1';
}

/** What can be said of an account on the command line. */
export interface AccountFlags {
  readonly name?: string | undefined;
  readonly origin?: readonly string[] | undefined;
  readonly retention?: string | undefined;
  readonly 'events-per-second'?: number | undefined;
  readonly 'bytes-per-second'?: string | undefined;
  readonly 'events-per-day'?: number | undefined;
  readonly 'bytes-per-day'?: string | undefined;
}

export async function listAccounts({ control }: Instance): Promise<AccountsDocument> {
  return { schema: 'trackflow.accounts/1', ...(await control.accounts()) };
}

export async function showAccount({ control }: Instance, id: string): Promise<AccountDocument> {
  return { schema: 'trackflow.account/1', ...(await control.account(id)) };
}

/** Says so when it is the first one, as from then on events of others are refused. */
export async function addAccount(instance: Instance, id: string, flags: AccountFlags): Promise<AccountChangeDocument> {
  const { control, say } = instance;
  const isFirst = (await control.accounts()).accounts.length === 0;
  const change = await control.addAccount({ id, ...accountFrom(flags) });
  if (isFirst) say('this is the first account: from now on events for any other one are answered 404');
  return changed(change);
}

export async function pauseAccount({ control }: Instance, id: string): Promise<AccountChangeDocument> {
  return changed(await control.changeAccount(id, { active: false }));
}

export async function resumeAccount({ control }: Instance, id: string): Promise<AccountChangeDocument> {
  return changed(await control.changeAccount(id, { active: true }));
}

/** Its events stay. Throws TF_USAGE without `confirmed`. */
export async function removeAccount(
  instance: Instance,
  id: string,
  confirmed: boolean,
): Promise<AccountChangeDocument> {
  if (!confirmed) {
    const message = `this removes account ${JSON.stringify(id)}, and its events are answered 404; add --yes to do it`;
    throw new TrackflowError('TF_USAGE', message, { hints: [`trackflow accounts pause ${shellWord(id)}`] });
  }
  return changed(await instance.control.removeAccount(id));
}

/** Reads one JSON object a line, or an array of them; `-` is stdin. Throws TF_INPUT with the line, or what a file throws. */
export async function importAccounts({ control }: Instance, file: string): Promise<AccountsImportDocument> {
  const accounts = accountsOf(await readAll(file));
  return { schema: 'trackflow.accounts-import/1', ...(await control.importAccounts(accounts)) };
}

function changed(change: AccountChange): AccountChangeDocument {
  return { schema: 'trackflow.account-change/1', ...change };
}

function accountFrom(flags: AccountFlags): object {
  const { name, origin, retention } = flags;
  return {
    ...(name !== undefined && { name }),
    ...(origin !== undefined && { origins: origin }),
    ...(retention !== undefined && { retentionDays: daysOf(retention) }),
    limits: limitsFrom(flags),
  };
}

/** The limits that flags name; the others are left out. Throws TF_USAGE for what is no size. */
export function limitsFrom(flags: AccountFlags): Partial<Limits> {
  return {
    ...(flags['events-per-second'] !== undefined && { eventsPerSecond: flags['events-per-second'] }),
    ...(flags['events-per-day'] !== undefined && { eventsPerDay: flags['events-per-day'] }),
    ...(flags['bytes-per-second'] !== undefined && { bytesPerSecond: sizeOf(flags['bytes-per-second']) }),
    ...(flags['bytes-per-day'] !== undefined && { bytesPerDay: sizeOf(flags['bytes-per-day']) }),
  };
}

function sizeOf(text: string): number {
  const bytes = parseBytes(text);
  if (bytes !== undefined) return bytes;
  throw new TrackflowError('TF_USAGE', `${JSON.stringify(text)} is no size; write 65536, 64KiB or 1MiB`);
}

function daysOf(text: string): number {
  if (text === 'forever') return 0;
  const days = /^(\d{1,5})d?$/.exec(text)?.[1];
  if (days !== undefined && Number(days) > 0) return Number(days);
  throw new TrackflowError('TF_USAGE', `${JSON.stringify(text)} is no retention; write 90d or forever`);
}

function accountsOf(text: string): unknown[] {
  if (text.trimStart().startsWith('[')) return parse(text, 'the array') as unknown[];
  return text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [parse(line, `line ${index + 1}`)]));
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TrackflowError('TF_INPUT', `${where} is no JSON: ${(cause as Error).message}`, { cause });
  }
}

async function readAll(file: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
      bytes += (chunk as Uint8Array).length;
      if (bytes > IMPORT_BYTES_MAX) break;
      chunks.push(chunk as Uint8Array);
    }
  } catch (cause) {
    throw fileError(cause, 'read', file);
  }
  if (bytes <= IMPORT_BYTES_MAX) return Buffer.concat(chunks).toString();
  throw new TrackflowError('TF_INPUT', `${file} has more than ${IMPORT_BYTES_MAX} bytes: import it in parts`);
}
