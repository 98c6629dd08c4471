import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * The file system as the spool uses it: few calls, so that a test can make any of them fail.
 *
 * Writing and truncating are synchronous (they end in the page cache); syncing is not, because it takes as long as the
 * disk takes and the flush needs the thread meanwhile.
 */
export interface Disk {
  create(file: string): number;
  /** Appends all pieces or throws; may have written a part when it throws. */
  append(fd: number, pieces: readonly Uint8Array[]): void;
  truncate(fd: number, bytes: number): void;
  sync(fd: number): Promise<void>;
  /** Makes durable what others wrote to a file, before this returns. */
  syncFile(file: string): void;
  close(fd: number): void;
  /** Makes creations, renames and removals in a folder durable. */
  syncFolder(folder: string): void;
  read(file: string): Buffer;
  /** Gives a file a second name, without copying it. Throws EEXIST when that is taken. */
  link(from: string, to: string): void;
  rename(from: string, to: string): void;
  unlink(file: string): void;
  list(folder: string): string[];
  size(file: string): number;
  /** Milliseconds since the epoch of the last write. */
  modifiedAt(file: string): number;
  /** Makes a folder, and those above it, durably. Throws when it cannot be written to. */
  makeFolder(folder: string): void;
  /** Bytes that an unprivileged process may still write below `folder`. */
  freeBytes(folder: string): number;
}

const fdatasync = promisify(fs.fdatasync);
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** Buffers per writev: the kernel's IOV_MAX. */
const PIECES_MAX = 1024;

export const nodeDisk: Disk = {
  create: (file) => fs.openSync(file, 'ax', FILE_MODE),
  append: (fd, pieces) => {
    for (let from = 0; from < pieces.length; from += PIECES_MAX) {
      writeAll(fd, pieces.slice(from, from + PIECES_MAX));
    }
  },
  truncate: (fd, bytes) => fs.ftruncateSync(fd, bytes),
  sync: (fd) => fdatasync(fd),
  syncFile: (file) => syncPath(file, 'r+'),
  close: (fd) => fs.closeSync(fd),
  syncFolder,
  read: (file) => fs.readFileSync(file),
  link: (from, to) => fs.linkSync(from, to),
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (file) => fs.unlinkSync(file),
  list: (folder) => fs.readdirSync(folder),
  size: (file) => fs.statSync(file).size,
  modifiedAt: (file) => fs.statSync(file).mtimeMs,
  makeFolder: (folder) => {
    const made = fs.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    fs.accessSync(folder, fs.constants.W_OK);
    if (made === undefined) return;
    // A file is no safer than the folders that lead to it.
    const above = path.dirname(path.resolve(made));
    let at = path.resolve(folder);
    do {
      at = path.dirname(at);
      syncFolder(at);
    } while (at !== above);
  },
  freeBytes: (folder) => {
    const stat = fs.statfsSync(folder);
    return stat.bavail * stat.bsize;
  },
};

function syncFolder(folder: string): void {
  syncPath(folder, 'r');
}

function syncPath(file: string, flags: string): void {
  const fd = fs.openSync(file, flags);
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** writev may write less than it was given (a full disk, a signal): go on until all is written or it throws. */
function writeAll(fd: number, pieces: Uint8Array[]): void {
  let written = fs.writevSync(fd, pieces);
  for (const piece of pieces) {
    if (written >= piece.length) {
      written -= piece.length;
      continue;
    }
    let at = written;
    written = 0;
    while (at < piece.length) at += fs.writeSync(fd, piece, at);
  }
}

/** Errors that mean "no room", from which a spool heals by itself once something is removed. */
export function isNoSpace(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}
