import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DashFiles } from '../../../../src/cli/dash/dash-files.ts';
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
