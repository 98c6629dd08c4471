import { describe, expect, it } from 'vitest';
import { keyHandler } from '../../../../src/dashboard/input/controller.ts';
import { type Effect, KEYMAP } from '../../../../src/dashboard/input/keymap.ts';
import { VIEWS } from '../../../../src/dashboard/input/ui.ts';
import { drawFrame } from '../../../../src/dashboard/screen/frame.ts';
import { AUDIENCE_EMPTY } from '../../../../src/dashboard/store/audience.ts';
import type { Slowness } from '../../../../src/dashboard/store/pace.ts';
import { DashStore } from '../../../../src/dashboard/store/store.ts';
import { Axes } from '../../../../src/terminal/charts/axis.ts';
import { lineWidth, stripColours } from '../../../../src/terminal/lines.ts';
import { lookOf, type Symbols } from '../../../../src/terminal/look.ts';
import { history, STATE, source, T0, tick } from '../stream-lines.ts';

const SIZES = [
  [200, 60],
  [160, 45],
  [120, 32],
  [110, 30],
  [80, 24],
  [78, 22],
  [60, 13],
  [40, 8],
  [30, 5],
  [10, 2],
  [1, 1],
] as const;

const HOSTILE = [
  '\u001b[2J\u001b]0;owned\u0007',
  'a\nb\tc',
  '東京🎉👩‍👩‍👧',
  'user\u202etxt',
  '❤️'.repeat(30),
  'x'.repeat(300),
];

function filled(): DashStore {
  const store = new DashStore();
  const figures = {
    accepted: 12_408,
    stored: 12_391,
    ack_p50_ms: 4,
    ack_p99_ms: 38,
    lag_ms: 420,
    disk_free_bytes: 5e10,
  };
  store.receive(history(300, (second) => ({ ...figures, accepted: 12_000 + second })));
  const sources = HOSTILE.map((name, index) => source(name, 100 - index));
  const log = HOSTILE.map((text, id) => ({
    id: id + 1,
    at: T0,
    level: 'warn' as const,
    step: 'flush',
    event: 'failed',
    fields: { text },
  }));
  const tasks = [
    {
      id: 't-1',
      kind: 'retention',
      state: 'running' as const,
      progress: 0.7,
      step: HOSTILE[0]!,
      error: '',
      createdAt: '',
      finishedAt: null,
      nextAt: null,
    },
  ];
  store.receive(tick(1, figures, { sources: [source('pageview', 7_912), ...sources], log, tasks }));
  return store;
}

function draw(store: DashStore, columns: number, rows: number, symbols: Symbols = 'block', colours = false) {
  const scene = {
    snapshot: store.getSnapshot(),
    look: lookOf(symbols, colours),
    axes: new Axes(),
    startCommand: 'trackflow start',
    version: '0.1.0',
  };
  return drawFrame(scene, columns, rows);
}

describe.each(SIZES)('a frame of %i columns and %i rows', (columns, rows) => {
  it.each(VIEWS)('fills its lines exactly and leaves the last row free in the view %s', (view) => {
    const store = filled();
    store.update((ui) => ({ ...ui, view }));
    for (const change of [
      {},
      { zoomed: true },
      { help: true },
      { typing: true, filter: HOSTILE[2]! },
      { latency: 'lines' as const },
      { command: 'zo' },
    ]) {
      store.update((ui) => ({
        ...ui,
        help: false,
        zoomed: false,
        typing: false,
        filter: '',
        command: null,
        ...change,
      }));
      for (const colours of [true, false]) {
        const frame = draw(store, columns, rows, 'block', colours);
        expect(frame).toHaveLength(Math.max(1, rows - 1));
        expect(frame.map(lineWidth)).toEqual(frame.map(() => columns));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
        expect(frame.map(stripColours).join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u200b-\u200f]/);
      }
    }
  });

  it('says what to run when there is no daemon', () => {
    const store = new DashStore();
    store.setConnection({ kind: 'not-running' });
    const text = draw(store, columns, rows).join('\n');
    if (columns >= 30) expect(text).toMatch(/trackflow start/);
  });
});

it('has only ASCII where that is asked for, and no colour codes without colours', () => {
  const store = new DashStore();
  store.receive(history(300, () => ({ accepted: 5, stored: 4, ack_p99_ms: 3 })));
  store.receive(tick(1, { accepted: 5 }));
  for (const view of VIEWS) {
    store.update((ui) => ({ ...ui, view }));
    expect(draw(store, 120, 32, 'ascii').join('')).toMatch(/^[ -~]*$/);
  }
});

it('shows the figures of the stream', () => {
  const text = draw(filled(), 200, 60).join('\n');
  expect(text).toContain('12,408/s');
  expect(text).toContain('12,391/s');
  expect(text).toContain('4 ms / 38 ms');
  expect(text).toContain('420 ms');
  expect(text).toMatch(/web\/pageview +7,912/);
});

it('tells how fresh it is', () => {
  const store = filled();
  expect(draw(store, 80, 24)[0]).toMatch(/RUNNING.*LIVE 1s/);
  store.setConnection({ kind: 'stale', seconds: 7 });
  expect(draw(store, 80, 24)[0]).toMatch(/LAST KNOWN.*STALE 7s/);
  store.setConnection({ kind: 'reconnecting', attempt: 3, why: 'gone' });
  expect(draw(store, 80, 24)[0]).toContain('RECONNECTING 3');
  store.receive(tick(2, {}, { state: { ...STATE, version: '0.0.9' } }));
  expect(draw(store, 80, 24)[0]).toContain('daemon 0.0.9, this is 0.1.0');
  store.receive(tick(3, {}, { state: { ...STATE, problems: ['the disk is full'] } }));
  expect(draw(store, 120, 32)[0]).toMatch(/DEGRADED.*the disk is full/);
});

describe('before there are figures', () => {
  it.each([
    [{ kind: 'connecting' }, /CONNECTING[\s\S]*Connecting to the daemon/],
    [{ kind: 'reconnecting', attempt: 2, why: 'no\u001b[2J answer' }, /RECONNECTING 2[\s\S]*no\\u\{1b\}\[2J answer/],
    [{ kind: 'not-running' }, /NOT RUNNING[\s\S]*trackflow start[\s\S]*fills as soon as it does/],
  ] as const)('says what it waits for: %o', (connection, expected) => {
    const store = new DashStore();
    store.setConnection(connection);
    for (const [columns, rows] of [
      [200, 60],
      [80, 24],
      [60, 13],
    ] as const)
      expect(draw(store, columns, rows).join('\n')).toMatch(expected);
  });

  it('says in each panel that there is nothing, or what is not known', () => {
    const store = new DashStore();
    store.receive(history(0, () => ({})));
    const view = (name: (typeof VIEWS)[number]) => {
      store.update((ui) => ({ ...ui, view: name }));
      return draw(store, 200, 60).join('\n');
    };
    expect(view('overview')).toMatch(/–\/s[\s\S]*none has run yet[\s\S]*nothing at this level so far/);
    expect(view('ingest')).toMatch(/no events in this second|nothing was turned away|missing/);
    expect(view('storage')).toContain('this daemon does not tell');
    expect(view('tasks')).toContain('none has run yet');
    expect(view('logs')).toContain('nothing at this level so far');
    expect(view('visitors')).toContain('asking the daemon…');
  });
});

it.each([
  [{ kind: 'stale', seconds: 7 }, 'STALE 7s'],
  [{ kind: 'reconnecting', attempt: 3, why: 'gone' }, 'RECONNECTING 3'],
] as const)('greys the last figures while it is %o', (connection, word) => {
  const store = filled();
  store.setConnection(connection);
  const frame = draw(store, 80, 24, 'block', true);
  expect(stripColours(frame[0]!)).toContain(word);
  expect(frame.slice(1, -1).every((line) => line.startsWith('\u001b[2m'))).toBe(true);
  expect(frame.join('\n')).toContain('12.4k/s');
});

it('greys what is not live any more, and says how old it is and what to run', () => {
  const store = filled();
  const dim = (rows: readonly string[]) => rows.filter((line) => line.startsWith('\u001b[2m')).length;
  expect(dim(draw(store, 80, 24, 'block', true))).toBeLessThan(22);
  store.setConnection({ kind: 'not-running' }, 192_000);
  const frame = draw(store, 120, 32, 'block', true);
  expect(dim(frame)).toBe(31 - 3);
  const [header] = frame.map(stripColours);
  expect(header).toMatch(/NOT RUNNING.*OFFLINE, 3m12s old/);
  expect(stripColours(frame.at(-1)!)).toMatch(/^ trackflow start /);
  expect(frame.join('\n')).toContain('12.4k/s');
  for (const [columns, rows] of [
    [60, 13],
    [30, 5],
  ] as const)
    expect(draw(store, columns, rows).join('\n')).toMatch(/OFFLINE, 3m12s old[\s\S]*trackflow start/);
  // The right end of the charts is not now.
  expect(frame.join('\n')).not.toMatch(/ now│/);
});

it('says that it is slow, and how to make the best of a slow terminal', () => {
  const store = filled();
  const shown = (slowness: Slowness) => {
    store.setSlowness(slowness);
    store.update((ui) => ({ ...ui }));
    return draw(store, 120, 32).join('\n');
  };
  expect(shown('none')).not.toMatch(/slow(ed)?\b/);
  expect(shown('display')).toContain('LIVE 1s display slowed');
  expect(shown('terminal')).toMatch(/LIVE 1s terminal slow[\s\S]*--interval 5s/);
  store.update((ui) => ({ ...ui, refreshMs: 5_000 }));
  expect(shown('terminal')).not.toContain('--interval');
});

it('labels each window with its length', () => {
  const store = filled();
  for (const [windowMs, label] of [
    [60_000, '-1m '],
    [300_000, '-5m '],
    [900_000, '-15m '],
    [3_600_000, '-1h '],
    [86_400_000, '-1d '],
  ] as const) {
    store.update((ui) => ({ ...ui, windowMs }));
    for (const [columns, rows] of SIZES.filter(([width, height]) => width >= 78 && height >= 22))
      for (const symbols of ['block', 'braille'] as const)
        expect(draw(store, columns, rows, symbols).join('\n').split(label)).toHaveLength(3);
  }
});

it('shows the figures and the end of the time that was sought', () => {
  const store = filled();
  const at = (second: number) => new Date(T0 + second * 1_000).toTimeString().slice(0, 8);
  store.update((ui) => ({ ...ui, windowMs: 60_000, seekMs: 120_000 }));
  const text = draw(store, 120, 32).join('\n');
  // 120 seconds before the tick after the history, whose last value is 12,299.
  expect(text).toMatch(/accepted 12\.2k\/s/);
  expect(text).toContain('SEEK -2m');
  expect(text).toMatch(new RegExp(`-1m +${at(-119)}│`));
  expect(text).not.toMatch(/ now│/);
});

it('gives the room of a layout to charts or to tables', () => {
  const store = filled();
  const has = (preset: 'all' | 'charts' | 'tables') => {
    store.update((ui) => ({ ...ui, preset }));
    const text = draw(store, 120, 32).join('\n');
    return ['Events/s', 'Sources', 'Events ≥ WARN'].map((title) => text.includes(`─ ${title}`));
  };
  expect(has('all')).toEqual([true, true, true]);
  expect(has('charts')).toEqual([true, false, true]);
  expect(has('tables')).toEqual([false, true, true]);
});

it('names the view and the window where there are no tabs, when there is room', () => {
  const store = filled();
  store.update((ui) => ({ ...ui, view: 'ingest' }));
  expect(draw(store, 80, 24)[0]).toMatch(/LIVE 1s · win 5m · 2 Ingest $/);
  expect(draw(store, 60, 13)[0]).toMatch(/LIVE 1s · win 5m/);
  expect(draw(store, 40, 8)[0]).toMatch(/RUNNING.*LIVE 1s/);
  store.receive(tick(2, {}, { state: { ...STATE, problems: ['the disk is full, and more than can be said here'] } }));
  expect(draw(store, 80, 24)[0]).toMatch(/DEGRADED {2}the disk is full.*… .*LIVE 1s/);
});

it('shows one panel at a time on a small screen, and how to get to the others', () => {
  const store = filled();
  store.update((ui) => ({ ...ui, view: 'ingest' }));
  expect(draw(store, 60, 13)[1]).toMatch(/^ Sources .* 1 of 4, Tab $/);
  store.update((ui) => ({ ...ui, focus: 1 }));
  expect(draw(store, 60, 13)[1]).toMatch(/^ Turned away .* 2 of 4, Tab $/);
});

it('cuts no figure of the visitors where the line is short', () => {
  const store = filled();
  store.update((ui) => ({ ...ui, view: 'visitors' }));
  const row = { value: '/categories/hiking-boots', visitors: 1_234, events: 12_345 };
  store.setAudience({
    ...AUDIENCE_EMPTY,
    totals: { visitors: 11_559, sessions: 12_559, pageviews: 139_701, events: 267_890 },
    tables: { ...AUDIENCE_EMPTY.tables, path: [row] },
    askedAt: T0,
    windowMs: 300_000,
    failure: '',
  });
  const all = ['live visitors –', 'window: visitors 11,559', 'sessions 12,559', 'pageviews 139,701', 'events 267,890'];
  for (let columns = 78; columns < 110; columns++) {
    const shown = draw(store, columns, 24)[1]!.trim().split('  ');
    expect(shown.length).toBeGreaterThan(2);
    expect(shown).toEqual(all.slice(0, shown.length));
  }
  // Of a path more than the beginning is seen, before any share.
  expect(draw(store, 80, 24).join('\n')).toMatch(/\/categories\/hiking-…? +1,234/);
});

describe('keys', () => {
  const size = { columns: 120, rows: 32 };
  const typing = (store: DashStore, ...keys: readonly string[]) => {
    const effects: Effect[] = [];
    const press = keyHandler(store, (effect) => effects.push(effect));
    for (const key of keys) press(key, size);
    return effects;
  };

  it('do one thing each', () => {
    const all = KEYMAP.flatMap(({ keys }) => keys);
    expect(new Set(all).size).toBe(all.length);
  });

  it('all stand in the help', () => {
    const store = filled();
    typing(store, '?');
    const text = draw(store, 120, 40).join('\n');
    for (const { help } of KEYMAP) expect(text).toContain(help);
  });

  it.each([
    [120, 32],
    [80, 24],
    [60, 13],
    [40, 8],
  ] as const)('scroll the help where %i x %i is too small for all of it', (columns, rows) => {
    const store = filled();
    typing(store, '?');
    const seen = new Set<string>();
    const screen = { columns, rows };
    const press = keyHandler(store, () => {});
    const read = () => draw(store, columns, rows).map((row) => row.replace(/^│|│$/g, '').trim());
    for (let line = 0; line <= KEYMAP.length * 3; line++) {
      for (const row of read()) seen.add(row);
      press('down', screen);
    }
    // Every word of it, none cut.
    const text = [...seen].join(' ');
    for (const { shown, help } of KEYMAP) {
      expect(text).toContain(`${shown.padEnd(8)}${help.split(' ')[0]}`);
      for (const word of help.split(' ')) expect(text.split(/\s+/)).toContain(word);
    }
    // Beyond the end there is nothing, and the way back begins at once.
    const end = draw(store, columns, rows);
    for (let page = 0; page < 50; page++) press('pagedown', screen);
    expect(draw(store, columns, rows)).toEqual(end);
    press('up', screen);
    expect(draw(store, columns, rows)).not.toEqual(end);
    press('down', screen);
    expect(end.join('\n')).toMatch(/q +quit[\s\S]*Esc closes|Esc closes[\s\S]*q +quit/);
  });

  it('open views, filter, sort, and Esc goes back without quitting', () => {
    const store = filled();
    expect(typing(store, '2', '/', 'p', 'a', 'g', 'enter')).toEqual([]);
    expect(store.getSnapshot().ui).toMatchObject({ view: 'ingest', filter: 'pag', typing: false });
    expect(draw(store, 120, 32).join('\n')).toContain('1 of 7');
    expect(typing(store, 'esc', 'esc', 'esc')).toEqual([]);
    expect(store.getSnapshot().ui.filter).toBe('');
    typing(store, 's', 'r', 'z', 'tab');
    expect(store.getSnapshot().ui).toMatchObject({ sort: 'REJ%', ascending: true, zoomed: true, focus: 1 });
    expect(typing(store, 'q', 'ctrl-c', 'e')).toEqual(['quit', 'quit', 'export']);
  });

  it('are found by their words and done', () => {
    const store = filled();
    typing(store, ':', ...'heat map');
    expect(draw(store, 120, 32).join('\n')).toMatch(/Commands[\s\S]*heat map/);
    typing(store, 'enter');
    expect(store.getSnapshot().ui).toMatchObject({ command: null, latency: 'lines' });
    expect(typing(store, ':', ...'export', 'enter')).toEqual(['export']);
    // The letters stand closer in "display", but that is not a word of it.
    typing(store, ':', ...'lay', 'enter');
    expect(store.getSnapshot().ui).toMatchObject({ pausedAt: null, preset: 'charts' });
    expect(typing(store, ':', ...'zzzz', 'enter', ':', 'q', 'esc')).toEqual([]);
  });

  it('drill down into one source', () => {
    const store = filled();
    typing(store, '2', 'enter');
    expect(draw(store, 120, 32).join('\n')).toMatch(/web\/pageview ─[\s\S]* 7,912\/s/);
    typing(store, 'down');
    expect(draw(store, 120, 32).join('\n')).not.toMatch(/web\/pageview/);
    typing(store, 'esc');
    expect(draw(store, 120, 32).join('\n')).toMatch(/SOURCE.*EV\/S/);
  });

  it('write bytes in powers of 1,024 or of 1,000, everywhere', () => {
    const store = filled();
    store.receive(tick(2, { disk_free_bytes: 3e9, daemon_rss_bytes: 3e8, received_bytes: 2e6 }));
    expect(draw(store, 200, 60).join('\n')).toMatch(/2\.8G free[\s\S]*1\.9M\/s[\s\S]*286M/);
    typing(store, 'u');
    const text = draw(store, 200, 60).join('\n');
    expect(text).toMatch(/3GB free[\s\S]*2MB\/s[\s\S]*300MB/);
    expect(text).not.toMatch(/2\.8G|1\.9M|286M/);
    typing(store, '2');
    expect(draw(store, 200, 60).join('\n')).toContain('2MB');
  });

  it('move the window and come back', () => {
    const store = filled();
    typing(store, '-', '[', '[');
    expect(store.getSnapshot().ui).toMatchObject({ windowMs: 60_000, seekMs: 60_000 });
    expect(draw(store, 120, 32)[0]).toContain('SEEK -1m');
    typing(store, '0', '=');
    expect(store.getSnapshot().ui).toMatchObject({ windowMs: 300_000, seekMs: 0 });
  });
});
