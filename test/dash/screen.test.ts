import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { StreamTick } from '../../src/control/stream.ts';
import { SERIES_NAMES, type SeriesName } from '../../src/control/stream.ts';
import { fullNumber } from '../../src/terminal/numbers.ts';
import { displayWidth } from '../../src/terminal/text.ts';
import { cpuSeconds } from '../support/cpu-seconds.ts';
import { startDaemon, type TestDaemon } from '../support/daemon.ts';
import { commandLine, hasTmux, openTerminal, type Terminal } from '../support/tmux.ts';
import { sendTraffic } from '../support/traffic.ts';

const EVENTS_PER_SECOND = 200;

const SIZES = [
  { columns: 200, rows: 60, live: /LIVE 1s/ },
  { columns: 120, rows: 32, live: /LIVE 1s/ },
  { columns: 80, rows: 24, live: /LIVE 1s/ },
  { columns: 60, rows: 13, live: /LIVE 1s/ },
  { columns: 30, rows: 5, live: /LIVE 1s/ },
] as const;

function dash(home: string, ...flags: readonly string[]): string {
  return `exec ${commandLine('dash', '--home', home, ...flags)}`;
}

/** What must be true of every screen, whatever it shows. */
function expectWhole(screen: readonly string[], columns: number, rows: number): void {
  expect(screen).toHaveLength(rows);
  expect(screen.at(-1), 'the last row stays free').toBe('');
  for (const line of screen) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
  const titles = (what: RegExp) => screen.filter((line) => what.test(line)).length;
  expect(titles(/^ trackflow\/|^● /), 'one header').toBeLessThanOrEqual(1);
  expect(titles(/Ack latency/), 'one latency panel').toBeLessThanOrEqual(1);
  expect(titles(/q quit/), 'one last line').toBeLessThanOrEqual(1);
  // A wrapped line would leave a frame that is open on one side.
  for (const line of screen) {
    expect(line.startsWith('╭')).toBe(line.endsWith('╮'));
    expect(line.startsWith('│')).toBe(line.endsWith('│'));
    expect(line.startsWith('╰')).toBe(line.endsWith('╯'));
    if (/^[╭│╰]/.test(line)) expect(displayWidth(line)).toBe(columns);
  }
}

/** A look may fall between two writes of one frame: what is drawn to its end is whole, and stays so. Returns it. */
function becomesWhole(terminal: Terminal, columns: number, rows: number): Promise<string[]> {
  return vi.waitFor(
    () => {
      const screen = terminal.screen();
      expectWhole(screen, columns, rows);
      return screen;
    },
    { timeout: WHOLE_MS_MAX, interval: 50 },
  );
}

describe.skipIf(!hasTmux())('dash in a terminal', () => {
  let daemon: TestDaemon;
  let traffic: ReturnType<typeof sendTraffic>;

  beforeAll(async () => {
    daemon = await startDaemon();
    traffic = sendTraffic(daemon.url, EVENTS_PER_SECOND);
  });

  afterAll(async () => {
    await traffic?.[Symbol.asyncDispose]();
    await daemon?.[Symbol.asyncDispose]();
  });

  it.each(SIZES)('fits $columns x $rows while events flow', async ({ columns, rows, live }) => {
    await using terminal = openTerminal(dash(daemon.home), { columns, rows });
    await terminal.shows(live);
    await terminal.shows(/[1-9]\d*\/s/);
    await becomesWhole(terminal, columns, rows);
  });

  it('leaves no ghost behind through a chain of resizes', async () => {
    await using terminal = openTerminal(dash(daemon.home), { columns: 120, rows: 32 });
    await terminal.shows(/LIVE 1s/);
    const chain = [...SIZES, ...SIZES.toReversed(), SIZES[2], SIZES[0], SIZES[4], SIZES[1]];
    for (const { columns, rows } of chain) {
      terminal.resize(columns, rows);
      await settled(terminal, columns, rows);
      await becomesWhole(terminal, columns, rows);
    }
    // Pulled without a rest in between.
    for (let step = 0; step < 40; step++) terminal.resize(60 + ((step * 37) % 140), 13 + ((step * 11) % 47));
    terminal.resize(120, 32);
    await settled(terminal, 120, 32);
    await becomesWhole(terminal, 120, 32);
  });

  it('shows live figures within a second of its start', async () => {
    const took: number[] = [];
    // The best of some; and where the machine is busy with something else, the CPU that it took.
    for (let run = 0; run < 5 && !(Math.min(...took) < FIRST_PAINT_MS_MAX); run++) {
      const began = performance.now();
      await using terminal = openTerminal(dash(daemon.home), { columns: 200, rows: 60 });
      await terminal.shows(/LIVE 1s/);
      took.push(performance.now() - began, cpuSeconds(terminal.pid) * 1_000);
    }
    expect(Math.min(...took)).toBeLessThan(FIRST_PAINT_MS_MAX);
  });

  it('neither echoes nor loses what is typed before its first frame', async () => {
    await using terminal = openTerminal(dash(daemon.home), { columns: 120, rows: 32 });
    for (let typed = 0; typed < 20; typed++) terminal.press('s', 'r');
    terminal.press('6');
    await terminal.shows(/window: visitors/);
    const screen = await becomesWhole(terminal, 120, 32);
    expect(screen[0]).toMatch(/^ trackflow\//);
  });

  it('shows what the stream says', async () => {
    await using terminal = openTerminal(dash(daemon.home), { columns: 200, rows: 60 });
    await terminal.shows(/LIVE 1s/);
    const ended = new AbortController();
    const ticks = new Map<string, readonly [accepted: string, stored: string]>();
    const reading = (async () => {
      for await (const line of daemon.control.stream(ended.signal)) {
        if (line.type !== 'tick') continue;
        const perSecond = (name: 'accepted' | 'stored') => `${fullNumber(figureOf(line, name))}/s`;
        ticks.set(clockOf(line), [perSecond('accepted'), perSecond('stored')]);
      }
    })().catch(() => {});
    const compared = new Map<string, string>();
    await vi.waitFor(
      () => {
        const screen = terminal.screen();
        const clock = [...ticks.keys()].find((each) => screen[0]?.includes(each)) ?? 'no tick of the stream';
        expect(screen[0]).toContain(clock);
        expect([cardOf(screen, 0), cardOf(screen, 1)]).toEqual(ticks.get(clock));
        compared.set(clock, cardOf(screen, 0)!);
        expect(compared.size).toBe(4);
      },
      { timeout: 30_000, interval: 50 },
    );
    ended.abort();
    await reading;
    expect([...compared.values()].some((value) => value !== '0/s')).toBe(true);
  });

  it('shows the visitors that ClickHouse has', async () => {
    await using terminal = openTerminal(dash(daemon.home), { columns: 120, rows: 32 });
    await terminal.shows(/LIVE 1s/);
    // Typed at once: Ink hands these over as one.
    terminal.press('-', '6');
    await terminal.shows(/win 1m[\s\S]*window: visitors 40 /);
    await terminal.shows(/\/pricing +\d/);
    await terminal.shows(/spring +\d/);
    await terminal.shows(/news\.example +\d/);
  });

  it('pauses, and says how much came meanwhile', async () => {
    await using terminal = openTerminal(dash(daemon.home), { columns: 120, rows: 32 });
    await terminal.shows(/LIVE 1s/);
    terminal.press('Space');
    await terminal.shows(/PAUSED/);
    const paused = await becomesWhole(terminal, 120, 32);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(terminal.screen()).toEqual(paused);
    terminal.press('r');
    await terminal.shows(/PAUSED \S+ \+[1-9]/);
    terminal.press('Space');
    await terminal.shows(/LIVE 1s/);
  });

  it('gives the screen and its history back when it quits', async () => {
    const before = 'i=0; while [ $i -lt 80 ]; do echo line-$i; i=$((i+1)); done';
    const script = `${before}; ${dash(daemon.home).replace('exec ', '')}; echo left-with-$?; sleep 1000`;
    await using terminal = openTerminal(script, { columns: 80, rows: 24 });
    await terminal.shows(/LIVE 1s/);
    terminal.resize(60, 13);
    await terminal.shows(/LIVE 1s/);
    terminal.resize(80, 24);
    await settled(terminal, 80, 24);
    terminal.press('q');
    const screen = await terminal.shows(/left-with-0/);
    expect(screen.join('\n')).not.toMatch(/trackflow\/|q quit/);
    const history = terminal.scrollback().join('\n');
    for (const line of [0, 1, 40, 79]) expect(history).toContain(`line-${line}\n`);
  });
});

describe.skipIf(!hasTmux())('dash without a daemon', () => {
  it('opens, says what to run, and goes live when the daemon comes, and on when it comes back', async () => {
    await using daemon = await startDaemon();
    await daemon.stop();
    await using terminal = openTerminal(dash(daemon.home), { columns: 80, rows: 24 });
    const screen = await terminal.shows(/not running/);
    expect(screen.join('\n')).toContain('start --home');
    await becomesWhole(terminal, 80, 24);
    await daemon.start();
    await terminal.shows(/RUNNING.*LIVE 1s/);
    await daemon.kill();
    await terminal.shows(/OFFLINE|RECONNECTING/);
    await daemon.start();
    await terminal.shows(/RUNNING.*LIVE 1s/);
  });
});

/** Waits until the frame is that of this size: two looks in a row see the same shape. */
async function settled(terminal: Terminal, columns: number, rows: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, RESIZE_REST_MS));
  if (columns >= 40) await terminal.shows(/q quit/);
  else await terminal.shows(/● /);
  expect(terminal.screen()).toHaveLength(rows);
}

const RESIZE_REST_MS = 300;
const WHOLE_MS_MAX = 10_000;
const FIRST_PAINT_MS_MAX = 1_000;

function clockOf({ at }: StreamTick): string {
  return new Date(at).toTimeString().slice(0, 8);
}

function figureOf({ values }: StreamTick, name: SeriesName): number | null {
  return values[SERIES_NAMES.indexOf(name)] ?? null;
}

/** The bold figure of a card. */
function cardOf(screen: readonly string[], index: number): string | undefined {
  return screen[3]?.split('││')[index]?.replaceAll('│', '').trim();
}
