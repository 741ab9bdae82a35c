import { validateHeaderName, validateHeaderValue } from 'node:http';

/** A function's answer as HTTP. */
export interface HttpAnswer {
  readonly status: number;
  /** Name and value in turn; a name may come twice. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
}

/** The function's result can't be told as HTTP; `why` completes "the function answered ...". */
export interface MalformedAnswer {
  readonly why: string;
}

const JSON_TYPE = ['content-type', 'application/json'];
/** Set by the server itself. */
const OWN_HEADERS = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'date']);

/**
 * Reads a result by the rules of payload format 2.0: an object with `statusCode` is a response; anything else is a 200 whose
 * body is the JSON itself, but a string goes out without its quotes. An object as `body` is sent as JSON. Pure.
 */
export function httpAnswer(payload: Uint8Array): HttpAnswer | MalformedAnswer {
  const first = payload[0];
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  if (first === 0x22) return { status: 200, headers: JSON_TYPE, body: Buffer.from(parse(bytes) as string) };
  // Most answers without the word need no parse: they are passed on as they are.
  if (first !== 0x7b || !bytes.includes('"statusCode"')) return { status: 200, headers: JSON_TYPE, body: payload };
  const result = parse(bytes) as Record<string, unknown> | undefined;
  if (result === undefined) return { why: 'something that is not JSON' };
  if (!Object.hasOwn(result, 'statusCode')) return { status: 200, headers: JSON_TYPE, body: payload };
  return response(result);
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    // A custom runtime may answer anything.
    return undefined;
  }
}

function response(result: Record<string, unknown>): HttpAnswer | MalformedAnswer {
  const status = Number(result['statusCode']);
  if (!Number.isInteger(status) || status < 200 || status > 599) {
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

function collectHeaders(result: Record<string, unknown>, out: string[]): string | undefined {
  const { headers, multiValueHeaders, cookies } = result as Record<string, unknown>;
  for (const part of [headers, multiValueHeaders]) {
    if (part === undefined || part === null) continue;
    if (typeof part !== 'object' || Array.isArray(part)) return 'with headers that are not an object';
    for (const [name, value] of Object.entries(part)) {
      for (const one of Array.isArray(value) ? value : [value]) {
        const fault = pushHeader(out, name, one);
        if (fault !== undefined) return fault;
      }
    }
  }
  if (cookies !== undefined && !Array.isArray(cookies)) return 'with cookies that are not a list';
  for (const cookie of (cookies as unknown[] | undefined) ?? []) {
    const fault = pushHeader(out, 'set-cookie', cookie);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function pushHeader(out: string[], name: string, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'object') return `with a header '${name}' that is an object`;
  try {
    validateHeaderName(name);
    validateHeaderValue(name, String(value));
  } catch {
    return `with a header '${name}' that HTTP does not allow`;
  }
  if (!OWN_HEADERS.has(name.toLowerCase())) out.push(name, String(value));
  return undefined;
}

/** The bytes, or in words what is wrong. */
function bodyOf(result: Record<string, unknown>): Uint8Array | string {
  const { body, isBase64Encoded } = result as Record<string, unknown>;
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (isBase64Encoded === true) return typeof body === 'string' ? Buffer.from(body, 'base64') : 'with isBase64Encoded and a body that is no string';
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
