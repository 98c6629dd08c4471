/** An app for planning tours: everybody signs in, few pages, many features, some of it paid. */
import { hash } from '../hash.ts';
import type { Moment } from '../sessions.ts';
import type { Act, Page } from './act.ts';
import { again, pick, zipf } from './weighted.ts';

const ORIGIN = 'https://app.northridge.example';
const SCREENS: readonly Page[] = [
  'map',
  'tours',
  'weather',
  'profile',
  'friends',
  'settings',
  'downloads',
  'statistics',
  'gear',
  'inbox',
  'billing',
  'help',
].map((screen) => ({ url: `${ORIGIN}/${screen}`, title: `Northridge | ${screen}` }));
const POPULARITY = zipf(SCREENS.length);
const FEATURES = [
  'route_drawn',
  'route_saved',
  'photo_added',
  'track_exported',
  'offline_map',
  'tour_shared',
  'gear_checked',
  'rated',
];
const VERSIONS = ['8.2.0', '8.2.0', '8.1.4', '7.9.1'];
const PLANS = ['free', 'free', 'plus', 'team'];

export function visitApp(act: Act, moment: Moment): void {
  const { session, step } = moment;
  const hashed = hash(session, step);
  const page = SCREENS[pick(POPULARITY, again(hashed, 2))]!;
  const choice = again(hashed, 1) % 100;
  const version = VERSIONS[session & 3]!;
  act.signedIn = true;
  act.url = page.url;
  act.title = page.title;
  if (step === 0) {
    act.name = 'login';
    act.type = 'system';
    act.properties = `{"method":"${(session & 4) === 0 ? 'passkey' : 'password'}","plan":"${PLANS[(session >>> 4) & 3]!}","version":"${version}"}`;
  } else if (choice < 55) {
    act.name = 'screen_view';
    act.type = 'pageview';
    act.properties = `{"version":"${version}"}`;
  } else if (choice < 96) {
    act.name = FEATURES[hashed & 7]!;
    act.type = 'interaction';
    act.properties = `{"duration_ms":${20 + (again(hashed, 3) % 1_500)},"offline":${(hashed & 64) === 0},"version":"${version}"}`;
  } else if (choice < 98) {
    act.name = 'error';
    act.type = 'system';
    act.properties = `{"code":${400 + (hashed % 4)},"fatal":${(hashed & 8) === 0},"version":"${version}"}`;
  } else {
    act.name = 'subscription_renewed';
    act.type = 'ecommerce';
    act.revenue = (hashed & 16) === 0 ? 39_900 : 399_000;
    act.currency = 'EUR';
    act.properties = `{"plan":"plus","yearly":${(hashed & 16) !== 0}}`;
  }
}
