import { clfTime } from '../../clf-time.ts';
import type { RequestHead } from '../../request.ts';
import {
  bareRecord,
  eventWithBody,
  isTextType,
  openEnded,
  sourceIpOf,
  type EventParts,
  type EventTemplate,
} from './event-parts.ts';
import type { RouteHit } from './route-table.ts';

/**
 * Makes the payload-v2.0 events (function URL and HTTP API form) of requests with the same head; the function's name
 * takes the place of the URL id. Serializes the parts that depend on the head alone only once.
 */
export class EventTemplateV2 implements EventTemplate {
  readonly #beforeTraceId: string;
  readonly #beforeRequestId: string;
  readonly #beforeTime: string;
  readonly #isText: boolean;

  /** `carriesPath`: adds `path` and `httpMethod` of format 1.0, for libraries that look for nothing else. */
  constructor({ method, query, rawHeaders, httpVersion, socket }: RequestHead, hit: RouteHit, carriesPath = false) {
    const { functionName, rawPath, routeKey, pathParameters } = hit;
    const { headers, cookies } = headersOf(rawHeaders);
    const sourceIp = sourceIpOf(socket);
    addForwarded(headers, sourceIp, socket.localPort);
    // Added for each request, as the last header.
    delete headers['x-amzn-trace-id'];
    this.#isText = isTextType(headers['content-type']);
    const older = carriesPath ? { path: rawPath, httpMethod: method } : {};
    const beginning = { version: '2.0', routeKey, rawPath, rawQueryString: query, ...older, cookies, headers };
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
  event({ requestId, traceId, now, body, authorizer }: EventParts): Uint8Array {
    const head = `${this.#beforeTraceId}${JSON.stringify(traceId)}${this.#beforeRequestId}${requestId}`;
    const allowed = authorizer === undefined ? '' : `,"authorizer":${authorizer}`;
    const before = `${head}${this.#beforeTime}${clfTime(now)}","timeEpoch":${now}${allowed}},`;
    if (body.byteLength === 0) return Buffer.from(`${before}"isBase64Encoded":false}`);
    return eventWithBody(before, body, this.#isText);
  }
}

function addForwarded(headers: Record<string, string>, sourceIp: string, port: number | undefined): void {
  const before = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = before === undefined ? sourceIp : `${before},${sourceIp}`;
  headers['x-forwarded-proto'] ??= 'http';
  // A Unix socket has no port.
  if (port !== undefined) headers['x-forwarded-port'] ??= String(port);
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
