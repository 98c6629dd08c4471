import fs from 'node:fs';
import path from 'node:path';
import { TrackflowError } from '../../../src/errors/error.ts';
import type { Certificate } from '../../receive/secure-server.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/**
 * What ACME keeps under the home: the key of the account, and the certificate with its key. All of it is its owner's
 * alone: what is open to others is refused, as somebody may have read it.
 */
export class AcmeFiles {
  readonly #folder: string;

  /** Makes the folder. Throws TF_PERMISSION when it, or what is in it, is open to others. */
  constructor(folder: string) {
    this.#folder = folder;
    fs.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    for (const name of ['', ...fs.readdirSync(folder)]) refuseOpen(path.join(folder, name));
  }

  accountKey(): string | undefined {
    return this.#read('account.key');
  }

  saveAccountKey(key: string): void {
    this.#write('account.key', key);
  }

  certificate(): Certificate | undefined {
    const both = this.#read('certificate.json');
    return both === undefined ? undefined : (JSON.parse(both) as Certificate);
  }

  /** In one file, so that a certificate is never found with another's key. */
  saveCertificate({ cert, key }: Certificate): void {
    this.#write('certificate.json', JSON.stringify({ cert, key }));
  }

  #read(name: string): string | undefined {
    const file = path.join(this.#folder, name);
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
  }

  #write(name: string, text: string): void {
    const file = path.join(this.#folder, name);
    fs.writeFileSync(`${file}.new`, text, { mode: FILE_MODE, flush: true });
    fs.renameSync(`${file}.new`, file);
  }
}

function refuseOpen(file: string): void {
  const mode = fs.statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return;
  throw new TrackflowError('TF_PERMISSION', `${file} is open to other users (mode ${mode.toString(8)})`, {
    hints: [`chmod go= ${file}`, 'if others may have read it, delete the folder: a new account and key are made'],
  });
}
