import { isHeaderName, isHeaderValue, type HeaderPairs } from '../http/index.ts';

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

export const JSON_TYPE: HeaderPairs = ['content-type', 'application/json'];
export const NO_TEXT_TO_DECODE = 'with isBase64Encoded and a body that is no string';
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

/** The value of an answer, or undefined: custom runtimes may answer any bytes. */
export function parseAnswer(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** The status, a number or a string of three digits, or what is wrong with it. */
export function statusOf(given: unknown): number | string {
  const status = typeof given === 'string' && /^[0-9]{3}$/.test(given) ? Number(given) : given;
  const isValid = typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599;
  return isValid ? status : `with the statusCode ${JSON.stringify(given)}; it must be a number from 200 to 599`;
}

/** Adds the members of an object as headers, or returns what is wrong with them. A list is several headers. */
export function pushHeaders(out: string[], headers: unknown): string | undefined {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    return 'with headers that are not an object';
  for (const [name, value] of Object.entries(headers)) {
    const fault = pushAll(out, name, Array.isArray(value) ? value : [value]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Adds a header per value, or returns what is wrong with one. */
export function pushAll(out: string[], name: string, values: readonly unknown[]): string | undefined {
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

/** Adds the type of an answer that has none. */
export function addType(headers: string[], type = JSON_TYPE): void {
  if (!headers.some((text, i) => i % 2 === 0 && text.toLowerCase() === 'content-type')) headers.push(...type);
}
