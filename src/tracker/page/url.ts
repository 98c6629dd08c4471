import { attempt } from '../attempt.ts';
import { URL_CHARS_MAX } from '../limits.ts';

/**
 * Makes a function that takes out of a URL the query parameters that are not allowed: they carry mail addresses, tokens
 * and searches. `utm_…` is always allowed; `params` lists others, with commas between them. The fragment goes too, unless
 * `keepHash`. What is no URL becomes undefined.
 */
export function urlCleaner(params: string | null | undefined, keepHash: boolean) {
  return (text: string | Location): string | undefined =>
    attempt(() => {
      const url = new URL(text as string);
      for (const key of [...url.searchParams.keys()]) {
        if (!/^utm_/.test(key) && !`,${params},`.includes(`,${key},`)) url.searchParams.delete(key);
      }
      if (!keepHash) url.hash = '';
      return url.href.slice(0, URL_CHARS_MAX);
    });
}
