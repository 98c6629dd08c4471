import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStateDatabase, type StateDatabase, tryLock, unsynced } from '../../../daemon/state/database.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { until } from '../../support/until.ts';
import { STATE_SCHEMA } from './state-file.ts';

const SYNCHRONOUS_NORMAL = 1;
const SYNCHRONOUS_FULL = 2;

let folder: string;
let file: string;
const open: StateDatabase[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'trackflow-state-'));
  file = path.join(folder, 'state.db');
});

afterEach(() => {
  for (const db of open.splice(0)) db.close();
  rmSync(folder, { recursive: true, force: true });
});

function openState(schema = STATE_SCHEMA): StateDatabase {
  const db = openStateDatabase(file, schema);
  open.push(db);
  return db;
}

/** A folder of schema steps with this SQL, numbered from 1. */
function schemaFolder(...steps: string[]): string {
  const schema = mkdtempSync(path.join(folder, 'schema-'));
  steps.forEach((sql, index) => {
    writeFileSync(path.join(schema, `000${index + 1}-step.sql`), sql);
  });
  return schema;
}

it('the steps of the schema are numbered one after another, each number once', () => {
  const steps = readdirSync(STATE_SCHEMA).filter((name) => name.endsWith('.sql'));
  const numbers = steps.sort().map((name) => Number(name.slice(0, 4)));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});

describe('state.db', () => {
  it('has every committed transaction on disk, at the first open and at the second', () => {
    for (const time of ['first', 'second']) {
      const db = openState();
      expect(db.pragma('journal_mode', { simple: true }), time).toBe('wal');
      expect(db.pragma('synchronous', { simple: true }), time).toBe(SYNCHRONOUS_FULL);
      db.close();
    }
    const plain = new Database(file);
    expect(plain.pragma('synchronous', { simple: true }), 'what it would be otherwise').toBe(SYNCHRONOUS_NORMAL);
    plain.close();
  });

  it('which a transaction that need not be on disk yet does without, and only that one', () => {
    const db = openState();
    const synchronous = () => db.pragma('synchronous', { simple: true });
    expect(unsynced(db, synchronous)).toBe(SYNCHRONOUS_NORMAL);
    expect(synchronous()).toBe(SYNCHRONOUS_FULL);
    const fail = () => {
      throw new Error('full');
    };
    expect(() => unsynced(db, fail)).toThrow('full');
    expect(synchronous()).toBe(SYNCHRONOUS_FULL);
  });

  it('gets the newest schema, once', () => {
    const newest = readdirSync(STATE_SCHEMA).length;
    expect(openState().pragma('user_version', { simple: true })).toBe(newest);
    openState().exec("INSERT INTO counters (name, value) VALUES ('x', 1)");
    expect(openState().prepare('SELECT count(*) FROM counters').pluck().get()).toBe(1);
  });

  it('that a newer TrackFlow has changed is refused, with both numbers', () => {
    openState().pragma('user_version = 99');
    const newest = readdirSync(STATE_SCHEMA).length;
    expect(openState).toThrow(expect.objectContaining({ code: 'TF_SCHEMA_NEWER' }));
    expect(openState).toThrow(new RegExp(`schema 99, .* up to ${newest}$`));
  });

  it('is brought forward step by step, and steps that were applied are not applied again', () => {
    openState(schemaFolder('CREATE TABLE a (x)')).exec('INSERT INTO a VALUES (1)');
    const db = openState(schemaFolder('CREATE TABLE a (x)', 'ALTER TABLE a ADD COLUMN y DEFAULT 7'));
    expect(db.prepare('SELECT x, y FROM a').get()).toEqual({ x: 1, y: 7 });
    expect(db.pragma('user_version', { simple: true })).toBe(2);
  });

  it('stays as it was when a step fails', () => {
    openState(schemaFolder('CREATE TABLE a (x)'));
    const broken = schemaFolder('CREATE TABLE a (x)', 'CREATE TABLE b (x)', 'CREATE TABLE b (x)');
    expect(() => openState(broken)).toThrow('table b already exists');
    const db = openState(schemaFolder('CREATE TABLE a (x)', 'CREATE TABLE b (x)'));
    expect(db.pragma('user_version', { simple: true })).toBe(2);
  });

  it('is opened by two at once', () => {
    const [first, second] = [openState(), openState()];
    first.exec("INSERT INTO counters (name, value) VALUES ('x', 1)");
    expect(second.prepare('SELECT count(*) FROM counters').pluck().get()).toBe(1);
  });

  it.each([
    ['is not a database', () => writeFileSync(file, 'this is text, and long enough for a header of SQLite'.repeat(50))],
    ['lies in no folder', () => rmSync(folder, { recursive: true })],
  ])('that %s is an error that names the file', (_, spoil) => {
    spoil();
    expect(openState).toThrow(expect.objectContaining({ code: 'TF_IO', message: expect.stringContaining(file) }));
  });
});

describe('the lock of a home', () => {
  it('is held by one until released', () => {
    const lock = path.join(folder, 'lock');
    const held = tryLock(lock)!;
    expect(tryLock(lock)).toBeNull();
    held.release();
    const again = tryLock(lock);
    expect(again).not.toBeNull();
    again!.release();
  });

  it('is free again when its holder was killed, and only then', async () => {
    const lock = path.join(folder, 'lock');
    const program = `
      import { tryLock } from ${JSON.stringify(path.join(packageRoot(), 'daemon', 'state', 'database.ts'))};
      if (tryLock(process.argv[1]) !== null) process.stdout.write('held');
      process.stdin.resume();
    `;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', program, lock], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(holder, 'exit');
    try {
      expect(String((await once(holder.stdout, 'data'))[0])).toBe('held');
      expect(tryLock(lock)).toBeNull();
      expect(holder.exitCode).toBeNull();
    } finally {
      holder.kill('SIGKILL');
      await exited;
    }
    await until(() => {
      const mine = tryLock(lock);
      mine?.release();
      return mine !== null;
    }, 5_000);
  });

  it('that is no lock file is an error, not a lock that somebody has', () => {
    const lock = path.join(folder, 'lock');
    writeFileSync(lock, 'this is text, and long enough for a header of SQLite'.repeat(50));
    expect(() => tryLock(lock)).toThrow('not a database');
  });
});
