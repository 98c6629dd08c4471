import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Log, openLog } from '../../daemon/log.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'trackflow-log-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

function open(): Promise<Log> {
  return openLog(folder, { level: 'info', fileBytesMax: 1024 * 1024, filesMax: 2 });
}

/** A device that is a full disk to whoever writes to it. */
const FULL = '/dev/full';

describe.skipIf(!fs.existsSync(FULL))('the log on a full disk', () => {
  it('throws at nobody who writes a line, and can be closed', async () => {
    fs.symlinkSync(FULL, path.join(folder, 'daemon.1.log'));
    const log = await open();
    for (let line = 0; line < 3; line++) expect(() => log.write('error', 'state', 'state_failed')).not.toThrow();
    await log.close();
  });
});
