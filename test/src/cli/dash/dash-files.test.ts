import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DashFiles } from '../../../../src/cli/dash/dash-files.ts';
import { hasColours, isAccessible, isScreen, symbolsFor } from '../../../../src/cli/dash/terminal-kind.ts';
import { UI_DEFAULT } from '../../../../src/dashboard/input/ui.ts';
import { exportDocument } from '../../../../src/dashboard/print/export.ts';
import { DashStore } from '../../../../src/dashboard/store/store.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';
import { history, T0, tick } from '../../dashboard/stream-lines.ts';

describe('files of the dashboard', () => {
  it('hold the figures, the numbers of the window and the screen, for their owner alone', () => {
    const folder = join(temporaryHome(), 'dash');
    const store = new DashStore();
    store.receive(history(300, (second) => ({ accepted: second })));
    store.receive(tick(1, { accepted: 777 }));
    const message = new DashFiles(folder).write(exportDocument(store.getSnapshot(), ['\u001b[1mbold\u001b[22m  ']), T0);
    const [name] = readdirSync(folder);
    expect(message).toBe(`exported to ${join(folder, name!)}`);
    expect(statSync(join(folder, name!)).mode & 0o777).toBe(0o600);
    const document = JSON.parse(readFileSync(join(folder, name!), 'utf8'));
    expect(document).toMatchObject({ schema: 'trackflow.dash-export/1', figures: { accepted: 777 }, screen: ['bold'] });
    expect(document.series.accepted).toHaveLength(300);
    expect(document.series.accepted.at(-1)).toBe(777);
  });

  it('say why there is no export', () => {
    const file = join(temporaryHome(), 'a-file');
    writeFileSync(file, '');
    const store = new DashStore();
    store.receive(history(1, () => ({})));
    expect(new DashFiles(file).write(exportDocument(store.getSnapshot(), []), T0)).toMatch(/^not exported: /);
  });

  it('keep the choices, and take none that are not valid', () => {
    const folder = join(temporaryHome(), 'dash');
    const files = new DashFiles(folder);
    expect(files.readChoices()).toEqual({});
    files.keepChoices({ ...UI_DEFAULT, preset: 'charts', windowMs: 60_000, byteUnits: 'decimal', view: 'logs' });
    expect(files.readChoices()).toEqual({
      preset: 'charts',
      windowMs: 60_000,
      latency: 'map',
      logarithmic: false,
      byteUnits: 'decimal',
    });
    writeFileSync(
      join(folder, 'choices.json'),
      '{"preset":"none","windowMs":7,"byteUnits":"imperial","latency":"lines"}',
    );
    expect(files.readChoices()).toEqual({ latency: 'lines' });
    writeFileSync(join(folder, 'choices.json'), 'null');
    expect(files.readChoices()).toEqual({});
  });
});

describe('the kind of terminal', () => {
  it('decides what can be drawn', () => {
    const tty = { isTTY: true } as NodeJS.WriteStream;
    expect(isScreen(tty, { TERM: 'xterm' })).toBe(true);
    for (const env of [{ TERM: 'dumb' }, { CI: 'true' }, { CI: '1' }]) expect(isScreen(tty, env)).toBe(false);
    expect(isScreen({} as NodeJS.WriteStream, {})).toBe(false);
    expect(symbolsFor('auto', { LANG: 'de_DE.UTF-8' }, 159)).toBe('block');
    expect(symbolsFor('auto', { LANG: 'de_DE.UTF-8' }, 160)).toBe('braille');
    expect(symbolsFor('auto', { LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, 200)).toBe('ascii');
    expect(symbolsFor('block', { LANG: 'de_DE.UTF-8' }, 200)).toBe('block');
    expect(symbolsFor('braille', {}, 80)).toBe('braille');
  });

  it('hears of colours and screen readers', () => {
    expect(hasColours(false, {})).toBe(true);
    for (const env of [{ NO_COLOR: '1' }, { TRACKFLOW_NO_COLOR: '1' }]) expect(hasColours(false, env)).toBe(false);
    expect(hasColours(true, {})).toBe(false);
    expect(isAccessible(false, { ACCESSIBLE: '1' })).toBe(true);
    for (const off of ['', '0', 'false']) expect(isAccessible(false, { ACCESSIBLE: off })).toBe(false);
  });
});
