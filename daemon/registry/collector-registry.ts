import { type ErrorCode, TrackflowError } from '../../src/errors/error.ts';
import type { Jurisdiction } from '../../src/registry/jurisdiction.ts';
import type {
  Answers,
  Ask,
  Consent,
  LinkTable,
  Registry,
  RegistryCopy,
  RegistryNews,
} from '../../src/registry/registry.ts';
import { BoundedCache } from '../enrich/bounded-cache.ts';
import { Links } from './links.ts';

/** An answer of the main thread, or why there is none. */
export type AskReply =
  | { readonly id: number; readonly answer: Answers[Ask['ask']] }
  | { readonly id: number; readonly code: ErrorCode; readonly message: string };

const CONSENTS_CACHED_MAX = 100_000;
const NOT_KNOWN = { flags: 0, at: 0, none: true } as const;

/**
 * A collector's side of the registry: copies of links and jurisdictions, and consents that were asked for.
 *
 * Always true: a copy is what the main thread last told; the consents of at most `CONSENTS_CACHED_MAX` visitors are held,
 * that there is none among them. An answer that was overtaken by news does not undo them.
 */
export class CollectorRegistry implements Registry {
  readonly hashKey: string;
  readonly #links = new Links();
  #jurisdictions: readonly Jurisdiction[];
  readonly #consents = new BoundedCache<Consent & { readonly none?: true }>(CONSENTS_CACHED_MAX / 2);
  readonly #asked = new Map<number, { resolve: (answer: never) => void; reject: (error: unknown) => void }>();
  readonly #send: (id: number, ask: Ask) => void;
  #nextId = 0;

  /** `send` carries a question to the main thread, whose reply comes to `replied`. */
  constructor(copy: RegistryCopy, send: (id: number, ask: Ask) => void) {
    this.hashKey = copy.hashKey;
    this.#jurisdictions = copy.jurisdictions;
    this.#links.learn(copy.links);
    this.#send = send;
  }

  links(): LinkTable {
    return this.#links;
  }

  jurisdictions(): readonly Jurisdiction[] {
    return this.#jurisdictions;
  }

  async ask<A extends Ask>(ask: A): Promise<Answers[A['ask']]> {
    if (ask.ask !== 'consent') return this.#put(ask);
    const key = consentKey(ask.account, ask.visitorId);
    const known = this.#consents.get(key);
    if (known !== undefined) return (known.none ? null : known) as Answers[A['ask']];
    const found = (await this.#put(ask)) as Consent | null;
    const told = this.#consents.get(key);
    if (told !== undefined) return (told.none ? null : told) as Answers[A['ask']];
    this.#consents.set(key, found ?? NOT_KNOWN);
    return found as Answers[A['ask']];
  }

  replied(reply: AskReply): void {
    const asked = this.#asked.get(reply.id);
    this.#asked.delete(reply.id);
    if ('code' in reply) asked?.reject(new TrackflowError(reply.code, reply.message));
    else asked?.resolve(reply.answer as never);
  }

  learn({ links, jurisdictions, consents }: RegistryNews): void {
    if (links !== undefined) this.#links.learn(links);
    if (jurisdictions !== undefined) this.#jurisdictions = jurisdictions;
    for (const { account, visitorId, consent } of consents ?? []) {
      this.#consents.set(consentKey(account, visitorId), consent ?? NOT_KNOWN);
    }
  }

  #put<A extends Ask>(ask: A): Promise<Answers[A['ask']]> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve: resolve as (answer: never) => void, reject });
      this.#send(id, ask);
    });
  }
}

function consentKey(account: string, visitorId: string): string {
  return `${account}\0${visitorId}`;
}
