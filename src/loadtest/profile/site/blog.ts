/** A magazine: people come from elsewhere for one text, read some of it and go. */
import { hash } from '../hash.ts';
import type { Moment } from '../sessions.ts';
import type { Act, Page } from './act.ts';
import { campaignOf, referrerOf } from './arrivals.ts';
import { again, pick, zipf } from './weighted.ts';

const ORIGIN = 'https://journal.northridge.example';
const SUBJECTS = ['Winter', 'Maps', 'Knots', 'Hüttentouren', 'Storms', 'Solo', 'Coffee', 'Bivouac', 'Rivers', 'Night'];
const FORMS = [
  'A short history of',
  'Ten mistakes with',
  'What nobody tells you about',
  'Notes on',
  'How we learned',
  '初めての',
  'The science of',
  'Packing for',
  'A year of',
  'Against',
];

const ARTICLES: readonly Page[] = FORMS.flatMap((form, formIndex) =>
  SUBJECTS.map((subject, subjectIndex) => ({
    url: `${ORIGIN}/20${20 + ((formIndex + subjectIndex) % 7)}/${slug(formIndex, subject)}`,
    title: `${form} ${subject} | Northridge Journal`,
  })),
);
const POPULARITY = zipf(ARTICLES.length);
const HOME: Page = { url: `${ORIGIN}/`, title: 'Northridge Journal' };
const NETWORKS = ['mastodon', 'bluesky', 'mail', 'link'];

export function visitBlog(act: Act, moment: Moment): void {
  const { session, step } = moment;
  const hashed = hash(session, step);
  // Scrolling and sharing happen on the page that the step before opened.
  const choice = step === 0 ? 0 : again(hashed, 1) % 100;
  const reads = choice < 62;
  const page = pageAt(session, reads ? step : step - 1);
  act.title = page.title;
  act.url = step === 0 ? page.url + campaignOf(session >>> 3) : page.url;
  act.referrer = step === 0 ? referrerOf(session >>> 3) : pageAt(session, step - 1).url;
  act.type = 'interaction';
  if (reads) {
    act.name = 'pageview';
    act.type = 'pageview';
  } else if (choice < 92) {
    act.name = 'scroll';
    act.properties = `{"depth":${25 * (1 + (hashed & 3))}}`;
  } else if (choice < 97) {
    act.name = 'share';
    act.properties = `{"network":"${NETWORKS[hashed & 3]!}"}`;
  } else {
    act.name = 'newsletter_signup';
    act.properties = `{"confirmed":${(hashed & 4) === 0},"list":"weekly"}`;
  }
}

function pageAt(session: number, step: number): Page {
  const hashed = again(hash(session, step), 2);
  return hashed >>> 28 === 0 ? HOME : ARTICLES[pick(POPULARITY, hashed)]!;
}

function slug(form: number, subject: string): string {
  const ascii = subject
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();
  return `${['history-of', 'mistakes-with', 'truth-about', 'notes-on', 'learning', 'first', 'science-of', 'packing-for', 'year-of', 'against'][form]!}-${ascii}`;
}
