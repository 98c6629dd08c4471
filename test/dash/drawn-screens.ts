import type { SeriesName, StreamLine } from '../../src/control/stream.ts';
import { SERIES_NAMES } from '../../src/control/stream.ts';
import type { View } from '../../src/dashboard/input/ui.ts';
import { drawFrame } from '../../src/dashboard/screen/frame.ts';
import { DashStore, type Snapshot } from '../../src/dashboard/store/store.ts';
import { Axes } from '../../src/terminal/charts/axis.ts';
import { lookOf } from '../../src/terminal/look.ts';
import type { TestDaemon } from '../support/daemon.ts';

const COLUMNS = 200;
const ROWS = 60;

/** A view as it stands on a screen of 200 x 60. */
export class DrawnScreen {
  readonly #lines: readonly string[];

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  /** What stands in the frame with this title, and at the right end of that title. */
  panel(title: string): { readonly note: string; readonly lines: readonly string[] } {
    const top = this.#lines.findIndex((line) => line.includes(`╭─ ${title} `));
    if (top === -1) throw new Error(`no panel ${title} in\n${this.#lines.join('\n')}`);
    const from = this.#lines[top]!.indexOf(`╭─ ${title} `);
    const to = this.#lines[top]!.indexOf('╮', from);
    const inside = this.#lines.slice(top + 1).map((line) => [line[from], line.slice(from + 1, to)] as const);
    const end = inside.findIndex(([edge]) => edge === '╰');
    return {
      note: this.#lines[top]!.slice(from + `╭─ ${title} `.length, to)
        .replaceAll('─', '')
        .trim(),
      lines: inside.slice(0, end).map(([, line]) => line!.trimEnd()),
    };
  }

  /** The text behind a name at the beginning of a line. */
  row(title: string, name: string, nth = 0): string {
    const rows = this.panel(title).lines.filter((line) => line.startsWith(`${name} `));
    if (rows[nth] === undefined) throw new Error(`no row ${name} in ${title}:\n${this.panel(title).lines.join('\n')}`);
    return rows[nth].slice(name.length).trim();
  }
}

/** The dashboard's store on a daemon's stream, and every second's screens, until it is closed. */
export class DrawnScreens {
  readonly store = new DashStore();
  /** Values of each tick since the beginning. */
  readonly ticks: (readonly (number | null)[])[] = [];
  readonly #ended = new AbortController();
  readonly #onTick: (screens: DrawnScreens) => void;

  constructor(daemon: TestDaemon, onTick: (screens: DrawnScreens) => void = () => {}) {
    this.#onTick = onTick;
    void this.#watch(daemon);
  }

  draw(view: View): DrawnScreen {
    this.store.update((ui) => ({ ...ui, view }));
    const snapshot: Snapshot = this.store.getSnapshot();
    const look = lookOf('block', false);
    const scene = { snapshot, look, axes: new Axes(), startCommand: 'trackflow start', version: '0.1.0' };
    return new DrawnScreen(drawFrame(scene, COLUMNS, ROWS));
  }

  /** Of a rate over all ticks. */
  total(name: SeriesName): number {
    return this.#values(name).reduce((sum, value) => sum + value, 0);
  }

  largest(name: SeriesName): number {
    return Math.max(...this.#values(name));
  }

  close(): void {
    this.#ended.abort();
  }

  #values(name: SeriesName): number[] {
    return this.ticks.map((values) => values[SERIES_NAMES.indexOf(name)] ?? 0);
  }

  async #watch(daemon: TestDaemon): Promise<void> {
    try {
      for await (const line of daemon.control.stream(this.#ended.signal)) this.#receive(line);
    } catch (error) {
      if (!this.#ended.signal.aborted) throw error;
    }
  }

  #receive(line: StreamLine): void {
    this.store.receive(line);
    if (line.type !== 'tick') return;
    this.ticks.push(line.values);
    this.#onTick(this);
  }
}
