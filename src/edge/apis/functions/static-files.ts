import { lookup } from 'mrmime';
import { parse as parseRanges } from 'range-parser';
import type { FunctionName } from '../../../contract/index.ts';
import { asLamError, lamError, type LamError } from '../../../errors/index.ts';
import type { HeaderPairs, Reply } from '../../../http/index.ts';
import { headerValue, type RequestHead } from '../../request.ts';

/** A file of a function's code. */
export interface StaticFile {
  /** Bytes. */
  readonly size: number;
  /** Changes with the content. */
  readonly digest: string;
  /** Reads the bytes from `start` to `end`, both included. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** Files of the code of live versions. */
export interface StaticSource {
  /**
   * Returns the file of exactly this path, `folder` if there are files below it, or undefined. The path is only compared
   * with those of the code, never given to the file system, and links are not followed.
   */
  find(functionName: FunctionName, path: string): Promise<StaticFile | 'folder' | undefined>;
}

/** A request for a static file. */
export interface StaticRequest {
  readonly functionName: FunctionName;
  /** Path of a file or folder of the code; undefined if the request's path cannot be one. */
  readonly file: string | undefined;
  /** Whether the file is looked for in a folder, so that `index.html` stands for it. */
  readonly hasIndex: boolean;
  readonly head: RequestHead;
}

/** Browsers ask each time whether a file has changed. */
const CACHE: HeaderPairs = ['cache-control', 'public, max-age=0, must-revalidate', 'x-content-type-options', 'nosniff'];
const TEXT = /^(?:text\/|application\/(?:javascript|json|xml|manifest\+json)|image\/svg\+xml)/;
const EMPTY = Buffer.alloc(0);
/** Bit of range-parser's code for a header that is no list of ranges. */
const MALFORMED = 1;

/**
 * Returns the path below a folder that the rest of a request's path names; undefined for one that cannot name a file:
 * with `..`, an encoded slash, a backslash, a NUL or another control character, or a part that begins with a dot, except
 * `.well-known`. Pure.
 * @param rest segments, not decoded; an empty last one stands for the folder itself
 */
export function filePath(rest: readonly string[]): string | undefined {
  const parts: string[] = [];
  for (const [n, part] of rest.entries()) {
    if (part === '' && n === rest.length - 1) break;
    const text = decoded(part);
    if (text === undefined || !isFileName(text)) return undefined;
    parts.push(text);
  }
  return parts.join('/');
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function isFileName(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return text !== '' && !/[/\\\u0000-\u001f\u007f]/.test(text) && (!text.startsWith('.') || text === '.well-known');
}

/** Answers with a file. Never throws; `fail` answers errors. */
export async function serveStatic(
  source: StaticSource,
  request: StaticRequest,
  reply: Reply,
  fail: (reply: Reply, error: LamError) => void,
): Promise<void> {
  const { method, path, query } = request.head;
  try {
    const found = await fileFor(source, request);
    if (found === undefined) fail(reply, lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] }));
    // So that relative links in its index.html work.
    else if (found === 'folder')
      reply.send(308, ['location', `${path}/${query === '' ? '' : `?${query}`}`, ...CACHE], EMPTY);
    else await sendFile(found, request.head, reply);
  } catch (thrown) {
    fail(reply, asLamError(thrown));
  }
}

interface Found {
  readonly file: StaticFile;
  readonly name: string;
}

/** The file to send; `folder` if the path lacks the slash of a folder with an index. */
async function fileFor(
  source: StaticSource,
  { functionName, file: path, hasIndex, head }: StaticRequest,
): Promise<Found | 'folder' | undefined> {
  if (path === undefined) return undefined;
  const isFolder = hasIndex && head.path.endsWith('/');
  const index = path === '' ? 'index.html' : `${path}/index.html`;
  const name = isFolder ? index : path;
  const file = await source.find(functionName, name);
  if (file !== undefined && file !== 'folder') return { file, name };
  if (isFolder || !hasIndex || file === undefined) return undefined;
  const below = await source.find(functionName, index);
  return below === undefined || below === 'folder' ? undefined : 'folder';
}

async function sendFile({ file, name }: Found, head: RequestHead, reply: Reply): Promise<void> {
  const { size, digest } = file;
  const etag = `"${digest}"`;
  const shared = ['etag', etag, 'accept-ranges', 'bytes', ...CACHE];
  if (isKnown(headerValue(head.headers, 'if-none-match'), etag)) {
    reply.send(304, shared, EMPTY);
    return;
  }
  const headers = ['content-type', typeOf(name), ...shared];
  const range = rangeOf(head, size, etag);
  if (range === 'unsatisfiable') reply.send(416, ['content-range', `bytes */${size}`, ...shared], EMPTY);
  else if (range === undefined) await sendBytes(file, { status: 200, headers, start: 0, end: size - 1, head }, reply);
  else {
    const { start, end } = range;
    const partial = [...headers, 'content-range', `bytes ${start}-${end}/${size}`];
    await sendBytes(file, { status: 206, headers: partial, start, end, head }, reply);
  }
}

function typeOf(name: string): string {
  const type = lookup(name) ?? 'application/octet-stream';
  return TEXT.test(type) ? `${type}; charset=utf-8` : type;
}

/** Whether the client has the file (RFC 9110, 13.1.2). */
function isKnown(given: string | undefined, etag: string): boolean {
  const tags = given?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}

/** The one range that is asked for; several, or one of another file, are answered with the whole file. */
function rangeOf(
  { method, headers }: RequestHead,
  size: number,
  etag: string,
): { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined {
  const asked = headerValue(headers, 'range');
  if (asked === undefined || method !== 'GET' || (headerValue(headers, 'if-range') ?? etag) !== etag) return undefined;
  const { code, type, ranges } = parseRanges(size, asked);
  if (type !== 'bytes' || (code & MALFORMED) !== 0 || ranges.length > 1) return undefined;
  return ranges[0] ?? 'unsatisfiable';
}

interface Part {
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly start: number;
  readonly end: number;
  readonly head: RequestHead;
}

/** Streams a part of a file, as fast as the client takes it. */
async function sendBytes(file: StaticFile, { status, headers, start, end, head }: Part, reply: Reply): Promise<void> {
  let isGone = false;
  let goOn: () => void = () => undefined;
  reply.cancelWhenGone({
    cancel: () => {
      isGone = true;
      goOn();
    },
  });
  reply.start(status, [...headers, 'content-length', String(end - start + 1)], () => goOn());
  try {
    if (head.method !== 'HEAD' && end >= start)
      for await (const chunk of file.read(start, end)) {
        if (isGone) return;
        if (!reply.write(chunk) && !isGone) await new Promise<void>((resolve) => (goOn = resolve));
      }
    if (!isGone) reply.end();
  } catch {
    // The head is sent: only a broken connection tells that the file is not whole.
    reply.breakOff();
  }
}
