/** How rows travel: as a COPY through this process, or fetched by the engine itself. */
export type Route = 'pipe' | 'engine';
export type RouteChoice = Route | 'auto';

/** Chunks that each of the two is tried with before one is chosen. */
const TRIALS = 2;

/**
 * Which way the chunks of a table take: under `auto` each is tried with the first chunks, and the one that brought more
 * rows a second stays. The engine's way reads outside of the snapshot; the sums of the chunk tell whether that mattered.
 */
export class RouteMeter {
  readonly #choice: RouteChoice;
  readonly #tried: Record<Route, { rows: number; ms: number; begun: number; done: number }> = {
    pipe: { rows: 0, ms: 0, begun: 0, done: 0 },
    engine: { rows: 0, ms: 0, begun: 0, done: 0 },
  };
  #chosen: Route | null = null;

  /** `canFetch`: the engine reaches the source, and all columns of the table can be fetched. */
  constructor(choice: RouteChoice, canFetch: boolean) {
    this.#choice = choice;
    if (!canFetch) this.#chosen = 'pipe';
    else if (choice !== 'auto') this.#chosen = choice;
  }

  get chosen(): Route | null {
    return this.#chosen;
  }

  next(): Route {
    if (this.#chosen !== null) return this.#chosen;
    const { pipe, engine } = this.#tried;
    const route = engine.begun < pipe.begun && engine.begun < TRIALS ? 'engine' : 'pipe';
    this.#tried[route].begun++;
    return route;
  }

  /** A chunk of that many rows took so long, its verification included, which both have alike. */
  took(route: Route, rows: number, ms: number): void {
    const tried = this.#tried[route];
    tried.rows += rows;
    tried.ms += ms;
    tried.done++;
    const { pipe, engine } = this.#tried;
    if (this.#chosen !== null || pipe.done < TRIALS || engine.done < TRIALS) return;
    this.#chosen = engine.rows / engine.ms > pipe.rows / pipe.ms ? 'engine' : 'pipe';
  }

  /** The engine fetched something else than the snapshot has. */
  distrust(): void {
    if (this.#choice === 'auto') this.#chosen = 'pipe';
  }
}
