import { dropLeft } from '../../migrate/postgres/wal/slot.ts';
import { terminalText } from '../../terminal/text.ts';
import type { Instance } from '../instance.ts';
import { resolveSource } from './source.ts';

/** Slots and publications that killed migrations had left in a source, and that are no more. */
export interface SlotsReport {
  readonly schema: 'trackflow.migration-slots/1';
  readonly source: string;
  readonly dropped: readonly string[];
}

/** Drops those that nobody reads. Throws TF_USAGE, TF_INPUT and TF_ENGINE_UNAVAILABLE as a migration does. */
export async function dropSlots(
  { env, say }: Instance,
  flags: { readonly source?: string | undefined; readonly 'source-file'?: string | undefined },
): Promise<SlotsReport> {
  const access = resolveSource(flags, env, say);
  return { schema: 'trackflow.migration-slots/1', source: access.address.url, dropped: await dropLeft(access) };
}

export function slotsScreen({ dropped }: SlotsReport): string {
  return dropped.length === 0 ? 'nothing was left' : dropped.map((name) => `dropped ${terminalText(name)}`).join('\n');
}
