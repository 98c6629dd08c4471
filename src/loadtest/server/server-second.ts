import type { SeriesName, StreamLine } from '../../control/stream.ts';
import type { SecondFigures } from '../report/report.ts';

/** The series of the control stream that a load test reads. */
export const SERVER_SERIES = [
  'stored',
  'inserts',
  'inserted_rows',
  'insert_ms',
  'lag_ms',
  'spool_rows',
  'spool_bytes',
  'daemon_cpu',
  'engine_cpu',
  'daemon_rss_bytes',
  'engine_rss_bytes',
  'engine_parts',
  'engine_merges',
  'table_rows',
  'table_bytes',
] as const satisfies readonly SeriesName[];

/** What the daemon measured in one second of the run; null where a figure is not known. */
export type ServerSecond = { readonly second: number } & Readonly<
  Record<(typeof SERVER_SERIES)[number], number | null>
>;

const SECOND_MS = 1_000;

/** The seconds of a line of the stream: all of its history, or the one of a tick. */
export class SecondReader {
  readonly #startedAt: number;
  #places: readonly number[] = [];

  /** `startedAt`: epoch milliseconds of the beginning of second 0. */
  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  /** Seconds before the run are negative. A tick before any history says nothing: the order of its values is not known. */
  *read(line: StreamLine): Generator<ServerSecond> {
    if (line.type === 'history') {
      this.#places = SERVER_SERIES.map((name) => line.series.indexOf(name));
      const seconds = line.rings.find(({ stepSeconds }) => stepSeconds === 1);
      if (seconds === undefined) return;
      const points = seconds.values[0]?.length ?? 0;
      for (let point = 0; point < points; point++) {
        const endsAt = seconds.endsAt - (points - 1 - point) * SECOND_MS;
        yield this.#second(endsAt, (place) => seconds.values[place]?.[point]);
      }
    } else if (line.type === 'tick' && this.#places.length > 0) {
      yield this.#second(line.at, (place) => line.values[place]);
    }
  }

  #second(endsAt: number, valueAt: (place: number) => number | null | undefined): ServerSecond {
    // Samples end at whole seconds of the clock and the run began somewhere in between: the middle decides.
    const second = Math.floor((endsAt - SECOND_MS / 2 - this.#startedAt) / SECOND_MS);
    const values = SERVER_SERIES.map((name, index) => [name, valueAt(this.#places[index]!) ?? null]);
    return { second, ...Object.fromEntries(values) } as ServerSecond;
  }
}

/** The part of `SecondFigures` that the server tells; all null when it told nothing. */
export function serverPart(
  second: ServerSecond | null,
): Pick<SecondFigures, 'stored' | 'queueRows' | 'lagMs' | 'daemonCpu' | 'engineCpu'> {
  return {
    stored: second?.stored ?? null,
    queueRows: second?.spool_rows ?? null,
    lagMs: second?.lag_ms ?? null,
    daemonCpu: second?.daemon_cpu ?? null,
    engineCpu: second?.engine_cpu ?? null,
  };
}
