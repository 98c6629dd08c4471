import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { homePaths, prepareHome, resolveHome } from '../../../src/config/home.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('resolveHome', () => {
  it('takes the flag, else the variable, else the XDG data directory', () => {
    const env = { TRACKFLOW_HOME: '/b', XDG_DATA_HOME: '/x', HOME: '/u' };
    expect(resolveHome('/a', env)).toBe('/a');
    expect(resolveHome(undefined, env)).toBe('/b');
    expect(resolveHome(undefined, { ...env, TRACKFLOW_HOME: '' })).toBe('/x/trackflow');
    expect(resolveHome(undefined, { HOME: '/u' })).toBe('/u/.local/share/trackflow');
    expect(resolveHome(undefined, {})).toBe(join(homedir(), '.local/share/trackflow'));
  });

  it('makes a relative home absolute and ignores a relative XDG directory', () => {
    expect(resolveHome('data', {})).toBe(join(process.cwd(), 'data'));
    expect(resolveHome(undefined, { XDG_DATA_HOME: 'x', HOME: '/u' })).toBe('/u/.local/share/trackflow');
  });
});

describe('prepareHome', () => {
  it('makes a home that only its owner can enter, and changes nothing the second time', () => {
    const home = join(temporaryHome(), 'new', 'home');
    for (let round = 0; round < 2; round++) {
      const { run, logs, spool, clickhouse } = prepareHome(home);
      for (const path of [home, run, logs, spool, clickhouse]) expect(modeOf(path)).toBe(0o700);
    }
  });

  it('closes its own directories but leaves the mode of a home that was there', () => {
    const home = temporaryHome();
    chmodSync(home, 0o755);
    mkdirSync(homePaths(home).run);
    chmodSync(homePaths(home).run, 0o755);
    prepareHome(home);
    expect([modeOf(home), modeOf(homePaths(home).run)]).toEqual([0o755, 0o700]);
  });

  it('says that a file is in the way', () => {
    const home = join(temporaryHome(), 'file');
    writeFileSync(home, '');
    expect(() => prepareHome(home)).toThrow(expect.objectContaining({ code: 'TF_CANNOT_CREATE', exit: 73 }));
    expect(() => prepareHome(join(home, 'below'))).toThrow(expect.objectContaining({ code: 'TF_CANNOT_CREATE' }));
  });

  it.skipIf(process.getuid?.() === 0)('says that it may not write there', () => {
    const home = temporaryHome();
    chmodSync(home, 0o500);
    expect(() => prepareHome(home)).toThrow(expect.objectContaining({ code: 'TF_PERMISSION', exit: 77 }));
  });
});
