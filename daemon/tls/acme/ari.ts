import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { type RenewalWindow, renewalId } from './renewal.ts';

const TIMEOUT_MS = 10_000;
const directorySchema = z.object({ renewalInfo: z.url().optional() });
const infoSchema = z.object({
  suggestedWindow: z.object({ start: z.coerce.date(), end: z.coerce.date() }),
});

export interface AriOptions {
  readonly directoryUrl: string;
  /** Root that the directory is trusted by; undefined: the usual ones. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Asks the authority when it would have a certificate renewed (RFC 9773): earlier than two thirds of its life when it is
 * to be revoked. Undefined where the authority has no opinion. Rejects when it cannot be asked.
 */
export async function suggestedWindow(cert: string, options: AriOptions): Promise<RenewalWindow | undefined> {
  const id = renewalId(cert);
  if (id === undefined) return undefined;
  const { renewalInfo } = directorySchema.parse(await getJson(options.directoryUrl, options));
  if (renewalInfo === undefined) return undefined;
  const { suggestedWindow: window } = infoSchema.parse(
    await getJson(`${renewalInfo.replace(/\/$/, '')}/${id}`, options),
  );
  return { start: window.start.getTime(), end: window.end.getTime() };
}

function getJson(url: string, { ca, signal }: AriOptions): Promise<unknown> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  return new Promise((resolve, reject) => {
    const options = ca === undefined ? { signal: either } : { signal: either, ca };
    get(url, options, (response) => {
      if (response.statusCode === 200) text(response).then(JSON.parse).then(resolve, reject);
      else reject(new Error(`${url} answered ${response.statusCode}`));
    }).on('error', reject);
  });
}
