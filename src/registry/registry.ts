import type { Jurisdiction } from './jurisdiction.ts';
import type { Link, LinkChange, NewLink } from './link.ts';

/** What collectors ask the main thread, which alone keeps these things. Each is one short transaction there. */
export type Ask =
  /** Flags that a visitor agreed to last. */
  | { readonly ask: 'consent'; readonly account: string; readonly visitorId: string }
  | {
      readonly ask: 'agree';
      readonly account: string;
      readonly visitorId: string;
      readonly flags: number;
      readonly at: number;
    }
  | { readonly ask: 'put_link'; readonly link: NewLink }
  | { readonly ask: 'links'; readonly account?: string; readonly host?: string };

/** The answer to each. */
export interface Answers {
  readonly consent: Consent | null;
  readonly agree: Consent;
  readonly put_link: Link;
  readonly links: readonly Link[];
}

export interface Consent {
  readonly flags: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A link with what became of it over time, the newest change last. */
export interface LinkHistory extends Link {
  readonly changes: readonly LinkChange[];
}

/** What every collector holds a copy of, and what changed in it. */
export interface RegistryNews {
  readonly links?: readonly Link[];
  readonly jurisdictions?: readonly Jurisdiction[];
  readonly consents?: readonly {
    readonly account: string;
    readonly visitorId: string;
    /** Null: none is known any more. */
    readonly consent: Consent | null;
  }[];
}

/** All of it, at the start of a collector. */
export interface RegistryCopy {
  readonly links: readonly Link[];
  readonly jurisdictions: readonly Jurisdiction[];
  /** Key of the hashes of private texts, random, for this instance alone. */
  readonly hashKey: string;
}

/** The registry as a collector has it. */
export interface Registry {
  /** Rejects with a TrackflowError: TF_INPUT for what cannot be done, TF_IO when it could not be kept. */
  ask<A extends Ask>(ask: A): Promise<Answers[A['ask']]>;
  jurisdictions(): readonly Jurisdiction[];
  links(): LinkTable;
  readonly hashKey: string;
}

export interface LinkTable {
  /** The enabled link at a host (as in the header `Host`) and path. */
  find(host: string, path: string): Link | undefined;
  /** Whether an enabled link leads to exactly this address. */
  leadsTo(target: string): boolean;
}
