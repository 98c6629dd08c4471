import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tarOf } from '../../../src/archive/tar.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

it('an archive comes out of tar as it went in, whatever the sizes', () => {
  const folder = temporaryHome();
  const sizes = [0, 1, 511, 512, 513, 100_000];
  const files = sizes.map((size) => ({ name: `logs/${size}.log`, content: 'é'.repeat(size) }));
  writeFileSync(join(folder, 'a.tar'), tarOf(files, Date.UTC(2026, 10, 21)));
  mkdirSync(join(folder, 'out'));
  execFileSync('tar', ['xf', 'a.tar', '-C', 'out'], { cwd: folder });
  for (const { name, content } of files) expect(readFileSync(join(folder, 'out', name), 'utf8')).toBe(content);
  expect(execFileSync('tar', ['tvf', 'a.tar'], { cwd: folder, encoding: 'utf8', env: { TZ: 'UTC' } })).toMatch(
    /^-rw------- .* 2026-11-21 00:00 logs\/0\.log$/m,
  );
});

it('a name that the format cannot hold is refused, not cut', () => {
  expect(() => tarOf([{ name: 'x'.repeat(101), content: '' }], 0)).toThrow(/too long/);
});
