import type { RequestHead } from '../../request.ts';
import type { RouteHit } from './route-table.ts';
import type { RequestId, TraceId } from '../../../contract/index.ts';

const TEXT_TYPE = /^(?:text\/|application\/(?:json|javascript|xml|[a-z0-9.+-]+\+(?:json|xml)|graphql)\b)/i;

/** Whether events carry a body of this type as text; all others are base64 (AWS's rule for function URLs). Pure. */
export function isTextType(contentType: string | undefined): boolean {
  return contentType === undefined ? false : TEXT_TYPE.test(contentType);
}

/** The parts of an event that differ between requests with the same head. */
export interface EventParts {
  readonly requestId: RequestId;
  readonly traceId: TraceId;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly body: Uint8Array;
}

/**
 * Makes the payload-v2.0 events (function URL and HTTP API form) of requests with the same head; the function's name
 * takes the place of the URL id. Serializes the parts that depend on the head alone only once.
 */
export class EventTemplate {
  readonly #beforeTraceId: string;
  readonly #beforeRequestId: string;
  readonly #beforeTime: string;
  readonly #isText: boolean;

  constructor({ method, query, rawHeaders, httpVersion, socket }: RequestHead, hit: RouteHit) {
    const { functionName, rawPath, routeKey, pathParameters } = hit;
    const { headers, cookies } = headersOf(rawHeaders);
    const sourceIp = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
    addForwarded(headers, sourceIp, socket.localPort);
    // Added for each request, as the last header.
    delete headers['x-amzn-trace-id'];
    this.#isText = isTextType(headers['content-type']);
    const beginning = { version: '2.0', routeKey, rawPath, rawQueryString: query, cookies, headers };
    this.#beforeTraceId = `${openEnded(openEnded(JSON.stringify(beginning)))},"x-amzn-trace-id":`;
    const parameters = { queryStringParameters: query === '' ? undefined : queryOf(query), pathParameters };
    const context = {
      accountId: 'anonymous',
      apiId: functionName,
      domainName: headers['host'] ?? 'localhost',
      domainPrefix: functionName,
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
    };
    const members = JSON.stringify(parameters).slice(1, -1);
    this.#beforeRequestId = `},${members === '' ? '' : `${members},`}"requestContext":${openEnded(JSON.stringify(context))},"requestId":"`;
    this.#beforeTime = `","routeKey":${JSON.stringify(routeKey)},"stage":"$default","time":"`;
  }

  /** The event of one request, as JSON bytes. */
  event({ requestId, traceId, now, body }: EventParts): Uint8Array {
    const head = `${this.#beforeTraceId}${JSON.stringify(traceId)}${this.#beforeRequestId}${requestId}`;
    return Buffer.from(`${head}${this.#beforeTime}${clfTime(now)}","timeEpoch":${now}},${this.#bodyOf(body)}}`);
  }

  /** The members that carry a body. */
  #bodyOf(body: Uint8Array): string {
    if (body.byteLength === 0) return '"isBase64Encoded":false';
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    return this.#isText
      ? `"body":${JSON.stringify(bytes.toString())},"isBase64Encoded":false`
      : `"body":"${bytes.toString('base64')}","isBase64Encoded":true`;
  }
}

/** JSON text of an object without its closing brace. */
function openEnded(json: string): string {
  return json.slice(0, -1);
}

function addForwarded(headers: Record<string, string>, sourceIp: string, port: number | undefined): void {
  const before = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = before === undefined ? sourceIp : `${before},${sourceIp}`;
  headers['x-forwarded-proto'] ??= 'http';
  // A Unix socket has no port.
  if (port !== undefined) headers['x-forwarded-port'] ??= String(port);
}

/** A record without prototype, so that `constructor` and `__proto__` are ordinary keys. */
function bareRecord(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}

function headersOf(raw: readonly string[]): { headers: Record<string, string>; cookies: string[] | undefined } {
  const headers = bareRecord();
  let cookies: string[] | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    if (name === 'cookie') cookies = [...(cookies ?? []), ...value.split(/; */).filter((c) => c !== '')];
    else headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return { headers, cookies };
}

function queryOf(raw: string): Record<string, string> {
  const query = bareRecord();
  for (const [key, value] of new URLSearchParams(raw))
    query[key] = query[key] === undefined ? value : `${query[key]},${value}`;
  return query;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

let lastSecond = Number.NaN;
let lastText = '';

/** Formats a time in the common log format, UTC: `12/Mar/2020:19:03:58 +0000`. */
export function clfTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    const iso = new Date(ms).toISOString();
    const month = MONTHS[Number(iso.slice(5, 7)) - 1];
    lastText = `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
    lastSecond = second;
  }
  return lastText;
}
