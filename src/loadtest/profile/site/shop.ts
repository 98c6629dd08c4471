/** A shop for outdoor gear: people come in from campaigns, look at products, and a few of them buy. */
import { hash } from '../hash.ts';
import type { Moment } from '../sessions.ts';
import type { Act, Page } from './act.ts';
import { campaignOf, referrerOf } from './arrivals.ts';
import { again, pick, zipf } from './weighted.ts';

const ORIGIN = 'https://shop.northridge.example';
const KINDS = ['tent', 'jacket', 'backpack', 'stove', 'boots', 'lamp', 'sleeping-bag', 'bottle', 'rope', 'gloves'];
const LINES = ['Alpin', 'Fjäll', 'Nord', 'Summit', 'Trail', 'Crag', 'Río', 'Tundra', 'Höhe', 'Vista', 'Cairn', 'Delta'];
const SIZES = ['Light', 'Pro', 'Duo', 'Mini', 'Max'];

interface Product extends Page {
  readonly id: string;
  /** Cents. */
  readonly price: number;
}

const PRODUCTS: readonly Product[] = KINDS.flatMap((kind, kindIndex) =>
  LINES.flatMap((line, lineIndex) =>
    SIZES.map((size, sizeIndex) => {
      const id = `p-${1_000 + kindIndex * 100 + lineIndex * 5 + sizeIndex}`;
      const ascii = line
        .normalize('NFD')
        .replace(/[^A-Za-z]/g, '')
        .toLowerCase();
      return {
        id,
        url: `${ORIGIN}/products/${ascii}-${kind}-${size.toLowerCase()}`,
        title: `${line} ${kind} ${size} | Northridge`,
        price: 990 + (hash(77, kindIndex * 1_000 + lineIndex * 10 + sizeIndex) % 400) * 50,
      };
    }),
  ),
);
/** Neighbours in popularity should not be neighbours in the catalogue. */
const BY_RANK = PRODUCTS.map((product, index) => ({ product, order: hash(78, index) }))
  .sort((a, b) => a.order - b.order)
  .map(({ product }) => product);
const POPULARITY = zipf(PRODUCTS.length);

const HOME: Page = { url: `${ORIGIN}/`, title: 'Northridge | gear for outside' };
const CATEGORIES: readonly Page[] = KINDS.map((kind) => ({
  url: `${ORIGIN}/categories/${kind}`,
  title: `${kind} | Northridge`,
}));
const CART: Page = { url: `${ORIGIN}/cart`, title: 'Your cart | Northridge' };
const CHECKOUT: Page = { url: `${ORIGIN}/checkout`, title: 'Checkout | Northridge' };
const WORDS = ['tent 2 person', 'zelt', 'rain jacket', 'sale', 'größe 43', 'gas stove', 'sac à dos', 'gift card'];
const CURRENCIES = ['EUR', 'EUR', 'EUR', 'USD', 'USD', 'GBP', 'CHF', 'SEK'];

/** Sessions of at least this many steps may end in a purchase, one in `BUYERS` does. */
const STEPS_TO_BUY = 5;
const BUYERS = 4;
const SIGNED_IN = 5;

export function visitShop(act: Act, moment: Moment): void {
  const { session, step, length } = moment;
  const hashed = hash(session, step);
  act.signedIn = session % SIGNED_IN === 0;
  arriveOrFollow(act, moment);
  const toGo = length - 1 - step;
  const choice = step === 0 ? 99 : again(hashed, 1) % 100;
  if (length >= STEPS_TO_BUY && (session >>> 8) % BUYERS === 0 && toGo < 3) {
    buy(act, session, toGo);
  } else if (choice < 8) {
    act.name = 'search';
    act.type = 'interaction';
    act.properties = `{"query":"${WORDS[hashed & 7]!}","results":${hashed % 60}}`;
  } else if (choice < 20) {
    act.name = 'click';
    act.type = 'interaction';
    act.properties = `{"element":"${ELEMENTS[hashed & 3]!}","position":${hashed % 12}}`;
  } else {
    act.name = 'pageview';
    act.type = 'pageview';
    act.properties = EXPERIMENTS[session & 3]!;
  }
}

/** The page of a step, and the one before it or the site that led here. */
function arriveOrFollow(act: Act, { session, step }: Moment): void {
  const page = pageAt(session, step);
  act.title = page.title;
  if (step === 0) {
    act.url = page.url + campaignOf(session >>> 3);
    act.referrer = referrerOf(session >>> 3);
  } else {
    act.url = page.url;
    act.referrer = pageAt(session, step - 1).url;
  }
}

function pageAt(session: number, step: number): Page {
  const hashed = again(hash(session, step), 2);
  const choice = hashed >>> 24;
  if (step === 0 && choice < 80) return HOME;
  if (choice < 130) return CATEGORIES[hashed % CATEGORIES.length]!;
  return BY_RANK[pick(POPULARITY, hashed)]!;
}

/** The last three steps of a buyer: into the cart, to the checkout, bought. */
function buy(act: Act, session: number, toGo: number): void {
  const product = BY_RANK[pick(POPULARITY, again(session, 3))]!;
  const quantity = again(session, 4) % 5 === 0 ? 2 : 1;
  act.type = 'ecommerce';
  if (toGo === 2) {
    act.name = 'add_to_cart';
    act.url = product.url;
    act.title = product.title;
    act.properties = `{"product":"${product.id}","quantity":${quantity}}`;
    return;
  }
  const page = toGo === 1 ? CHECKOUT : { ...CHECKOUT, url: `${CHECKOUT.url}/thanks` };
  act.url = page.url;
  act.title = page.title;
  act.referrer = toGo === 1 ? CART.url : CHECKOUT.url;
  act.currency = CURRENCIES[session & 7]!;
  if (toGo === 1) {
    act.name = 'begin_checkout';
    act.properties = `{"items":${quantity},"product":"${product.id}"}`;
    return;
  }
  act.name = 'purchase';
  act.revenue = product.price * quantity * 100;
  act.properties = `{"coupon":${session % 3 === 0},"items":${quantity},"order":"o-${again(session, 5)}","product":"${product.id}"}`;
}

const ELEMENTS = ['gallery', 'reviews', 'size_guide', 'menu'];
const EXPERIMENTS = ['{}', '{}', '{"variant":"a"}', '{"variant":"b"}'];
