import type { IncomingMessage, ServerResponse } from 'node:http';

/** One request under way, its address taken apart once. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** As it came, percent-encoding and all. */
  readonly path: string;
  /** Without the question mark; empty when there is none. */
  readonly query: string;
}

export function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  return { request, response, method: request.method ?? 'GET', path, query: at < 0 ? '' : url.slice(at + 1) };
}

/** Aborts when the client leaves before it was answered, at once when it left already. */
export function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  if (response.destroyed) controller.abort();
  else {
    response.once('close', () => {
      if (!response.writableFinished) controller.abort();
    });
  }
  return controller.signal;
}

/** Longest trace header that is handed on, characters; AWS's own are about 100. */
const TRACE_CHARS = 512;

/** The caller's `X-Amzn-Trace-Id`, where it is one a runtime can be given. */
export function traceIdOf(request: IncomingMessage): string | undefined {
  const header = request.headers['x-amzn-trace-id'];
  return typeof header === 'string' && header.length <= TRACE_CHARS && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(header)
    ? header
    : undefined;
}
