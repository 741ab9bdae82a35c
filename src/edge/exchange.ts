import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Header values by name in lower case. */
export type HeaderValues = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request, whoever read it, its address taken apart once. */
export interface HttpRequest {
  readonly method: string;
  /** As it came, percent-encoding and all. */
  readonly path: string;
  /** Without the question mark; empty when there is none. */
  readonly query: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** `1.1`, `1.0`. */
  readonly httpVersion: string;
  readonly socket: Socket;
}

/** One request under way in `node:http`. */
export interface Exchange extends HttpRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
  const { rawHeaders, httpVersion, socket } = request;
  return {
    request,
    response,
    method: request.method ?? 'GET',
    ...targetParts(request.url ?? '/'),
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

/** Longest trace header that is handed on, characters; AWS's own are about 100. */
const TRACE_CHARS = 512;

/** The caller's `X-Amzn-Trace-Id`, where it is one a runtime can be given. */
export function traceIdOf(headers: HeaderValues): string | undefined {
  const header = headers['x-amzn-trace-id'];
  return typeof header === 'string' &&
    header.length <= TRACE_CHARS &&
    /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(header)
    ? header
    : undefined;
}
