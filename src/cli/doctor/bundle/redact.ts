import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutSecrets } from '../../../access/redact.ts';
import type { Patient } from '../check.ts';

const MARK = '[redacted]';
/** Shorter ones would redact ordinary words, and protect nothing. */
const SECRET_LENGTH_MIN = 4;

/** What stands behind a word that announces a secret. */
const ANNOUNCED = /((?:password|passwd|secret|token|api[_-]?key|authorization)["']?\s*[:=]\s*["']?)[^\s"',;&}]+/gi;

/** Long runs of hexadecimal digits are keys, hashes and salts; names of batches are shorter. */
const HEXADECIMAL = /\b[0-9a-f]{32,}\b/gi;

/** Takes every secret that the instance has out of a text, however it got there, and what looks like one. */
export function redactor(patient: Patient): (text: string) => string {
  const secrets = secretsOf(patient).flatMap(spellings);
  return (text) => {
    const known = secrets.reduce((rest, secret) => rest.replaceAll(secret, MARK), text);
    return withoutSecrets(known).replace(ANNOUNCED, `$1${MARK}`).replace(HEXADECIMAL, MARK);
  };
}

function secretsOf({ instance, config }: Patient): string[] {
  const kept = [join(instance.paths.run, 'engine.json'), instance.paths.cluster];
  const found = kept.flatMap((file) => passwordsOf(readText(file)));
  if (!(config instanceof Error)) {
    const { engine, access } = config.config;
    const files = [engine.passwordFile, access.accountsPasswordFile].filter((file) => file !== '');
    found.push(...files.map((file) => readText(file).trim()));
  }
  return found.filter((secret) => secret.length >= SECRET_LENGTH_MIN);
}

/** The same secret as it stands in a URL, in JSON and in a header. */
function spellings(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '');
  return [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64])];
}

/** Every value of a key that says password or secret. */
function passwordsOf(json: string): string[] {
  try {
    const content = JSON.parse(json) as Record<string, unknown>;
    return Object.entries(content).flatMap(([key, value]) => (/password|secret/i.test(key) ? [String(value)] : []));
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
