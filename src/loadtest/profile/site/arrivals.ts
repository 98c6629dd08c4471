import { hex32, mix } from '../hash.ts';
import { weighted } from './weighted.ts';

/** How somebody came to a site. `clickId` is the parameter in which an advertising network marks the click. */
interface Arrival {
  readonly referrer: string;
  readonly query: string;
  readonly clickId: string;
}

const from = (referrer: string, query = '', clickId = ''): Arrival => ({ referrer, query, clickId });

const ARRIVALS: readonly Arrival[] = weighted([
  [92, from('')],
  [66, from('https://www.google.com/')],
  [10, from('https://www.bing.com/')],
  [6, from('https://duckduckgo.com/')],
  [8, from('https://chatgpt.com/', 'utm_source=chatgpt.com')],
  [7, from('https://news.ycombinator.com/')],
  [7, from('https://www.reddit.com/')],
  [4, from('https://t.co/')],
  [4, from('https://github.com/')],
  [16, from('', 'utm_source=newsletter&utm_medium=email&utm_campaign=week-41')],
  [7, from('', 'utm_source=newsletter&utm_medium=email&utm_campaign=autumn-sale&utm_content=button')],
  [10, from('https://www.google.com/', 'utm_source=google&utm_medium=cpc&utm_campaign=brand', 'gclid')],
  [
    6,
    from('https://www.google.com/', 'utm_source=google&utm_medium=cpc&utm_campaign=autumn-sale&utm_term=tent', 'gclid'),
  ],
  [7, from('https://l.facebook.com/', 'utm_source=facebook&utm_medium=paid&utm_campaign=autumn-sale', 'fbclid')],
  [4, from('https://l.instagram.com/', 'utm_source=instagram&utm_medium=social&utm_campaign=story', 'fbclid')],
  [2, from('https://www.bing.com/', 'utm_source=bing&utm_medium=cpc&utm_campaign=brand', 'msclkid')],
]);

/** Where the one with this hash came from: the page that links here, empty when there is none. */
export function referrerOf(hashed: number): string {
  return ARRIVALS[hashed & 255]!.referrer;
}

/** The query string of the first page, with its question mark; empty when the link had none. */
export function campaignOf(hashed: number): string {
  const { query, clickId } = ARRIVALS[hashed & 255]!;
  if (query === '') return '';
  if (clickId === '') return `?${query}`;
  const one = mix(hashed);
  const two = mix(one + 1);
  return `?${query}&${clickId}=Cj0K${hex32(one)}${hex32(two)}${hex32(mix(two + 1))}`;
}
