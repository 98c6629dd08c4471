import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeLease, tryLease } from '../../../../src/engine/docker/lease.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';

const NEVER = new AbortController().signal;
/** Above the largest process id that Linux gives. */
const NOBODY = 2 ** 22 + 1;

test('one at a time has it, and the next one gets it when it is given back', async () => {
  const path = join(temporaryHome(), 'lease');
  const release = tryLease(path)!;
  expect(readFileSync(path, 'utf8')).toBe(String(process.pid));
  expect(tryLease(path)).toBe(null);
  const waiting = takeLease(path, 5_000, NEVER);
  release();
  (await waiting)();
  expect(existsSync(path)).toBe(false);
});

test('the lease of a process that is gone, or of long ago, is taken over', () => {
  const path = join(temporaryHome(), 'lease');
  writeFileSync(path, String(NOBODY));
  expect(tryLease(path)).not.toBe(null);
  const longAgo = Date.now() / 1_000 - 3 * 3_600;
  utimesSync(path, longAgo, longAgo);
  expect(tryLease(path)).not.toBe(null);
});

test('nobody waits for ever, nor after an interruption', async () => {
  const path = join(temporaryHome(), 'lease');
  tryLease(path);
  await expect(takeLease(path, 50, NEVER)).rejects.toMatchObject({ code: 'TF_BUSY' });
  await expect(takeLease(path, 60_000, AbortSignal.timeout(20))).rejects.toThrow();
});
