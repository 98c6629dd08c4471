import type { Jurisdiction } from '../registry/jurisdiction.ts';
import type { Link, NewLink } from '../registry/link.ts';
import type { LinkHistory } from '../registry/registry.ts';

/** One call of the control socket. */
export type Call = <T>(method: 'GET' | 'POST', path: string, options?: { readonly body?: object }) => Promise<T>;

/** Links and jurisdictions over the control socket. Each rejects as every call does, and with TF_INPUT for what cannot be. */
export class RegistryCalls {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  async links(filter: {
    readonly account?: string | undefined;
    readonly host?: string | undefined;
  }): Promise<readonly Link[]> {
    const query = Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return (await this.#call<{ links: readonly Link[] }>('GET', `/links?${new URLSearchParams(query)}`)).links;
  }

  /** Creates a link, or leads one that is there elsewhere. */
  putLink(link: NewLink): Promise<Link> {
    return this.#call('POST', '/links', { body: link });
  }

  showLink(from: string): Promise<LinkHistory> {
    return this.#call('POST', '/links/show', { body: { from } });
  }

  disableLink(from: string): Promise<Link> {
    return this.#call('POST', '/links/disable', { body: { from } });
  }

  async jurisdictions(): Promise<readonly Jurisdiction[]> {
    return (await this.#call<{ jurisdictions: readonly Jurisdiction[] }>('GET', '/jurisdictions')).jurisdictions;
  }

  /** Replaces the one of that code, or adds it. */
  putJurisdiction(jurisdiction: Jurisdiction): Promise<Jurisdiction> {
    return this.#call('POST', '/jurisdictions', { body: jurisdiction });
  }
}
