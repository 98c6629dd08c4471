import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commitMove, settleMove } from '../../../daemon/move/commit.ts';
import { nextFolder } from '../../../daemon/move/target.ts';
import { homePaths } from '../../../src/config/home.ts';
import { resolveConfig } from '../../../src/config/resolve.ts';
import { checkPlace, readPlace } from '../../../src/engine/place.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

function rig(config: object = {}) {
  const paths = homePaths(temporaryHome());
  mkdirSync(nextFolder(paths), { recursive: true });
  writeFileSync(join(nextFolder(paths), 'engine.json'), '{"httpPort":2}');
  writeFileSync(join(paths.run, 'engine.json'), '{"httpPort":1}');
  writeFileSync(paths.config, JSON.stringify(config), { mode: 0o640 });
  const from = resolveConfig({ home: paths.home, env: {} }).config.engine;
  return { paths, from, resolved: () => resolveConfig({ home: paths.home, env: {} }).config.engine };
}

it('a commit changes the engine in the configuration and nothing else, for the next start', () => {
  const written = { $schema: 'x', listen: { port: 9 }, engine: { database: 'mine', cpusMax: 2 } };
  const { paths, from, resolved } = rig(written);
  const to = { ...from, kind: 'docker' as const, image: 'other:1' };
  expect(commitMove(paths, from, to)).toEqual(['engine.kind', 'engine.image']);
  expect(resolved()).toEqual(to);
  expect(JSON.parse(readFileSync(paths.config, 'utf8'))).toEqual({
    ...written,
    engine: { ...written.engine, kind: 'docker', image: 'other:1' },
  });
  expect(statSync(paths.config).mode & 0o777).toBe(0o640);
  expect(readFileSync(join(paths.run, 'engine.json'), 'utf8')).toBe('{"httpPort":2}');
});

it('until it is settled both engines will do, then only the new one', () => {
  const { paths, from } = rig();
  const to = { ...from, kind: 'url' as const, url: 'http://there:8123/' };
  expect(() => checkPlace(paths.run, from)).not.toThrow();
  commitMove(paths, from, to);
  expect(() => checkPlace(paths.run, from)).not.toThrow();
  expect(() => checkPlace(paths.run, to)).not.toThrow();
  settleMove(paths, to);
  expect(readPlace(paths.run)).toEqual(['url http://there:8123 trackflow']);
  expect(() => checkPlace(paths.run, to)).not.toThrow();
  expect(() => checkPlace(paths.run, from)).toThrow(/the data was moved to url http:\/\/there:8123/);
  expect(() => checkPlace(paths.run, { ...to, url: 'http://elsewhere:8123' })).toThrow(/holds what was before/);
});
