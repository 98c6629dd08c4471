/**
 * Messages of the plugin `pgoutput`, protocol version 1, as PostgreSQL documents them ("Logical Replication Message
 * Formats"). Pure: bytes in, messages out; throws RangeError for what is none.
 */

/** A row: texts as the types write themselves, NULL, and `undefined` for a long value that an update left as it was. */
export type Tuple = readonly (string | null | undefined)[];

export interface RelationMessage {
  readonly kind: 'relation';
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: number; readonly isKey: boolean }[];
}

export type ChangeMessage =
  | { readonly kind: 'insert'; readonly oid: number; readonly row: Tuple }
  /** `key`: of the row before, where the update changed it. */
  | { readonly kind: 'update'; readonly oid: number; readonly key: Tuple | null; readonly row: Tuple }
  | { readonly kind: 'delete'; readonly oid: number; readonly key: Tuple }
  | { readonly kind: 'truncate'; readonly oids: readonly number[] };

export type LogMessage =
  /** `at`: where its commit is. */
  | { readonly kind: 'begin'; readonly at: bigint }
  /** `end`: the position behind the transaction. */
  | { readonly kind: 'commit'; readonly end: bigint }
  | RelationMessage
  | ChangeMessage;

/** Null for messages that change nothing here: types, origins, what was written into the log by hand. */
export function readMessage(bytes: Buffer): LogMessage | null {
  const reader = new Reader(bytes);
  switch (reader.letter()) {
    case 'B':
      return { kind: 'begin', at: reader.int64() };
    case 'C':
      reader.skip(1 + 8);
      return { kind: 'commit', end: reader.int64() };
    case 'R':
      return relation(reader);
    case 'I':
      return { kind: 'insert', oid: reader.int32(), row: tupleAfter(reader, reader.letter(), 'N') };
    case 'U':
      return update(reader);
    case 'D': {
      const oid = reader.int32();
      return { kind: 'delete', oid, key: tupleAfter(reader, reader.letter(), 'KO') };
    }
    case 'T': {
      const count = reader.int32();
      reader.skip(1);
      return { kind: 'truncate', oids: Array.from({ length: count }, () => reader.int32()) };
    }
    case 'O':
    case 'Y':
    case 'M':
      return null;
    default:
      throw new RangeError(`no message of pgoutput begins with byte ${bytes[0]}`);
  }
}

function relation(reader: Reader): RelationMessage {
  const oid = reader.int32();
  const schema = reader.text0();
  const name = reader.text0();
  reader.skip(1);
  const columns = Array.from({ length: reader.int16() }, () => {
    const isKey = (reader.byte() & 1) === 1;
    const column = reader.text0();
    const type = reader.int32();
    reader.skip(4);
    return { name: column, type, isKey };
  });
  // What is built into PostgreSQL has an empty name there.
  return { kind: 'relation', oid, schema: schema === '' ? 'pg_catalog' : schema, name, columns };
}

function update(reader: Reader): ChangeMessage {
  const oid = reader.int32();
  const letter = reader.letter();
  if (letter === 'N') return { kind: 'update', oid, key: null, row: tuple(reader) };
  const key = tupleAfter(reader, letter, 'KO');
  return { kind: 'update', oid, key, row: tupleAfter(reader, reader.letter(), 'N') };
}

function tupleAfter(reader: Reader, letter: string, allowed: string): Tuple {
  if (!allowed.includes(letter)) throw new RangeError(`a row of pgoutput begins with ${JSON.stringify(letter)}`);
  return tuple(reader);
}

function tuple(reader: Reader): Tuple {
  return Array.from({ length: reader.int16() }, () => {
    const kind = reader.letter();
    if (kind === 'n') return null;
    if (kind === 'u') return undefined;
    if (kind === 't') return reader.text(reader.int32());
    throw new RangeError(`a value of pgoutput begins with ${JSON.stringify(kind)}`);
  });
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skip(count: number): void {
    this.#at += count;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  letter(): string {
    return String.fromCharCode(this.byte());
  }

  int16(): number {
    this.#at += 2;
    return this.#bytes.readUInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  int64(): bigint {
    this.#at += 8;
    return this.#bytes.readBigUInt64BE(this.#at - 8);
  }

  text(bytes: number): string {
    this.#at += bytes;
    if (this.#at > this.#bytes.length) throw new RangeError('a message of pgoutput ends early');
    return this.#bytes.toString('utf8', this.#at - bytes, this.#at);
  }

  text0(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new RangeError('a message of pgoutput ends early');
    const text = this.text(end - this.#at);
    this.#at++;
    return text;
  }
}
