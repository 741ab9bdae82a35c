import { isUtf8 } from 'node:buffer';
import { isHeaderName, isHeaderValue, type HeaderPairs } from '../../headers.ts';
import { isJson } from '../../is-json.ts';

/** A function's answer as an HTTP response. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
}

/** The result is not a valid HTTP response; `why` completes "the function answered ...". */
export interface MalformedAnswer {
  readonly why: string;
}

const JSON_TYPE = ['content-type', 'application/json'];
/** Headers that only the server sets. */
const OWN_HEADERS = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'proxy-connection',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-amzn-requestid',
  'x-amzn-trace-id',
]);

/**
 * Applies the rules of payload format 2.0: an object with `statusCode` is a response; any other JSON is the body of a
 * 200, a string without its quotes. An object as `body` is sent as JSON. Invalid JSON is sent unchanged, unless it
 * begins like a string or contains `statusCode`. Pure.
 */
export function httpAnswer(payload: Uint8Array): HttpAnswer | MalformedAnswer {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const first = firstByte(bytes);
  // Most answers need no parsing.
  if (first === BRACE ? !mayHaveStatusCode(bytes) : first !== QUOTE) return plain(bytes);
  const text = first === QUOTE ? contentOfString(bytes) : undefined;
  if (text !== undefined) return plain(text);
  const result = parse(bytes);
  if (result === undefined) {
    const isPassedOn = first === BRACE && !bytes.includes(STATUS_CODE);
    return isPassedOn ? plain(bytes) : { why: 'something that is not JSON' };
  }
  if (typeof result === 'string') return plain(Buffer.from(result));
  return Object.hasOwn(result as object, 'statusCode') ? response(result as Record<string, unknown>) : plain(bytes);
}

const QUOTE = 0x22;
const BRACE = 0x7b;
const BACKSLASH = 0x5c;
const STATUS_CODE = Buffer.from('"statusCode"');

/** Whether an object might have the member: its name occurs, or may be spelled with escapes. */
function mayHaveStatusCode(bytes: Buffer): boolean {
  return bytes.includes(STATUS_CODE) || bytes.includes(BACKSLASH);
}

/** The content of a JSON string without escapes, or undefined where it has to be parsed. */
function contentOfString(bytes: Buffer): Buffer | undefined {
  const isPlain = bytes[0] === QUOTE && bytes.at(-1) === QUOTE && !bytes.includes(BACKSLASH);
  return isPlain && isJson(bytes) && isUtf8(bytes) ? bytes.subarray(1, -1) : undefined;
}

function plain(body: Uint8Array): HttpAnswer {
  return { status: 200, headers: JSON_TYPE, body };
}

/** The first byte that is not white space. */
function firstByte(bytes: Buffer): number | undefined {
  let at = 0;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return bytes[at];
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    // Custom runtimes may answer any bytes.
    return undefined;
  }
}

function response(result: Record<string, unknown>): HttpAnswer | MalformedAnswer {
  const status = statusOf(result['statusCode']);
  if (status === undefined) {
    return { why: `with the statusCode ${JSON.stringify(result['statusCode'])}; it must be a number from 200 to 599` };
  }
  const headers: string[] = [];
  const fault = collectHeaders(result, headers);
  if (fault !== undefined) return { why: fault };
  const body = bodyOf(result);
  if (typeof body === 'string') return { why: body };
  if (!headers.some((h, i) => i % 2 === 0 && h.toLowerCase() === 'content-type')) headers.push(...JSON_TYPE);
  return { status, headers, body };
}

/** A number, or a string of three digits. */
function statusOf(given: unknown): number | undefined {
  const status = typeof given === 'string' && /^[0-9]{3}$/.test(given) ? Number(given) : given;
  return typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599 ? status : undefined;
}

/** Adds the answer's headers to `out`, or returns what is wrong with them. */
function collectHeaders(result: Record<string, unknown>, out: string[]): string | undefined {
  const { headers, multiValueHeaders } = result;
  const cookies = result['cookies'] ?? [];
  for (const part of [headers ?? {}, multiValueHeaders ?? {}]) {
    if (typeof part !== 'object' || Array.isArray(part)) return 'with headers that are not an object';
    for (const [name, value] of Object.entries(part)) {
      const fault = pushAll(out, name, Array.isArray(value) ? value : [value]);
      if (fault !== undefined) return fault;
    }
  }
  return Array.isArray(cookies) ? pushAll(out, 'set-cookie', cookies) : 'with cookies that are not a list';
}

function pushAll(out: string[], name: string, values: readonly unknown[]): string | undefined {
  for (const value of values) {
    const fault = pushHeader(out, name, value);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function pushHeader(out: string[], name: string, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    return `with a header '${name}' that is no text`;
  const text = String(value);
  if (!isHeaderName(name) || !isHeaderValue(text)) return `with a header '${name}' that HTTP does not allow`;
  if (!OWN_HEADERS.has(name.toLowerCase())) out.push(name, text);
  return undefined;
}

/** Returns the body, or what is wrong with it. */
function bodyOf(result: Record<string, unknown>): Uint8Array | string {
  const { body, isBase64Encoded } = result;
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (isBase64Encoded === true)
    return typeof body === 'string' ? Buffer.from(body, 'base64') : 'with isBase64Encoded and a body that is no string';
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
