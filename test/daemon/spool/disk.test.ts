import fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isNoSpace, nodeDisk } from '../../../daemon/spool/disk.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trackflow-disk-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the real disk', () => {
  it('appends all pieces, more of them than the kernel takes at once, and syncs them', async () => {
    const file = path.join(folder, 'a.seg');
    const pieces = Array.from({ length: 2_500 }, (_, index) => Buffer.from(`${index},`));
    const fd = nodeDisk.create(file);
    nodeDisk.append(fd, pieces);
    nodeDisk.append(fd, [Buffer.alloc(0), Buffer.from('end')]);
    await nodeDisk.sync(fd);
    nodeDisk.close(fd);
    expect(nodeDisk.read(file).equals(Buffer.concat([...pieces, Buffer.from('end')]))).toBe(true);
  });

  it('goes on at the end after what was written last was taken back', () => {
    const file = path.join(folder, 'a.seg');
    const fd = nodeDisk.create(file);
    nodeDisk.append(fd, [Buffer.from('kept'), Buffer.from('refused')]);
    nodeDisk.truncate(fd, 4);
    nodeDisk.append(fd, [Buffer.from('retry')]);
    nodeDisk.close(fd);
    expect(nodeDisk.read(file).toString()).toBe('keptretry');
  });

  it('never opens a file that is there as a new one', () => {
    const file = path.join(folder, 'a.seg');
    nodeDisk.close(nodeDisk.create(file));
    expect(() => nodeDisk.create(file)).toThrow('EEXIST');
  });

  it('lets nobody else read files and folders', () => {
    const inner = path.join(folder, 'spool', 'events');
    nodeDisk.makeFolder(inner);
    const file = path.join(inner, 'a.seg');
    nodeDisk.close(nodeDisk.create(file));
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    for (const each of [inner, path.dirname(inner)]) expect(fs.statSync(each).mode & 0o777).toBe(0o700);
  });

  it('makes a folder that is there, and one by a relative path', () => {
    nodeDisk.makeFolder(folder);
    const relative = path.relative(process.cwd(), path.join(folder, 'x', 'y'));
    nodeDisk.makeFolder(relative);
    expect(nodeDisk.list(path.join(folder, 'x'))).toEqual(['y']);
  });

  it('keeps a linked file when the first name goes', () => {
    const file = path.join(folder, 'a.seg');
    fs.writeFileSync(file, 'rows');
    nodeDisk.makeFolder(path.join(folder, 'quarantine'));
    const second = path.join(folder, 'quarantine', 'a.seg');
    nodeDisk.link(file, second);
    expect(() => nodeDisk.link(file, second)).toThrow('EEXIST');
    nodeDisk.unlink(file);
    nodeDisk.syncFolder(folder);
    expect(nodeDisk.read(second).toString()).toBe('rows');
    expect(nodeDisk.size(second)).toBe(4);
  });

  it('says how much room there is and when a file was written', () => {
    const file = path.join(folder, 'a.seg');
    fs.writeFileSync(file, '');
    fs.utimesSync(file, 1_000, 2_000);
    expect(nodeDisk.modifiedAt(file)).toBe(2_000_000);
    expect(nodeDisk.freeBytes(folder)).toBeGreaterThan(0);
  });
});

it('no room is told from other errors', () => {
  for (const code of ['ENOSPC', 'EDQUOT', 'EFBIG']) expect(isNoSpace(Object.assign(new Error(), { code }))).toBe(true);
  for (const error of [Object.assign(new Error(), { code: 'EIO' }), new Error('ENOSPC'), null, undefined]) {
    expect(isNoSpace(error)).toBe(false);
  }
});

it.skipIf(!fs.existsSync('/dev/full'))('a device without room gives an error that means no room', () => {
  const fd = fs.openSync('/dev/full', 'a');
  try {
    let error: unknown;
    try {
      nodeDisk.append(fd, [Buffer.from('x')]);
    } catch (thrown) {
      error = thrown;
    }
    expect(isNoSpace(error)).toBe(true);
  } finally {
    fs.closeSync(fd);
  }
});
