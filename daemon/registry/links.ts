import type { Link } from '../../src/registry/link.ts';
import type { LinkTable } from '../../src/registry/registry.ts';

/**
 * Every enabled link of the instance, in the memory of a collector.
 *
 * Always true: it holds what the main thread last told, at most `sfpl.linksMax` links, so a path that is none is known to be
 * none without asking anybody; no request reaches a database.
 */
export class Links implements LinkTable {
  readonly #byPlace = new Map<string, Link>();
  /** How many links lead to a target. */
  readonly #targets = new Map<string, number>();
  /** On how many hosts a path leads somewhere, and to what on one of them. */
  readonly #byPath = new Map<string, { count: number; link: Link }>();

  /** Takes links as they are from now on. */
  learn(links: readonly Link[]): void {
    for (const link of links) {
      this.#forget(link);
      if (!link.disabled) this.#add(link);
    }
  }

  find(host: string, path: string): Link | undefined {
    const name = host.toLowerCase();
    const found = this.#byPlace.get(name + path) ?? this.#byPlace.get(withoutPort(name) + path);
    if (found !== undefined || !isThisMachine(withoutPort(name))) return found;
    // On its own machine a link can be tried before its domain leads there, as long as one alone is meant.
    const candidate = this.#byPath.get(path);
    return candidate?.count === 1 ? candidate.link : undefined;
  }

  leadsTo(target: string): boolean {
    return this.#targets.has(target);
  }

  #add(link: Link): void {
    this.#byPlace.set(link.host + link.path, link);
    this.#targets.set(link.target, (this.#targets.get(link.target) ?? 0) + 1);
    this.#byPath.set(link.path, { count: (this.#byPath.get(link.path)?.count ?? 0) + 1, link });
  }

  #forget({ host, path }: Link): void {
    const known = this.#byPlace.get(host + path);
    if (known === undefined) return;
    this.#byPlace.delete(host + path);
    const leading = this.#targets.get(known.target)! - 1;
    if (leading === 0) this.#targets.delete(known.target);
    else this.#targets.set(known.target, leading);
    const rest = this.#byPath.get(path)!.count - 1;
    const other = rest === 0 ? undefined : [...this.#byPlace.values()].find((link) => link.path === path);
    if (other === undefined) this.#byPath.delete(path);
    else this.#byPath.set(path, { count: rest, link: other });
  }
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
