import type { Moment } from '../sessions.ts';

/** What somebody does on a site: the part of an event that the site decides. */
export interface Act {
  name: string;
  type: string;
  url: string;
  title: string;
  referrer: string;
  /** Ten-thousandths of a unit of `currency`. */
  revenue: number;
  currency: string;
  /** JSON object as text: flat, keys in order, nothing in it that needs an escape. */
  properties: string;
  signedIn: boolean;
}

/** A page of a site. */
export interface Page {
  readonly url: string;
  readonly title: string;
}

/** Fills in what a visitor of the site does at this moment. */
export type Site = (act: Act, moment: Moment) => void;
