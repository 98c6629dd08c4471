import { expect, it } from 'vitest';
import type { LogEntry } from '../../../../src/control/stream.ts';
import { keyHandler } from '../../../../src/dashboard/input/controller.ts';
import { DashStore } from '../../../../src/dashboard/store/store.ts';
import { history, T0, tick } from '../stream-lines.ts';
import { drawn } from './drawn.ts';

const SIZE = { columns: 120, rows: 32 };

function entry(id: number, level: LogEntry['level'], event: string, at = T0 - 1_000 + id): LogEntry {
  return { id, at, level, step: 'tasks', event, fields: {} };
}

/** A log of 60 entries: every tenth a warning, one of them an error. */
function withLog(): { store: DashStore; press(...keys: readonly string[]): void } {
  const store = new DashStore({ view: 'logs' });
  const entries = Array.from({ length: 60 }, (_, n) =>
    entry(n, n % 10 !== 9 ? 'info' : n === 49 ? 'error' : 'warn', `event ${n}${n % 7 === 3 ? ' disk' : ''}`),
  );
  const log = entries.filter(({ level }) => level !== 'info');
  store.receive({ ...history(5, () => ({})), log, info: entries.filter(({ level }) => level === 'info') });
  store.receive(tick(1, {}));
  const handler = keyHandler(store, () => {});
  return { store, press: (...keys) => keys.forEach((key) => void handler(key, SIZE)) };
}

/** The numbers of the entries on the screen, in their order. */
function shown(store: DashStore): number[] {
  return [...drawn(store, SIZE.columns, SIZE.rows).matchAll(/tasks: event (\d+)/g)].map(([, n]) => Number(n));
}

function chosen(store: DashStore): number {
  return Number(/▸.*tasks: event (\d+)/.exec(drawn(store, SIZE.columns, SIZE.rows))?.[1] ?? Number.NaN);
}

it('has all levels in the order of their time, and follows', () => {
  const { store } = withLog();
  expect(shown(store)).toEqual(Array.from({ length: 26 }, (_, index) => index + 34));
  store.receive(tick(2, {}, { info: [entry(60, 'info', 'event 60')], log: [entry(61, 'warn', 'event 61')] }));
  expect(shown(store).slice(-3)).toEqual([59, 60, 61]);
  expect(drawn(store, 120, 32)).toMatch(/Log all levels ─+ follow/);
});

it('narrows to a level', () => {
  const { store, press } = withLog();
  press('v');
  expect(shown(store)).toEqual([9, 19, 29, 39, 49, 59]);
  press('v');
  expect(shown(store)).toEqual([49]);
  press('v');
  expect(shown(store)).toHaveLength(26);
});

it('stands still while it is scrolled back, says how much is newer, and follows again', () => {
  const { store, press } = withLog();
  press('up', 'up', 'pageup', 'pageup');
  const before = shown(store);
  expect(chosen(store)).toBe(59 - 22);
  store.receive(tick(2, {}, { info: [entry(60, 'info', 'event 60', T0 + 2_000)] }));
  expect(shown(store)).toEqual(before);
  expect(drawn(store, 120, 32)).toContain('23 newer below, f follows');
  press('pagedown', 'pagedown', 'down', 'down', 'down');
  expect(shown(store).at(-1)).toBe(60);
  expect(drawn(store, 120, 32)).toMatch(/ follow /);
  press('f');
  store.receive(tick(3, {}, { info: [entry(61, 'info', 'event 61', T0 + 3_000)] }));
  expect(shown(store).at(-1)).toBe(60);
  press('f');
  expect(shown(store).at(-1)).toBe(61);
});

it('finds what is searched for, the newest first, and goes around the ends', () => {
  const { store, press } = withLog();
  press('/', ...'disk', 'enter');
  // Those that are 3 modulo 7: 59, 52, 45 …
  expect(chosen(store)).toBe(59);
  expect(shown(store)).toHaveLength(26);
  press('N');
  expect(chosen(store)).toBe(52);
  expect(drawn(store, 120, 32)).toMatch(/\/ disk {2}match 2 of 9/);
  press('N', 'N', 'n');
  expect(chosen(store)).toBe(45);
  press('n', 'n', 'n');
  expect(chosen(store)).toBe(3);
  press('N');
  expect(chosen(store)).toBe(59);
  press('esc', 'n');
  expect(store.getSnapshot().ui.message).toContain('/ begins a search');
  press('/', ...'nowhere', 'enter');
  expect(store.getSnapshot().ui.message).toBe('nothing matches');
});

it('marks an entry that is longer than its line, and shows it whole when it is chosen', () => {
  const { store, press } = withLog();
  const why = Array.from({ length: 30 }, (_, n) => `reason-${n}`).join(' ');
  store.receive(tick(2, {}, { info: [{ ...entry(60, 'info', 'refused', T0 + 1), fields: { why } }] }));
  expect(drawn(store, 120, 32)).toMatch(/refused {2}why=reason-0 .*…│/);
  expect(drawn(store, 120, 32)).not.toContain('reason-29');
  press('f');
  const text = drawn(store, 120, 32);
  for (let n = 0; n < 30; n++) expect(text).toContain(`reason-${n}`);
  press('up');
  expect(drawn(store, 120, 32)).not.toContain('reason-29');
});

it('has the date of what is of another day', () => {
  const { store } = withLog();
  const day = new Date(T0 - 86_400_000);
  const date = `${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`;
  const old = {
    ...history(5, () => ({})),
    info: [entry(1, 'info', 'yesterday', T0 - 86_400_000), entry(2, 'info', 'today', T0)],
  };
  store.receive(old);
  expect(drawn(store, 120, 32)).toMatch(new RegExp(` ${date} \\d\\d:\\d\\d:\\d\\d · tasks: yesterday`));
  expect(drawn(store, 120, 32)).toMatch(/│ {2}\d\d:\d\d:\d\d · tasks: today/);
});

it('is as harmless as the text in it', () => {
  const { store } = withLog();
  const fields = { url: '\u001b]52;c;AAAA\u0007\u202e\nx' };
  store.receive(tick(2, {}, { info: [{ ...entry(60, 'info', 'event 60'), fields }] }));
  const text = drawn(store, 200, 60);
  expect(text).toContain('url=\\u{1b}]52;c;AAAA\\u{7}\\u{202e}\\nx');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  expect(text).not.toMatch(/[\u0007\u001b\u202e]/);
});
