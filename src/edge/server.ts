import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { LIMITS } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Router } from '../router/index.ts';
import { AWS_FUNCTIONS, awsInvoke, invokeTarget, sendAwsError } from './aws-invoke.ts';
import { CONTROL_PREFIX, control } from './control/control.ts';
import type { ControlServices } from './control/services.ts';
import { exchangeOf, type Exchange } from './exchange.ts';
import { functionHttp, sendPlainError } from './function-http.ts';
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
  const settings = { maxHeaderSize: HEADER_BYTES, keepAliveTimeout: 60_000, requestTimeout: 0, noDelay: true };
  const server = createServer(settings, (request, response) => serve(options, exchangeOf(request, response)));
  // A client that expects 100-continue is asked for its body only when it may send that much.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    const exchange = exchangeOf(request, response);
    const limit = exchange.path.startsWith(CONTROL_PREFIX) ? LIMITS.zipBytes : LIMITS.payloadBytes;
    if (Number(request.headers['content-length'] ?? 0) <= limit) response.writeContinue();
    // Whether it sends the body all the same is its own choice, so nothing can follow on this connection.
    else response.shouldKeepAlive = false;
    serve(options, exchange);
  });
  return server;
}

function serve(options: EdgeOptions, exchange: Exchange): void {
  try {
    dispatch(options, exchange);
  } catch (thrown) {
    sendError(exchange.response, thrown);
  }
}

function dispatch(options: EdgeOptions, exchange: Exchange): void {
  const { path } = exchange;
  if (path.startsWith(AWS_FUNCTIONS)) serveAws(options, exchange);
  else if (path.startsWith('/_lam/')) serveControl(options, exchange);
  else serveFunction(options, exchange);
}

function serveAws({ door, router }: EdgeOptions, exchange: Exchange): void {
  const { request, response, method, path } = exchange;
  const refused = refusal(door, request.headers, 'invoke');
  const target = invokeTarget(path);
  if (refused !== undefined || target === undefined || method !== 'POST') {
    request.resume();
    sendAwsError(response, refused ?? lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] }));
    return;
  }
  void awsInvoke(router, target, exchange);
}

function serveControl({ door, services }: EdgeOptions, exchange: Exchange): void {
  const { request, response, method, path } = exchange;
  if (path === '/_lam/health') {
    request.resume();
    sendJson(response, 200, { status: 'ok' });
    return;
  }
  const refused = refusal(door, request.headers, 'control');
  if (refused !== undefined || !path.startsWith(CONTROL_PREFIX)) {
    request.resume();
    sendError(response, refused ?? lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] }));
    return;
  }
  void control(services, exchange);
}

function serveFunction(options: EdgeOptions, exchange: Exchange): void {
  const { request, response, method, path } = exchange;
  const table = options.routes();
  const hit = table.find(method, path, options.exists);
  if (hit === undefined) {
    request.resume();
    sendPlainError(response, lamError('LAM_EDGE_NOT_FOUND', { method, path, near: table.near(path) }));
    return;
  }
  void functionHttp(options.router, options.clock, hit, exchange);
}
