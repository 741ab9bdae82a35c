import { LINE_END, literal, MOST_HEADERS, readHeaders, type Cursor } from './head.ts';

/** A body that came in chunks. */
export interface ChunkedBody {
  readonly body: Buffer;
  /** Values by name in lower case. */
  readonly trailers: Readonly<Record<string, string>>;
  /** Its length with its framing (bytes). */
  readonly bytes: number;
}

/** `incomplete`: a prefix of such a body. `declined`: not such a body; `node:http` reads and answers the request. */
export type ChunkedBodyOrNot = ChunkedBody | 'incomplete' | 'declined';

const EMPTY = Buffer.alloc(0);
/** Digits of a chunk's length: below 2^28, far more than the most that is read here. */
const MOST_DIGITS = 7;
/** Headers about the message as a whole, which a trailer must not change. */
const NOT_IN_TRAILERS = ['content-length', 'transfer-encoding', 'connection', 'proxy-connection', 'upgrade'];

/**
 * Parses the body that begins at `start`: chunks without extensions, then trailers, each name once. Pure: bytes after
 * the body do not change the result.
 */
export function readChunks(bytes: Buffer, start: number): ChunkedBodyOrNot {
  const cursor: Cursor = { at: start, stop: undefined };
  const pieces: Buffer[] = [];
  for (;;) {
    const length = readLength(bytes, cursor);
    literal(bytes, cursor, LINE_END);
    if (cursor.stop !== undefined) return cursor.stop;
    if (length === 0) break;
    const end = cursor.at + length;
    if (end >= bytes.length) return 'incomplete';
    pieces.push(bytes.subarray(cursor.at, end));
    cursor.at = end;
    literal(bytes, cursor, LINE_END);
    if (cursor.stop !== undefined) return cursor.stop;
  }
  const trailers = Object.create(null) as Record<string, string>;
  const rawTrailers: string[] = [];
  readHeaders(bytes, cursor, rawTrailers, trailers);
  if (cursor.stop !== undefined) return cursor.stop;
  if (rawTrailers.length > 2 * MOST_HEADERS || NOT_IN_TRAILERS.some((name) => name in trailers)) return 'declined';
  const [first = EMPTY] = pieces;
  return { body: pieces.length > 1 ? Buffer.concat(pieces) : first, trailers, bytes: cursor.at - start };
}

/** Reads the hexadecimal length of a chunk. */
function readLength(bytes: Buffer, cursor: Cursor): number {
  const from = cursor.at;
  let length = 0;
  for (; cursor.at < bytes.length; cursor.at++) {
    const digit = digitOf(bytes[cursor.at] as number);
    if (digit < 0) {
      if (cursor.at === from) cursor.stop = 'declined';
      return length;
    }
    length = length * 16 + digit;
    if (cursor.at - from === MOST_DIGITS) {
      cursor.stop = 'declined';
      return length;
    }
  }
  cursor.stop = 'incomplete';
  return length;
}

/** The value of a hexadecimal digit, or -1. */
function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
