import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SqlHistory } from '../../../../../src/cli/engine/sql/history.ts';
import { temporaryHome } from '../../../../support/temporary-home.ts';

function rig() {
  const path = join(temporaryHome(), 'sql-history');
  const failures: string[] = [];
  return { path, failures, history: new SqlHistory(path, ({ message }) => failures.push(message)) };
}

it('gives back what was typed, the newest first, from a file for its owner alone', () => {
  const { path, history } = rig();
  expect(history.load()).toEqual([]);
  expect(history.add('SELECT 1;')).toBe(true);
  new SqlHistory(path, () => {}).add('SELECT 2;');
  expect(history.load()).toEqual(['SELECT 2;', 'SELECT 1;']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it.each(["CREATE USER eve IDENTIFIED BY 'x';", "SELECT * FROM remote('h', 'db', 't', 'u', 'password');", ' SELECT 1;'])(
  'does not keep %s',
  (entry) => {
    const { history } = rig();
    expect(history.add(entry)).toBe(false);
    expect(history.load()).toEqual([]);
  },
);

it('is cut when a session begins', () => {
  const { path, history } = rig();
  writeFileSync(path, Array.from({ length: 1_500 }, (_, n) => `SELECT ${n};\n`).join(''));
  expect(history.load()).toHaveLength(1_000);
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(1_001);
});

it('that cannot be written is told once', () => {
  const failures: string[] = [];
  const history = new SqlHistory(temporaryHome(), ({ message }) => failures.push(message));
  history.load();
  history.add('SELECT 1;');
  history.add('SELECT 2;');
  expect(failures).toHaveLength(1);
});
