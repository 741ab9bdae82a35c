import type { IncomingMessage } from 'node:http';

/** What a route match adds to an event. */
export interface RouteMatch {
  /** `GET /users/{id}`, or `$default`. */
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
  /** Path the function sees, as it came: not decoded. */
  readonly rawPath: string;
}

const TEXT_TYPE = /^(?:text\/|application\/(?:json|javascript|xml|[a-z0-9.+-]+\+(?:json|xml)|graphql)\b)/i;

/** Whether a body of this type travels as text; anything else is base64 (AWS's rule for function URLs). Pure. */
export function isTextType(contentType: string | undefined): boolean {
  return contentType === undefined ? false : TEXT_TYPE.test(contentType);
}

/**
 * The payload-v2.0 event of an HTTP request, as JSON bytes (Lambda function URL and HTTP API form).
 * @param functionName stands in for the URL id
 */
export function httpEvent(request: IncomingMessage, body: Uint8Array, match: RouteMatch, functionName: string, requestId: string, now: number): Uint8Array {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  const rawQueryString = at < 0 ? '' : url.slice(at + 1);
  const { headers, cookies } = headersOf(request);
  const domainName = headers['host'] ?? 'localhost';
  const sourceIp = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
  headers['x-forwarded-for'] = headers['x-forwarded-for'] === undefined ? sourceIp : `${headers['x-forwarded-for']},${sourceIp}`;
  headers['x-forwarded-proto'] ??= 'http';
  headers['x-forwarded-port'] ??= String(request.socket.localPort ?? '');
  const text = isTextType(headers['content-type']);
  const method = request.method ?? 'GET';
  return Buffer.from(
    JSON.stringify({
      version: '2.0',
      routeKey: match.routeKey,
      rawPath: match.rawPath,
      rawQueryString,
      cookies,
      headers,
      queryStringParameters: rawQueryString === '' ? undefined : queryOf(rawQueryString),
      pathParameters: match.pathParameters,
      requestContext: {
        accountId: 'anonymous',
        apiId: functionName,
        domainName,
        domainPrefix: functionName,
        http: { method, path: match.rawPath, protocol: `HTTP/${request.httpVersion}`, sourceIp, userAgent: headers['user-agent'] ?? '' },
        requestId,
        routeKey: match.routeKey,
        stage: '$default',
        time: clfTime(now),
        timeEpoch: now,
      },
      body: body.byteLength === 0 ? undefined : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(text ? 'utf8' : 'base64'),
      isBase64Encoded: body.byteLength > 0 && !text,
    }),
  );
}

function headersOf(request: IncomingMessage): { headers: Record<string, string>; cookies: string[] | undefined } {
  const headers: Record<string, string> = {};
  let cookies: string[] | undefined;
  const raw = request.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    if (name === 'cookie') cookies = [...(cookies ?? []), ...value.split(/; */)];
    else if (name === '__proto__') continue;
    else headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return { headers, cookies };
}

function queryOf(raw: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [key, value] of new URLSearchParams(raw)) query[key] = query[key] === undefined ? value : `${query[key]},${value}`;
  return query;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `12/Mar/2020:19:03:58 +0000`, the common log format in UTC. Pure. */
export function clfTime(ms: number): string {
  const iso = new Date(ms).toISOString();
  return `${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
