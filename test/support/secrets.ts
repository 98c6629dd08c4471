import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { withoutSecrets } from '../../src/access/redact.ts';

/** What a home keeps to itself: the engine's passwords, their hashes, and the salts of visitor ids. */
export function secretsOf(home: string): string[] {
  return [...passwordsOf(path.join(home, 'run', 'engine.json')), ...saltsOf(path.join(home, 'state.db'))];
}

/**
 * Logs and archives below a home that hold one of its secrets, or what looks like a key, a token or a password in an
 * address. Every `TestDaemon` is looked at when its test ends.
 */
export function leaksIn(home: string): string[] {
  const secrets = secretsOf(home);
  return writtenFiles(home).filter((file) => {
    const bytes = fs.readFileSync(file);
    const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
    return secrets.some((secret) => text.includes(secret)) || withoutSecrets(text) !== text;
  });
}

function passwordsOf(file: string): string[] {
  if (!fs.existsSync(file)) return [];
  const { writerPassword, readerPassword } = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, string>;
  const passwords = [writerPassword, readerPassword].filter((password) => password !== undefined);
  return [...passwords, ...passwords.map((password) => createHash('sha256').update(password).digest('hex'))];
}

/** None of a database that a test has torn or never filled. */
function saltsOf(file: string): string[] {
  if (!fs.existsSync(file)) return [];
  const db = new Database(file, { readonly: true });
  try {
    const salts = db.prepare<[], { salt: Buffer }>('SELECT salt FROM salts').all();
    return salts.map(({ salt }) => salt.toString('hex'));
  } catch (error) {
    if (error instanceof Database.SqliteError) return [];
    throw error;
  } finally {
    db.close();
  }
}

function writtenFiles(home: string): string[] {
  const filesOf = (folder: string) =>
    fs.existsSync(folder)
      ? fs.readdirSync(folder, { withFileTypes: true, recursive: folder !== home }).filter((entry) => entry.isFile())
      : [];
  const archives = filesOf(home).filter(({ name }) => name.endsWith('.gz'));
  return [...filesOf(path.join(home, 'logs')), ...archives].map(({ parentPath, name }) => path.join(parentPath, name));
}
