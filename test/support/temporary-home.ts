import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty directory that is gone when the test is over. */
export function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'trackflow-test-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}
