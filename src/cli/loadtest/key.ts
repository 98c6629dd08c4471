import { TrackflowError } from '../../errors/error.ts';
import { checkAdmission } from '../../loadtest/server/admission.ts';
import type { Instance } from '../instance.ts';
import { readSecretFile } from '../secret-file.ts';
import type { LoadFlags } from './load-flags.ts';

const KEY_CHARS_MAX = 8_192;
/** What a bearer token is made of (RFC 6750, 2.1): nothing of it ends a line of a request's head. */
const TOKEN = /^[\w.~+/-]+=*$/;

/**
 * The key in the file that `--key-file` names, a key of ours or a token of the issuer; null when it names none. Before a
 * plan is made, since it asks the collector, which is at `url` unless the flags say otherwise, whether that will do.
 * Throws TF_PERMISSION when it will not or others may read the file, TF_INPUT when no key is in it, and what `fileError` gives.
 */
export async function admittedKey(instance: Instance, flags: LoadFlags, url: string): Promise<string | null> {
  const file = flags['key-file'];
  const key = file === undefined ? null : readKey(file);
  await checkAdmission({ url: flags.url ?? url, key }, instance.signal);
  return key;
}

function readKey(path: string): string {
  const key = readSecretFile('--key-file', path).trim();
  if (key.length <= KEY_CHARS_MAX && TOKEN.test(key)) return key;
  throw new TrackflowError(
    'TF_INPUT',
    `--key-file ${path} holds no key; allowed is one line: tf_wk_…, tf_sk_… or a token`,
    {
      hints: ['trackflow keys create server'],
    },
  );
}
