import { Client, type ClientConfig } from 'pg';
import { Parser } from 'pg-protocol/dist/parser';

/*
 * node-pg makes a string of every value of every row before it parses it, and writes bytes as hexadecimal digits. That is
 * most of the cost of a page of records, so those are read in Postgres' binary formats, straight from the received bytes.
 */

/** One row, read column by column from the first to the last. */
export interface RawRow {
  text(): string;
  /** The same for what is often what it was in rows before: then it is the very same string. */
  name(): string;
  textOrNull(): string | null;
  /** int8, within what a number can hold. */
  whole(): number;
  truth(): boolean;
  bytesOrNull(): Uint8Array | null;
}

const DATA_ROW = 0x44;
const ROW_DESCRIPTION = 0x54;
const NULL = -1;
const FIELD_COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
const HIGH = 2 ** 32;

const NAMES = 64;
const NAME_BYTES_MAX = 32;

interface KnownName {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** Reads one row after the other; there is no object for each. */
export class RawReader implements RawRow {
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;
  private readonly names: (KnownName | undefined)[] = new Array<undefined>(NAMES).fill(undefined);

  start({ bytes, at }: RawMessage): void {
    this.bytes = bytes;
    this.at = at + FIELD_COUNT_BYTES;
  }

  text(): string {
    const text = this.textOrNull();
    if (text === null) throw new TypeError('a column that is never null was');
    return text;
  }

  name(): string {
    const length = this.bytes.readInt32BE(this.at);
    if (length <= 0 || length > NAME_BYTES_MAX) return this.text();
    const from = this.at + LENGTH_BYTES;
    const slot = (length + 7 * this.bytes[from]! + 13 * this.bytes[from + length - 1]!) % NAMES;
    const known = this.names[slot];
    if (known !== undefined && isAt(known.bytes, this.bytes, from, length)) {
      this.at = from + length;
      return known.text;
    }
    const text = this.text();
    this.names[slot] = { bytes: Uint8Array.prototype.slice.call(this.bytes, from, from + length), text };
    return text;
  }

  textOrNull(): string | null {
    const length = this.length();
    if (length === NULL) return null;
    const from = this.at;
    this.at += length;
    return this.bytes.toString('utf8', from, this.at);
  }

  whole(): number {
    this.at += LENGTH_BYTES;
    const value = this.bytes.readInt32BE(this.at) * HIGH + this.bytes.readUInt32BE(this.at + LENGTH_BYTES);
    this.at += 2 * LENGTH_BYTES;
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is too large for a number`);
    return value;
  }

  truth(): boolean {
    this.at += LENGTH_BYTES;
    return this.bytes[this.at++] === 1;
  }

  /** A copy: what was received is written over by what comes next. */
  bytesOrNull(): Uint8Array | null {
    const length = this.length();
    if (length === NULL) return null;
    const from = this.at;
    this.at += length;
    const copy = Buffer.allocUnsafe(length);
    this.bytes.copy(copy, 0, from, this.at);
    return new Uint8Array(copy.buffer, copy.byteOffset, length);
  }

  private length(): number {
    const length = this.bytes.readInt32BE(this.at);
    this.at += LENGTH_BYTES;
    return length;
  }
}

function isAt(name: Uint8Array, bytes: Uint8Array, from: number, length: number): boolean {
  if (name.length !== length) return false;
  for (let at = 0; at < length; at++) if (name[at] !== bytes[from + at]) return false;
  return true;
}

export interface RawMessage {
  readonly name: string;
  readonly bytes: Buffer;
  readonly at: number;
}

/** What of node-pg has no public name. */
interface ParserInside {
  handlePacket(at: number, code: number, length: number, bytes: Buffer): { readonly name: string };
  parse(bytes: Buffer, tell: (message: { readonly name: string }) => void): void;
}
interface ConnectionInside {
  attachListeners(stream: NodeJS.ReadableStream): void;
  emit(event: string, message: object): boolean;
}

/** Rows that were asked for in binary go to their query as they came. */
export class RawClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    const { connection } = this as unknown as { readonly connection?: ConnectionInside };
    if (typeof connection?.attachListeners !== 'function')
      throw new Error('this version of pg listens to its connection elsewhere');
    connection.attachListeners = (stream) => {
      const parser = rawParser();
      stream.on('data', (bytes: Buffer) =>
        parser.parse(bytes, (message) =>
          connection.emit(message.name === 'error' ? 'errorMessage' : message.name, message),
        ),
      );
    };
  }
}

function rawParser(): ParserInside {
  const parser = new Parser() as unknown as ParserInside;
  if (typeof parser.handlePacket !== 'function')
    throw new Error('this version of pg-protocol parses elsewhere');
  const parsePacket = parser.handlePacket.bind(parser);
  let isBinary = false;
  parser.handlePacket = (at, code, length, bytes) => {
    if (code === DATA_ROW && isBinary) return { name: 'dataRow', bytes, at };
    const message = parsePacket(at, code, length, bytes);
    if (code === ROW_DESCRIPTION) isBinary = (message as RowDescription).fields[0]?.format === 'binary';
    return message;
  };
  return parser;
}

interface RowDescription {
  readonly name: string;
  readonly fields: readonly { readonly format: string }[];
}
