import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { DEPTH_HEADER, depthOf, isTraceId, withDepth, type TraceId } from '../contract/index.ts';

/** Header values by name in lower case. */
export type HeaderValues = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The head of a request, from either reader; its target is already split. */
export interface RequestHead {
  readonly method: string;
  /** As received, percent-encoded. */
  readonly path: string;
  /** Without the question mark; empty when there is none. */
  readonly query: string;
  readonly headers: HeaderValues;
  /** Names and values, alternating, as received. */
  readonly rawHeaders: readonly string[];
  /** `1.1` or `1.0`. */
  readonly httpVersion: string;
  readonly socket: Socket;
}

/** The head of a request that `node:http` read. */
export function headOf(request: IncomingMessage): RequestHead {
  const { headers, rawHeaders, httpVersion, socket } = request;
  return {
    method: request.method ?? 'GET',
    ...targetParts(request.url ?? '/'),
    headers,
    rawHeaders,
    httpVersion,
    socket,
  };
}

/** Path and query of a request's target. */
export function targetParts(target: string): { readonly path: string; readonly query: string } {
  const at = target.indexOf('?');
  return at < 0 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/**
 * Whether a request has several `Host` headers, of which `node:http` would keep the first (RFC 9112, 3.2: answered
 * 400).
 */
export function hasTwoHosts({ rawHeaders }: RequestHead): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === 'host') hosts++;
  return hosts > 1;
}

/** The value of a header that is valid only if it occurs once. */
export function headerValue(headers: HeaderValues, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * The caller's `X-Amzn-Trace-Id`, if it is valid for runtimes, with the depth of its {@link DEPTH_HEADER} if that is
 * greater. `newTraceId` makes one for callers that have the depth alone.
 */
export function traceIdOf(headers: HeaderValues, newTraceId: () => TraceId): TraceId | undefined {
  const header = headers['x-amzn-trace-id'];
  const traceId = typeof header === 'string' && isTraceId(header) ? header : undefined;
  const depth = Number(headers[DEPTH_HEADER] ?? 0);
  if (!Number.isSafeInteger(depth) || depth <= depthOf(traceId ?? '')) return traceId;
  return withDepth(traceId ?? newTraceId(), depth);
}
