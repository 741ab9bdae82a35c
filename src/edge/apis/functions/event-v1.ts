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

/** Members of `requestContext.identity` that only AWS's ways to sign requests fill. */
const NO_IDENTITY = {
  accessKey: null,
  accountId: null,
  caller: null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
} as const;

/**
 * Makes the payload-v1.0 events of requests with the same head, in the form of an HTTP API with stage `$default`. Names
 * of headers are as the client sent them; of several values of one name, `headers` and `queryStringParameters` have
 * the last.
 */
export class EventTemplateV1 implements EventTemplate {
  readonly #beforeTraceId: string;
  readonly #beforeRequestId: string;
  readonly #beforeTime: string;
  readonly #beforeBody: string;
  readonly #isText: boolean;
  /** Of callers that signed nothing. */
  readonly #identity: Readonly<Record<string, unknown>>;
  readonly #identityText: string;

  constructor({ method, query, rawHeaders, httpVersion, socket }: RequestHead, hit: RouteHit) {
    const { functionName, rawPath, routeKey, pathParameters = null } = hit;
    // `GET /users/{id}`: the path is the resource.
    const resource = routeKey.slice(routeKey.indexOf(' ') + 1);
    const sourceIp = sourceIpOf(socket);
    const headers = new Headers(rawHeaders);
    headers.forward(sourceIp, socket.localPort);
    this.#isText = isTextType(headers.last('content-type'));
    const all = headers.all();
    const beginning = { version: '1.0', resource, path: rawPath, httpMethod: method };
    const lists = Object.entries(all).filter(([name]) => name.toLowerCase() !== TRACE);
    const single = Object.fromEntries(lists.map(([name, values]) => [name, values.at(-1)]));
    const multi = Object.fromEntries(lists);
    // The trace id is added for each request, as the last header.
    this.#beforeTraceId = `${openEnded(JSON.stringify(beginning))},"headers":${member(single)}`;
    const userAgent = headers.last('user-agent') ?? '';
    this.#identity = { ...NO_IDENTITY, sourceIp, user: null, userAgent, userArn: null };
    this.#identityText = JSON.stringify(this.#identity);
    const context = {
      accountId: 'anonymous',
      apiId: functionName,
      domainName: headers.last('host') ?? 'localhost',
      domainPrefix: functionName,
      httpMethod: method,
      path: rawPath,
      protocol: `HTTP/${httpVersion}`,
      resourceId: null,
      resourcePath: resource,
      stage: '$default',
    };
    const after = { ...queryMembers(query), requestContext: context };
    this.#beforeRequestId = `},"multiValueHeaders":${member(multi)}`;
    this.#beforeTime = `},${JSON.stringify(after).slice(1, -2)}`;
    this.#beforeBody = `},${JSON.stringify({ pathParameters, stageVariables: null }).slice(1, -1)}`;
  }

  event({ requestId, traceId, now, body, authorizer = 'null', identity }: EventParts): Uint8Array {
    const trace = JSON.stringify(traceId);
    const headers = `${this.#beforeTraceId}"${TRACE_NAME}":${trace}${this.#beforeRequestId}"${TRACE_NAME}":[${trace}]`;
    const who = identity === undefined ? this.#identityText : JSON.stringify({ ...this.#identity, ...identity });
    const ids = `"requestId":"${requestId}","extendedRequestId":"${requestId}"`;
    const times = `"requestTime":"${clfTime(now)}","requestTimeEpoch":${now},"authorizer":${authorizer},"identity":${who}`;
    const before = `${headers}${this.#beforeTime},${ids},${times}${this.#beforeBody},`;
    if (body.byteLength === 0) return Buffer.from(`${before}"body":null,"isBase64Encoded":false}`);
    return eventWithBody(before, body, this.#isText);
  }
}

const TRACE = 'x-amzn-trace-id';
const TRACE_NAME = 'X-Amzn-Trace-Id';

/** JSON text of an object to which a member follows. */
function member(value: object): string {
  const text = openEnded(JSON.stringify(value));
  return text === '{' ? text : `${text},`;
}

/** Query parameters, decoded; null without any. */
function queryMembers(query: string): Record<string, unknown> {
  const multi = bareRecord<string[]>();
  for (const [key, value] of new URLSearchParams(query)) (multi[key] ??= []).push(value);
  const keys = Object.keys(multi);
  if (keys.length === 0) return { queryStringParameters: null, multiValueQueryStringParameters: null };
  const single = bareRecord();
  for (const key of keys) single[key] = multi[key]?.at(-1) ?? '';
  return { queryStringParameters: single, multiValueQueryStringParameters: multi };
}

/** Headers by the names that the client used; two spellings of one name are one header, by the first. */
class Headers {
  /** By the name in lower case. */
  readonly #headers = new Map<string, { readonly name: string; readonly values: string[] }>();

  constructor(raw: readonly string[]) {
    for (let i = 0; i + 1 < raw.length; i += 2) this.#add(raw[i] as string, raw[i + 1] as string);
  }

  /** The last value of a header; `name` in lower case. */
  last(name: string): string | undefined {
    return this.#headers.get(name)?.values.at(-1);
  }

  /** Adds what a proxy adds. A Unix socket has no port. */
  forward(sourceIp: string, port: number | undefined): void {
    const before = this.last('x-forwarded-for');
    this.#set('X-Forwarded-For', before === undefined ? sourceIp : `${before}, ${sourceIp}`);
    if (this.last('x-forwarded-proto') === undefined) this.#add('X-Forwarded-Proto', 'http');
    if (port !== undefined && this.last('x-forwarded-port') === undefined) this.#add('X-Forwarded-Port', String(port));
  }

  all(): Record<string, readonly string[]> {
    const all = bareRecord<readonly string[]>();
    for (const { name, values } of this.#headers.values()) all[name] = values;
    return all;
  }

  #add(name: string, value: string): void {
    const key = name.toLowerCase();
    const found = this.#headers.get(key);
    if (found === undefined) this.#headers.set(key, { name, values: [value] });
    else found.values.push(value);
  }

  #set(name: string, value: string): void {
    const key = name.toLowerCase();
    this.#headers.set(key, { name: this.#headers.get(key)?.name ?? name, values: [value] });
  }
}
