import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { LIMITS } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Router } from '../router/index.ts';
import { AWS_FUNCTIONS, awsInvoke, invokeTarget, sendAwsError } from './aws-invoke.ts';
import { CONTROL_PREFIX, control } from './control/control.ts';
import type { ControlServices } from './control/services.ts';
import { functionHttp } from './function-http.ts';
import { refusal, type Door } from './guard.ts';
import { sendError, sendJson } from './reply.ts';
import type { RouteTable } from './route-table.ts';

export interface EdgeOptions {
  readonly router: Router;
  readonly services: ControlServices;
  readonly clock: Clock;
  /** The table of the live versions' routes; asked for per request, so it must be cached. */
  readonly routes: () => RouteTable;
  readonly exists: (functionName: string) => boolean;
  readonly door: Door;
}

/** Bytes of headers a request may have; the client context alone may take 3.5 KB. */
const HEADER_BYTES = 64 * 1024;

/** An HTTP server for one door, not yet listening: AWS's API at its dated path, lam's own under `/_lam/`, functions at the root. */
export function createEdge(options: EdgeOptions): Server {
  const server = createServer({ maxHeaderSize: HEADER_BYTES, keepAliveTimeout: 60_000, requestTimeout: 0, noDelay: true }, (request, response) => {
    dispatch(options, request, response);
  });
  // A client that expects 100-continue is asked for its body only when it may send that much.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (Number(request.headers['content-length'] ?? 0) <= LIMITS.zipBytes) response.writeContinue();
    dispatch(options, request, response);
  });
  return server;
}

function dispatch(options: EdgeOptions, request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const query = at < 0 ? '' : url.slice(at + 1);
  if (path.startsWith(AWS_FUNCTIONS)) {
    serveAws(options, path, query, request, response);
  } else if (path.startsWith('/_lam/')) {
    serveControl(options, path, query, request, response);
  } else {
    serveFunction(options, path, request, response);
  }
}

function serveAws(options: EdgeOptions, path: string, query: string, request: IncomingMessage, response: ServerResponse): void {
  const refused = refusal(options.door, request.headers, 'invoke');
  const target = invokeTarget(path);
  if (refused !== undefined || target === undefined || request.method !== 'POST') {
    request.resume();
    sendAwsError(response, refused ?? lamError('LAM_EDGE_NOT_FOUND', { method: request.method ?? '', path, near: [] }));
    return;
  }
  void awsInvoke(options.router, target, query, request, response);
}

function serveControl(options: EdgeOptions, path: string, query: string, request: IncomingMessage, response: ServerResponse): void {
  if (path === '/_lam/health') {
    request.resume();
    sendJson(response, 200, { status: 'ok' });
    return;
  }
  const refused = refusal(options.door, request.headers, 'control');
  if (refused !== undefined || !path.startsWith(CONTROL_PREFIX)) {
    request.resume();
    sendError(response, refused ?? lamError('LAM_EDGE_NOT_FOUND', { method: request.method ?? '', path, near: [] }));
    return;
  }
  void control(options.services, path, query, request, response);
}

function serveFunction(options: EdgeOptions, path: string, request: IncomingMessage, response: ServerResponse): void {
  const table = options.routes();
  const hit = table.find(request.method ?? 'GET', path, options.exists);
  if (hit === undefined) {
    request.resume();
    const error = lamError('LAM_EDGE_NOT_FOUND', { method: request.method ?? 'GET', path, near: table.near(path) });
    sendJson(response, 404, { message: error.message, code: error.code, hint: error.hint });
    return;
  }
  void functionHttp(options.router, options.clock, hit, request, response);
}
