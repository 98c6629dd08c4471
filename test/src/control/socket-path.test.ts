import { mkdirSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { controlSocketPath, prepareSocketDirectory, SOCKET_PATH_BYTES_MAX } from '../../../src/control/socket-path.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

describe('controlSocketPath', () => {
  it('lies in the home when that is short enough', () => {
    const home = temporaryHome();
    expect(controlSocketPath(home)).toBe(join(home, 'run', 'control.sock'));
  });

  it('is short, the same each time and different for each home when the home is long', () => {
    const long = join(temporaryHome(), 'd'.repeat(120));
    const path = controlSocketPath(long);
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(SOCKET_PATH_BYTES_MAX);
    expect(controlSocketPath(long)).toBe(path);
    expect(controlSocketPath(`${long}e`)).not.toBe(path);
  });

  it('counts bytes, not characters', () => {
    const home = join(temporaryHome(), 'ü'.repeat(50));
    expect(controlSocketPath(home)).not.toContain(home);
  });

  it('is the same through a link to the home', () => {
    const base = temporaryHome();
    const long = join(base, 'd'.repeat(120));
    mkdirSync(long);
    symlinkSync(long, join(base, 'link'));
    expect(controlSocketPath(join(base, 'link'))).toBe(controlSocketPath(long));
  });

  it('lies in a directory of the user alone', () => {
    const path = controlSocketPath(join(temporaryHome(), 'd'.repeat(120)));
    prepareSocketDirectory(path);
    const found = statSync(dirname(path));
    expect([found.mode & 0o777, found.uid]).toEqual([0o700, process.getuid?.()]);
  });
});
