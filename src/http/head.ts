/**
 * Head of a request that is plain enough to be served without `node:http`: HTTP/1.1, kept alive, no header name twice,
 * body length given by Content-Length, or chunks without any other coding.
 */
export interface Head {
  readonly method: string;
  /** Path and query as received, printable ASCII. */
  readonly target: string;
  /** Names as received and trimmed values, in turn. */
  readonly rawHeaders: readonly string[];
  /** Values by name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Length of the body (bytes); 0 for one in chunks, which says its length itself. */
  readonly bodyBytes: number;
  /** Whether the body comes in chunks. */
  readonly isChunked: boolean;
  /** Length of the head including the empty line that ends it (bytes). */
  readonly bytes: number;
}

/** `incomplete`: a prefix of such a head. `declined`: not such a head; `node:http` reads and answers it. */
export type HeadOrNot = Head | 'incomplete' | 'declined';

/** Longest head that is read here (bytes). */
export const MOST_HEAD_BYTES = 16 * 1024;
/** Most headers or trailers that are read here. */
export const MOST_HEADERS = 100;

/** Without HEAD, whose responses have a length but no body. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Headers that change the fate of the connection. */
const DECIDING = ['expect', 'upgrade', 'proxy-connection'];
/** Digits without sign, leading zero or white space; far below 2^53. */
const LENGTH = /^(?:0|[1-9][0-9]{0,11})$/;

const SPACE = 0x20;
const COLON = 0x3a;
const RETURN = 0x0d;
/** What ends a line. */
export const LINE_END: Buffer = Buffer.from('\r\n');
const VERSION = Buffer.from(' HTTP/1.1\r\n');

const TARGET = 1;
const NAME = 2;
const VALUE = 4;
const METHOD = 8;
/** Which parts of a head may contain a byte, as bits. */
const CLASSES = classes();

function classes(): Uint8Array {
  const table = new Uint8Array(256);
  const mark = (chars: string, kind: number): void => {
    for (const byte of Buffer.from(chars)) table[byte] = (table[byte] ?? 0) | kind;
  };
  const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const alphanumeric = `${upper}${upper.toLowerCase()}0123456789`;
  mark(upper, METHOD);
  mark(`${alphanumeric}!#$%&'*+-.^_\`|~`, NAME);
  mark(`${alphanumeric}-._~!$&'()*+,;=:@%/?`, TARGET);
  for (let byte = 0x20; byte < 0x7f; byte++) table[byte] = (table[byte] ?? 0) | VALUE;
  return table;
}

/** Position of a parser. */
export interface Cursor {
  at: number;
  /** Set when the bytes end or decline the head; nothing is read after that. */
  stop: 'incomplete' | 'declined' | undefined;
}

/** Parses the head that begins at `start`. Pure: bytes after the head do not change the result. */
export function readHead(bytes: Buffer, start: number): HeadOrNot {
  const cursor: Cursor = { at: start, stop: undefined };
  const rawHeaders: string[] = [];
  const headers = Object.create(null) as Record<string, string>;
  const method = span(bytes, cursor, METHOD);
  if (cursor.stop === undefined && !METHODS.has(method)) return 'declined';
  skip(bytes, cursor, SPACE);
  const target = span(bytes, cursor, TARGET);
  if (!target.startsWith('/') && (target !== '' || cursor.stop === undefined)) return 'declined';
  literal(bytes, cursor, VERSION);
  readHeaders(bytes, cursor, rawHeaders, headers);
  const length = cursor.at - start;
  if (length > MOST_HEAD_BYTES || rawHeaders.length > 2 * MOST_HEADERS) return 'declined';
  if (cursor.stop !== undefined) return cursor.stop;
  const body = bodyOf(headers);
  if (body === undefined) return 'declined';
  const isChunked = body === 'chunked';
  return { method, target, rawHeaders, headers, bodyBytes: isChunked ? 0 : body, isChunked, bytes: length };
}

/** Reads header lines up to and including the empty one that ends them. */
export function readHeaders(
  bytes: Buffer,
  cursor: Cursor,
  rawHeaders: string[],
  headers: Record<string, string>,
): void {
  while (cursor.stop === undefined && bytes[cursor.at] !== RETURN) readHeader(bytes, cursor, rawHeaders, headers);
  literal(bytes, cursor, LINE_END);
}

function readHeader(bytes: Buffer, cursor: Cursor, rawHeaders: string[], headers: Record<string, string>): void {
  const name = span(bytes, cursor, NAME);
  skip(bytes, cursor, COLON);
  while (bytes[cursor.at] === SPACE) cursor.at++;
  const value = trimmed(span(bytes, cursor, VALUE));
  literal(bytes, cursor, LINE_END);
  if (cursor.stop !== undefined) return;
  const key = name.toLowerCase();
  if (name === '' || key in headers) {
    cursor.stop = 'declined';
    return;
  }
  headers[key] = value;
  rawHeaders.push(name, value);
}

function trimmed(value: string): string {
  let end = value.length;
  while (end > 0 && value.charCodeAt(end - 1) === SPACE) end--;
  return end === value.length ? value : value.slice(0, end);
}

/** Reads the longest run of bytes of one kind, as text. */
function span(bytes: Buffer, cursor: Cursor, kind: number): string {
  if (cursor.stop !== undefined) return '';
  const from = cursor.at;
  let { at } = cursor;
  while (at < bytes.length && ((CLASSES[bytes[at] as number] as number) & kind) !== 0) at++;
  cursor.at = at;
  if (at === bytes.length) cursor.stop = 'incomplete';
  return bytes.toString('latin1', from, at);
}

function skip(bytes: Buffer, cursor: Cursor, byte: number): void {
  if (cursor.stop !== undefined) return;
  if (bytes[cursor.at] === byte) cursor.at++;
  else cursor.stop = 'declined';
}

/** Reads exactly `text`. */
export function literal(bytes: Buffer, cursor: Cursor, text: Buffer): void {
  for (let i = 0; i < text.length && cursor.stop === undefined; i++) {
    if (cursor.at === bytes.length) cursor.stop = 'incomplete';
    else skip(bytes, cursor, text[i] as number);
  }
}

/** How long the body is (bytes); undefined where the headers ask for anything but a body of known length or chunks. */
function bodyOf(headers: Readonly<Record<string, string>>): number | 'chunked' | undefined {
  // RFC 9112, 3.2: exactly one Host; an empty one only for targets without authority, which are declined above.
  if (headers['host'] === undefined || headers['host'] === '') return undefined;
  for (const name of DECIDING) if (name in headers) return undefined;
  const connection = headers['connection'];
  if (connection !== undefined && connection.toLowerCase() !== 'keep-alive') return undefined;
  const length = headers['content-length'];
  // Both at once is how requests are smuggled.
  if ('transfer-encoding' in headers)
    return headers['transfer-encoding'] === 'chunked' && length === undefined ? 'chunked' : undefined;
  if ('trailer' in headers) return undefined;
  if (length === undefined) return 0;
  return LENGTH.test(length) ? Number(length) : undefined;
}
