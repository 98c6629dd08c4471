import type { KeyKind } from '../../access/key.ts';
import type { AuditEntry, KeyList, KeyMade, KeyRevoked } from '../../control/access.ts';
import { TrackflowError } from '../../errors/error.ts';
import { type AccountFlags, limitsFrom } from '../accounts/accounts.ts';
import { type Instance, shellWord } from '../instance.ts';

const AUDIT_LISTED = 1_000;

export interface KeysDocument extends KeyList {
  readonly schema: 'trackflow.keys/1';
  /** What was changed, the newest first; left out unless asked for. */
  readonly audit?: readonly AuditEntry[];
}

export interface KeyMadeDocument extends KeyMade {
  readonly schema: 'trackflow.key/1';
}

export interface KeyRevokedDocument extends KeyRevoked {
  readonly schema: 'trackflow.key-revoked/1';
}

export interface KeyFlags extends AccountFlags {
  readonly account?: readonly string[] | undefined;
  /** Milliseconds from now. */
  readonly expires?: number | undefined;
}

export async function listKeys({ control }: Instance, { audit }: { readonly audit: boolean }): Promise<KeysDocument> {
  const list = await control.keys();
  return { schema: 'trackflow.keys/1', ...list, ...(audit && { audit: await control.audit(AUDIT_LISTED) }) };
}

/** `now` in milliseconds since the epoch. Says so when it is for an account that there is not. */
export async function createKey(
  instance: Instance,
  kind: KeyKind,
  flags: KeyFlags,
  now: number,
): Promise<KeyMadeDocument> {
  // Before it is made: what fails afterwards would take the key along, which is shown once.
  await sayUnknownAccounts(instance, flags.account ?? []);
  const made = await instance.control.createKey({
    kind,
    name: flags.name,
    accounts: flags.account,
    limits: limitsFrom(flags),
    expiresAt: flags.expires === undefined ? null : now + flags.expires,
  });
  return { schema: 'trackflow.key/1', ...made };
}

async function sayUnknownAccounts({ control, say, commandLine }: Instance, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const { accounts } = await control.accounts();
  // With none defined, events may be for any.
  if (accounts.length === 0) return;
  for (const id of ids.filter((wanted) => !accounts.some((account) => account.id === wanted))) {
    say(`there is no account ${JSON.stringify(id)} yet: ${commandLine(`accounts add ${shellWord(id)}`)}`);
  }
}

/** The old key stays good for `overlapMs`. */
export async function rotateKey({ control }: Instance, id: string, overlapMs: number): Promise<KeyMadeDocument> {
  return { schema: 'trackflow.key/1', ...(await control.rotateKey(keyId(id), overlapMs)) };
}

export async function revokeKey({ control }: Instance, id: string): Promise<KeyRevokedDocument> {
  return { schema: 'trackflow.key-revoked/1', ...(await control.revokeKey(keyId(id))) };
}

/** Throws TF_USAGE for what is no id: a key itself stands in the shell's history by then. */
function keyId(text: string): string {
  if (/^[0-9A-Za-z]{13}$/.test(text)) return text;
  const what = text.startsWith('tf_') ? 'this is a key' : `${JSON.stringify(text)} is no id of a key`;
  throw new TrackflowError('TF_USAGE', `${what}; give its id, the 13 characters behind the prefix`, {
    hints: ['trackflow keys list'],
  });
}
