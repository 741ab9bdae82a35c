import { isUtf8 } from 'node:buffer';
import { isJson } from '../../is-json.ts';
import {
  addType,
  JSON_TYPE,
  NO_TEXT_TO_DECODE,
  parseAnswer,
  pushAll,
  pushHeaders,
  statusOf,
  type HttpAnswer,
  type MalformedAnswer,
} from '../../response-parts.ts';

/**
 * Applies the rules of payload format 2.0: an object with `statusCode` is a response; any other JSON is the body of a
 * 200, a string without its quotes. An object as `body` is sent as JSON. Invalid JSON is sent unchanged, unless it
 * begins like a string or contains `statusCode`. Pure.
 */
export function answerV2(payload: Uint8Array): HttpAnswer | MalformedAnswer {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const first = firstByte(bytes);
  // Most answers need no parsing.
  if (first === BRACE ? !mayHaveStatusCode(bytes) : first !== QUOTE) return plain(bytes);
  const text = first === QUOTE ? contentOfString(bytes) : undefined;
  if (text !== undefined) return plain(text);
  const result = parseAnswer(bytes);
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

function response(result: Record<string, unknown>): HttpAnswer | MalformedAnswer {
  const status = statusOf(result['statusCode']);
  if (typeof status === 'string') return { why: status };
  const headers: string[] = [];
  const fault = collectHeaders(result, headers);
  if (fault !== undefined) return { why: fault };
  const body = bodyOf(result);
  if (typeof body === 'string') return { why: body };
  addType(headers);
  return { status, headers, body };
}

/** Adds the answer's headers to `out`, or returns what is wrong with them. */
function collectHeaders(result: Record<string, unknown>, out: string[]): string | undefined {
  const { headers } = result;
  const cookies = result['cookies'] ?? [];
  const fault = pushHeaders(out, headers ?? {});
  if (fault !== undefined) return fault;
  return Array.isArray(cookies) ? pushAll(out, 'set-cookie', cookies) : 'with cookies that are not a list';
}

/** Returns the body, or what is wrong with it. */
function bodyOf(result: Record<string, unknown>): Uint8Array | string {
  const { body, isBase64Encoded } = result;
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (isBase64Encoded === true) return typeof body === 'string' ? Buffer.from(body, 'base64') : NO_TEXT_TO_DECODE;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
