import { randomUUID } from 'node:crypto';
import { TrackflowError } from '../../errors/error.ts';
import { type ProbeEvent, sendProbe } from './probe-event.ts';

/** No credential or a wrong one, one that is not for this, no such account. */
const REFUSED: ReadonlySet<number> = new Set([401, 403, 404]);
const TOLD_CHARS_MAX = 200;

/**
 * Sends one event, under an account of its own like the run's, so that a load test that may not send at all says so before
 * it begins and does not report thousands of refusals. A collector that is away or fails is none of its business: the run
 * tells of that. Throws TF_PERMISSION.
 */
export async function checkAdmission(
  { url, key }: Pick<ProbeEvent, 'url' | 'key'>,
  signal: AbortSignal,
): Promise<void> {
  const answer = await sendProbe({ url, run: 'admission', key, eventId: randomUUID() }, signal).catch(() => null);
  if (answer === null) return;
  const body = await answer.text().catch(() => '');
  if (!REFUSED.has(answer.status)) return;
  throw new TrackflowError(
    'TF_PERMISSION',
    `${url} does not take the events of a load test: ${answer.status} ${told(body)}`.trimEnd(),
    { hints: [answer.status === 401 ? ABOUT_KEYS : ABOUT_ACCOUNTS] },
  );
}

const ABOUT_KEYS =
  'trackflow keys create server, and put the key into a file of yours alone: trackflow loadtest --key-file FILE';
const ABOUT_ACCOUNTS =
  'a load test has accounts of its own: it takes an instance that lets in any, and a write or server key for all accounts';

/** The collector's own words, of the request or of its event. */
function told(body: string): string {
  try {
    const { error, rejected } = JSON.parse(body) as {
      readonly error?: { readonly message?: unknown };
      readonly rejected?: readonly { readonly message?: unknown }[];
    };
    return String(error?.message ?? rejected?.[0]?.message ?? '').slice(0, TOLD_CHARS_MAX);
  } catch {
    return '';
  }
}
