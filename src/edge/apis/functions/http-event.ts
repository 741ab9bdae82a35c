import type { HttpRequest } from '../../exchange.ts';
import type { RouteHit } from './route-table.ts';

const TEXT_TYPE = /^(?:text\/|application\/(?:json|javascript|xml|[a-z0-9.+-]+\+(?:json|xml)|graphql)\b)/i;

/** Whether a body of this type travels as text; anything else is base64 (AWS's rule for function URLs). Pure. */
export function isTextType(contentType: string | undefined): boolean {
  return contentType === undefined ? false : TEXT_TYPE.test(contentType);
}

/** What an event is made from. */
export interface HttpEventParts {
  readonly request: HttpRequest;
  readonly body: Uint8Array;
  readonly hit: RouteHit;
  readonly requestId: string;
  readonly traceId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The payload-v2.0 event of an HTTP request, as JSON bytes (Lambda function URL and HTTP API form; the function's name stands in for the URL id). */
export function httpEvent(parts: HttpEventParts): Uint8Array {
  const { body, hit, request, requestId, now } = parts;
  const { method, query } = request;
  const { headers, cookies } = headersOf(request.rawHeaders);
  const sourceIp = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
  addForwarded(headers, sourceIp, request.socket.localPort);
  headers['x-amzn-trace-id'] = parts.traceId;
  const text = isTextType(headers['content-type']);
  return Buffer.from(
    JSON.stringify({
      version: '2.0',
      routeKey: hit.routeKey,
      rawPath: hit.rawPath,
      rawQueryString: query,
      cookies,
      headers,
      queryStringParameters: query === '' ? undefined : queryOf(query),
      pathParameters: hit.pathParameters,
      requestContext: {
        accountId: 'anonymous',
        apiId: hit.functionName,
        domainName: headers['host'] ?? 'localhost',
        domainPrefix: hit.functionName,
        http: {
          method,
          path: hit.rawPath,
          protocol: `HTTP/${request.httpVersion}`,
          sourceIp,
          userAgent: headers['user-agent'] ?? '',
        },
        requestId,
        routeKey: hit.routeKey,
        stage: '$default',
        time: clfTime(now),
        timeEpoch: now,
      },
      body:
        body.byteLength === 0
          ? undefined
          : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(text ? 'utf8' : 'base64'),
      isBase64Encoded: body.byteLength > 0 && !text,
    }),
  );
}

function addForwarded(headers: Record<string, string>, sourceIp: string, port: number | undefined): void {
  const before = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = before === undefined ? sourceIp : `${before},${sourceIp}`;
  headers['x-forwarded-proto'] ??= 'http';
  // A Unix socket has no port.
  if (port !== undefined) headers['x-forwarded-port'] ??= String(port);
}

/** A record whose keys come from outside, so that `constructor` and `__proto__` are names like any other. */
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

/** `12/Mar/2020:19:03:58 +0000`, the common log format in UTC. Pure. */
export function clfTime(ms: number): string {
  const iso = new Date(ms).toISOString();
  return `${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
