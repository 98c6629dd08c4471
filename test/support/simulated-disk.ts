import path from 'node:path';
import type { Disk } from '../../daemon/spool/disk.ts';
import { Random } from '../model/simulation.ts';

const PAGE_BYTES = 4_096;

/** One call of the spool, shown to `fault` before it has any effect. */
export interface DiskCall {
  readonly name: keyof Disk;
  readonly file: string;
}

/** Contents of a file: every state since the last sync, the synced one first, the present one last. */
interface Inode {
  versions: Buffer[];
  modifiedAt: number;
}

/** A change of directory entries that no `syncFolder` has made durable yet. One change is lost or kept whole. */
interface EntryChange {
  readonly folders: readonly string[];
  readonly apply: (entries: Map<string, Inode>) => void;
}

/**
 * A disk in memory that loses what it may lose.
 *
 * Always true: what `sync` and `syncFolder` confirmed outlives `crash`. Of the rest each 4 KiB page is kept, dropped or
 * torn by itself, the length is any that was seen or lies between, and each change of a directory is kept or lost by
 * itself. `fault` may fail any call; `room` is the number of bytes until ENOSPC. The same seed and calls give the same
 * crash.
 */
export class SimulatedDisk implements Disk {
  /** Bytes until the disk is full. */
  room = Number.POSITIVE_INFINITY;
  /** The error with which a call fails, or null. */
  fault: (call: DiskCall) => Error | null = () => null;
  /** Holds every sync until its promise resolves; what was written when the sync began is durable then. */
  syncing: () => Promise<void> = () => Promise.resolve();
  now: () => number = () => 0;
  /** Every call that was made, the refused ones too. */
  readonly calls: DiskCall[] = [];
  readonly #random: Random;
  readonly #entries = new Map<string, Inode>();
  readonly #durable = new Map<string, Inode>();
  #changes: EntryChange[] = [];
  readonly #folders = new Set<string>();
  readonly #open = new Map<number, { file: string; inode: Inode }>();
  #lastFd = 100;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** Files that were opened and not closed: a leak, once their owner is gone. */
  get openFiles(): string[] {
    return [...this.#open.values()].map(({ file }) => file);
  }

  /** The disk after the machine lost its power. This one is not to be used any more. */
  crash(): SimulatedDisk {
    const after = new SimulatedDisk(this.#random.between(0, 2 ** 31));
    const keep = this.#random.pick([0, 0.5, 1]);
    const entries = new Map(this.#durable);
    for (const change of this.#changes) if (this.#random.chance(keep)) change.apply(entries);
    for (const [file, inode] of entries) after.#put(file, this.#survivor(inode), inode.modifiedAt);
    after.room = this.room;
    for (const folder of this.#folders) after.#folders.add(folder);
    return after;
  }

  /** The disk after the process alone was killed: all that was written is there, and still to be synced. */
  kill(): SimulatedDisk {
    const after = new SimulatedDisk(this.#random.between(0, 2 ** 31));
    for (const [file, inode] of this.#entries) after.#entries.set(file, inode);
    for (const [file, inode] of this.#durable) after.#durable.set(file, inode);
    after.#changes = [...this.#changes];
    after.room = this.room;
    for (const folder of this.#folders) after.#folders.add(folder);
    return after;
  }

  /** Puts a file there, durably, whatever the faults: the hand of a test. */
  plant(file: string, bytes: Uint8Array): void {
    this.#folders.add(path.dirname(file));
    this.#put(file, Buffer.from(bytes), 0);
  }

  /** Inverts one bit of a file, durably. */
  flip(file: string, byte: number, bit = 0): void {
    const bytes = Buffer.from(present(this.#inode(file)));
    bytes[byte]! ^= 1 << bit;
    this.plant(file, bytes);
  }

  create(file: string): number {
    this.#call('create', file);
    this.#needFolder(file);
    if (this.#entries.has(file)) throw diskError('EEXIST', file);
    if (this.room < 1) throw diskError('ENOSPC', file);
    const inode: Inode = { versions: [Buffer.alloc(0)], modifiedAt: this.now() };
    this.#change([path.dirname(file)], (entries) => entries.set(file, inode));
    return this.#opened(file, inode);
  }

  append(fd: number, pieces: readonly Uint8Array[]): void {
    const { file, inode } = this.#file(fd);
    const bytes = Buffer.concat(pieces);
    const fits = Math.max(0, Math.min(bytes.length, this.room));
    let failure: unknown = null;
    let written = fits;
    try {
      this.#call('append', file);
      if (fits < bytes.length) failure = diskError('ENOSPC', file);
    } catch (error) {
      failure = error;
      written = this.#random.between(0, fits);
    }
    if (written > 0) {
      inode.versions.push(Buffer.concat([present(inode), bytes.subarray(0, written)]));
      inode.modifiedAt = this.now();
      this.room -= written;
    }
    if (failure !== null) throw failure;
  }

  truncate(fd: number, bytes: number): void {
    const { file, inode } = this.#file(fd);
    this.#call('truncate', file);
    this.room += present(inode).length - bytes;
    inode.versions.push(present(inode).subarray(0, bytes));
  }

  async sync(fd: number): Promise<void> {
    const { file, inode } = this.#file(fd);
    const begun = present(inode);
    await this.syncing();
    this.#call('sync', file);
    inode.versions = inode.versions.slice(inode.versions.indexOf(begun));
  }

  syncFile(file: string): void {
    this.#call('syncFile', file);
    const inode = this.#inode(file);
    inode.versions = [present(inode)];
  }

  close(fd: number): void {
    const { file } = this.#file(fd);
    this.#call('close', file);
    this.#open.delete(fd);
  }

  syncFolder(folder: string): void {
    this.#call('syncFolder', folder);
    const rest: EntryChange[] = [];
    for (const change of this.#changes) {
      if (change.folders.includes(folder)) change.apply(this.#durable);
      else rest.push(change);
    }
    this.#changes = rest;
  }

  read(file: string): Buffer {
    this.#call('read', file);
    return Buffer.from(present(this.#inode(file)));
  }

  link(from: string, to: string): void {
    this.#call('link', to);
    this.#needFolder(to);
    if (this.#entries.has(to)) throw diskError('EEXIST', to);
    const inode = this.#inode(from);
    this.#change([path.dirname(to)], (entries) => entries.set(to, inode));
  }

  rename(from: string, to: string): void {
    this.#call('rename', from);
    this.#needFolder(to);
    const inode = this.#inode(from);
    this.#change([path.dirname(from), path.dirname(to)], (entries) => {
      entries.delete(from);
      entries.set(to, inode);
    });
  }

  unlink(file: string): void {
    this.#call('unlink', file);
    this.room += present(this.#inode(file)).length;
    this.#change([path.dirname(file)], (entries) => entries.delete(file));
  }

  list(folder: string): string[] {
    this.#call('list', folder);
    if (!this.#folders.has(folder)) throw diskError('ENOENT', folder);
    return [...this.#entries.keys()].filter((file) => path.dirname(file) === folder).map((file) => path.basename(file));
  }

  size(file: string): number {
    this.#call('size', file);
    return present(this.#inode(file)).length;
  }

  modifiedAt(file: string): number {
    this.#call('modifiedAt', file);
    return this.#inode(file).modifiedAt;
  }

  makeFolder(folder: string): void {
    this.#call('makeFolder', folder);
    for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) this.#folders.add(at);
  }

  freeBytes(folder: string): number {
    this.#call('freeBytes', folder);
    return this.room;
  }

  #call(name: keyof Disk, file: string): void {
    const call = { name, file };
    this.calls.push(call);
    const error = this.fault(call);
    if (error !== null) throw error;
  }

  #change(folders: readonly string[], apply: EntryChange['apply']): void {
    apply(this.#entries);
    this.#changes.push({ folders, apply });
  }

  #put(file: string, bytes: Buffer, modifiedAt: number): void {
    const inode = { versions: [bytes], modifiedAt };
    this.#entries.set(file, inode);
    this.#durable.set(file, inode);
  }

  #opened(file: string, inode: Inode): number {
    this.#lastFd++;
    this.#open.set(this.#lastFd, { file, inode });
    return this.#lastFd;
  }

  #file(fd: number) {
    const open = this.#open.get(fd);
    if (open === undefined) throw diskError('EBADF', String(fd));
    return open;
  }

  #inode(file: string): Inode {
    const inode = this.#entries.get(file);
    if (inode === undefined) throw diskError('ENOENT', file);
    return inode;
  }

  #needFolder(file: string): void {
    if (!this.#folders.has(path.dirname(file))) throw diskError('ENOENT', file);
  }

  /** What a crash leaves of a file. */
  #survivor({ versions }: Inode): Buffer {
    if (versions.length === 1) return versions[0]!;
    const length = this.#survivingLength(versions);
    const bytes = Buffer.alloc(length);
    for (let from = 0; from < length; from += PAGE_BYTES) {
      const to = Math.min(from + PAGE_BYTES, length);
      copyPart(this.#random.pick(versions), bytes, from, to);
      if (this.#random.chance(0.25)) {
        const torn = this.#random.between(from, to);
        copyPart(this.#random.pick(versions), bytes, torn, to);
      }
    }
    copyPart(versions[0]!, bytes, 0, Math.min(commonLength(versions), length));
    return bytes;
  }

  #survivingLength(versions: readonly Buffer[]): number {
    if (this.#random.chance(0.7)) return this.#random.pick(versions).length;
    const lengths = versions.map((version) => version.length);
    return this.#random.between(Math.min(...lengths), Math.max(...lengths));
  }
}

function present(inode: Inode): Buffer {
  return inode.versions.at(-1)!;
}

/** Copies what `source` has of the range. */
function copyPart(source: Buffer, target: Buffer, from: number, to: number): void {
  target.set(source.subarray(Math.min(from, source.length), Math.min(to, source.length)), from);
}

/** Length of the shortest state: appending and truncating never change what lies before it. */
function commonLength(versions: readonly Buffer[]): number {
  return Math.min(...versions.map((version) => version.length));
}

/** An error as the file system gives it. */
export function diskError(code: string, file: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${file}`), { code });
}
