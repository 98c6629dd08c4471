/** A file of an archive. `name` has at most 100 bytes, as the plain format takes it. */
export interface ArchiveFile {
  readonly name: string;
  readonly content: string | Buffer;
  /** Numeric user and group; root unless given. */
  readonly owner?: { readonly user: number; readonly group: number };
}

const BLOCK = 512;
const NAME_BYTES_MAX = 100;
const FILE_MODE = 0o600;

/** The files as a tar archive (ustar), readable by every tar, each for its owner alone (0600). `atMs` is the time they carry. */
export function tarOf(files: readonly ArchiveFile[], atMs: number): Buffer {
  const parts = files.flatMap((file) => {
    const bytes = Buffer.from(file.content);
    return [header(file, bytes.length, atMs), bytes, Buffer.alloc(-bytes.length & (BLOCK - 1))];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header({ name, owner }: ArchiveFile, size: number, atMs: number): Buffer {
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) throw new Error(`${name} is too long for an archive`);
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0);
  writeOctal(block, FILE_MODE, 100, 8);
  writeOctal(block, owner?.user ?? 0, 108, 8);
  writeOctal(block, owner?.group ?? 0, 116, 8);
  writeOctal(block, size, 124, 12);
  writeOctal(block, Math.floor(atMs / 1_000), 136, 12);
  block.write('0', 156);
  block.write('ustar\u000000', 257, 'latin1');
  // The sum counts its own field as blanks.
  block.fill(' ', 148, 156);
  writeOctal(
    block,
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    8,
  );
  return block;
}

/** Octal digits and a NUL, in `bytes` bytes. */
function writeOctal(block: Buffer, value: number, at: number, bytes: number): void {
  block.write(`${value.toString(8).padStart(bytes - 1, '0')}\0`, at, 'latin1');
}
