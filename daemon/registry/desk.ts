import { TrackflowError } from '../../src/errors/error.ts';
import { ELSEWHERE, type Jurisdiction } from '../../src/registry/jurisdiction.ts';
import { type Link, type LinkChange, type NewLink, readLink } from '../../src/registry/link.ts';
import type { Answers, Ask, Consent, LinkHistory, RegistryCopy, RegistryNews } from '../../src/registry/registry.ts';
import { SEEDED_JURISDICTIONS } from '../../src/registry/seeds.ts';
import type { RegistryState } from '../state/registry-state.ts';

export interface RegistryDeskOptions {
  readonly state: RegistryState;
  /** Hosts that lead to this collector: no link may lead there. */
  readonly ownDomains: readonly string[];
  readonly linksMax: number;
  /** Something changed that collectors hold copies of. */
  readonly onNews: (news: RegistryNews) => void;
  readonly now: () => number;
}

type Agreement = Extract<Ask, { ask: 'agree' }>;

/**
 * The one writer of links, consents and jurisdictions: in the main thread, asked by collectors and over the control socket.
 *
 * Promises: what was answered is on disk; collectors are told of a change before it is answered, so that whoever heard the
 * answer finds it in force a message later. Always true: at most `linksMax` links, and a link belongs to the account that
 * made it. Agreements that come together share one transaction.
 */
export class RegistryDesk {
  readonly #options: RegistryDeskOptions;
  #agreements: { readonly agreement: Agreement; readonly settle: (error: unknown) => void }[] = [];
  #links: number;

  constructor(options: RegistryDeskOptions) {
    this.#options = options;
    this.#links = options.state.links().length;
  }

  /** All that a collector holds a copy of. */
  copy(): RegistryCopy {
    const { state } = this.#options;
    return { links: state.links(), jurisdictions: this.jurisdictions(), hashKey: state.hashKey() };
  }

  /** Rejects with TF_INPUT for what cannot be done. */
  async answer(ask: Ask): Promise<Answers[Ask['ask']]> {
    switch (ask.ask) {
      case 'consent':
        return this.#options.state.consent(ask.account, ask.visitorId);
      case 'agree':
        return this.#agree(ask);
      case 'put_link':
        return this.putLink(ask.link);
      case 'links':
        return this.links(ask);
    }
  }

  links({ account, host }: { readonly account?: string; readonly host?: string }): Link[] {
    return this.#options.state
      .links()
      .filter(
        (link) => (account === undefined || link.account === account) && (host === undefined || link.host === host),
      );
  }

  /** Creates a link, or leads an existing one of the same account elsewhere. Throws TF_INPUT. */
  putLink(link: NewLink): Link {
    const { state, ownDomains, linksMax, now } = this.#options;
    const read = readLink(link, ownDomains);
    if (typeof read === 'string') throw new TrackflowError('TF_INPUT', read);
    const existing = state.link(read.host, read.path);
    if (existing !== undefined && existing.account !== link.account) {
      throw new TrackflowError('TF_INPUT', `${read.host}${read.path} is a link of another account`);
    }
    if (existing === undefined && this.#links >= linksMax) {
      throw new TrackflowError('TF_INPUT', `there are ${this.#links} links; sfpl.linksMax is ${linksMax}`);
    }
    const at = now();
    const written = {
      ...read,
      account: link.account,
      disabled: false,
      createdAt: existing?.createdAt ?? at,
      changedAt: at,
    };
    this.#write(written, existing === undefined ? 'created' : 'replaced');
    return written;
  }

  /**
   * Takes over a link of another system with where it led before, oldest first. One that was changed here since stays as it
   * is; so does one that leads there already. Returns whether anything was written. Throws TF_INPUT.
   */
  adoptLink(link: NewLink, times: Pick<Link, 'createdAt' | 'changedAt'>, history: readonly LinkChange[]): boolean {
    const { state, ownDomains, linksMax } = this.#options;
    const read = readLink(link, ownDomains);
    if (typeof read === 'string') throw new TrackflowError('TF_INPUT', read);
    const existing = state.link(read.host, read.path);
    if (existing !== undefined) {
      if (existing.target === read.target || existing.changedAt > times.changedAt) return false;
      if (existing.account !== link.account)
        throw new TrackflowError('TF_INPUT', `${read.host}${read.path} is a link of another account`);
    } else if (this.#links >= linksMax) {
      throw new TrackflowError('TF_INPUT', `there are ${this.#links} links; sfpl.linksMax is ${linksMax}`);
    }
    const written: Link = { ...read, ...times, account: link.account, disabled: false };
    const last: LinkChange = {
      target: read.target,
      change: existing === undefined ? 'created' : 'replaced',
      at: times.changedAt,
    };
    state.putLink(written, history.length === 0 ? [last] : history);
    if (existing === undefined) this.#links++;
    this.#options.onNews({ links: [written] });
    return true;
  }

  /** Takes over what visitors agreed to elsewhere. An older agreement never replaces a newer one. */
  adoptConsents(agreements: readonly { account: string; visitorId: string; flags: number; at: number }[]): void {
    const { state, onNews } = this.#options;
    state.agree(agreements);
    const consents = agreements.map(({ account, visitorId }) => ({
      account,
      visitorId,
      consent: state.consent(account, visitorId)!,
    }));
    onNews({ consents });
  }

  /** Forgets what a visitor agreed to, for one account or all. */
  forgetConsents(account: string | null, visitorId: string): void {
    const accounts = this.#options.state.forgetConsents(account, visitorId);
    this.#options.onNews({ consents: accounts.map((one) => ({ account: one, visitorId, consent: null })) });
  }

  /** The link at `from`, with its history. Throws TF_INPUT when there is none. */
  showLink(from: string): LinkHistory {
    const link = this.#find(from);
    return { ...link, changes: this.#options.state.linkChanges(link.host, link.path) };
  }

  /** From now on the link leads nowhere; its address stays taken. Throws TF_INPUT when there is none. */
  disableLink(from: string): Link {
    const link = this.#find(from);
    if (link.disabled) return link;
    const written = { ...link, disabled: true, changedAt: this.#options.now() };
    this.#write(written, 'disabled');
    return written;
  }

  jurisdictions(): Jurisdiction[] {
    return this.#options.state.jurisdictions(SEEDED_JURISDICTIONS);
  }

  /** Replaces or adds one. Throws TF_INPUT when it would never hold. */
  putJurisdiction(jurisdiction: Jurisdiction): Jurisdiction {
    if (jurisdiction.code !== ELSEWHERE && jurisdiction.countries.length === 0) {
      throw new TrackflowError('TF_INPUT', `the jurisdiction ${jurisdiction.code} needs at least one country`);
    }
    this.#options.state.putJurisdiction(jurisdiction);
    this.#options.onNews({ jurisdictions: this.jurisdictions() });
    return jurisdiction;
  }

  #find(from: string): Link {
    const url = URL.canParse(from) ? new URL(from) : undefined;
    const link = url && this.#options.state.link(url.host, url.pathname);
    if (link === undefined) {
      throw new TrackflowError('TF_INPUT', `there is no link at ${from}`, { hints: ['trackflow links list'] });
    }
    return link;
  }

  #write(link: Link, change: 'created' | 'replaced' | 'disabled'): void {
    this.#options.state.putLink(link, [{ target: link.target, change, at: link.changedAt }]);
    if (change === 'created') this.#links++;
    this.#options.onNews({ links: [link] });
  }

  #agree(agreement: Agreement): Promise<Consent> {
    if (this.#agreements.length === 0) setImmediate(() => this.#keepAgreements());
    return new Promise((resolve, reject) => {
      this.#agreements.push({
        agreement,
        settle: (error) => (error === null ? resolve({ flags: agreement.flags, at: agreement.at }) : reject(error)),
      });
    });
  }

  #keepAgreements(): void {
    const waiting = this.#agreements;
    this.#agreements = [];
    let failed: unknown = null;
    try {
      this.#options.state.agree(
        waiting.map(({ agreement: { account, visitorId, flags, at } }) => ({ account, visitorId, flags, at })),
      );
      this.#options.onNews({
        consents: waiting.map(({ agreement: { account, visitorId, flags, at } }) => ({
          account,
          visitorId,
          consent: { flags, at },
        })),
      });
    } catch (cause) {
      failed = new TrackflowError('TF_IO', `the agreement could not be kept: ${(cause as Error).message}`, { cause });
    }
    for (const { settle } of waiting) settle(failed);
  }
}
