import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';

test('the package root is found from sources and from compiled files', () => {
  const root = packageRoot();
  expect(existsSync(join(root, 'schema', 'clickhouse'))).toBe(true);
  expect(packageRoot(pathToFileURL(join(root, 'dist', 'src', 'package-root.js')).href)).toBe(root);
});

test('a file outside of any package is refused', () => {
  expect(() => packageRoot('file:///package-root.js')).toThrow(/no package.json/);
});
