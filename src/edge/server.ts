import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { LIMITS } from '../contract/index.ts';
import { asLamError, lamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Operations } from '../operations/index.ts';
import type { Router } from '../router/index.ts';
import {
  AWS_FUNCTIONS,
  awsInvoke,
  invokeTarget,
  planInvoke,
  runInvoke,
  sendAwsError,
  type InvokePlan,
} from './apis/aws-lambda/invoke.ts';
import { CONTROL_PREFIX, control } from './apis/control/control.ts';
import { exchangeOf, targetParts, type Exchange } from './exchange.ts';
import { functionHttp, runFunction, sendPlainError } from './apis/functions/function-http.ts';
import { refusal, type Door } from './guard.ts';
import type { Head } from './http1/head.ts';
import { PlainServer } from './http1/server.ts';
import type { Handler } from './http1/service.ts';
import { NodeReply, sendError, sendJson } from './reply.ts';
import type { RouteHit, RouteTable } from './apis/functions/route-table.ts';

export interface EdgeOptions {
  readonly router: Router;
  readonly operations: Operations;
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
  const server = new PlainServer({
    settings: { maxHeaderSize: HEADER_BYTES, keepAliveTimeout: 60_000, requestTimeout: 0, noDelay: true },
    listener: (request, response) => serve(options, exchangeOf(request, response)),
    service: { handlerFor: (head) => plainHandler(options, head) },
    mostBodyBytes: LIMITS.payloadBytes,
    clock: options.clock,
  });
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

/** Invokes of all kinds are served without `node:http`, unless their heads alone are reason to refuse them: the rest is not worth it. */
function plainHandler(options: EdgeOptions, head: Head): Handler | undefined {
  const { path, query } = targetParts(head.target);
  if (path.startsWith('/_lam/')) return undefined;
  return path.startsWith(AWS_FUNCTIONS)
    ? plainInvoke(options, head, path, query)
    : plainFunction(options, head, path, query);
}

function plainInvoke({ door, router }: EdgeOptions, head: Head, path: string, query: string): Handler | undefined {
  const { headers, method } = head;
  const target = invokeTarget(path);
  if (target === undefined || method !== 'POST' || refusal(door, headers, 'invoke') !== undefined) return undefined;
  let plan: InvokePlan;
  try {
    plan = planInvoke(target, query, headers);
  } catch {
    // The same error comes up again where it is answered.
    return undefined;
  }
  return { serve: (body, reply) => runInvoke(router, plan, body, reply) };
}

function plainFunction(options: EdgeOptions, head: Head, path: string, query: string): Handler {
  const { router, clock } = options;
  const { headers, method, rawHeaders } = head;
  return {
    serve(body, reply) {
      try {
        const hit = functionAt(options, method, path);
        const request = { method, path, query, rawHeaders, httpVersion: '1.1', socket: reply.socket };
        runFunction({ router, clock, hit, request, headers, body, reply });
      } catch (thrown) {
        sendPlainError(reply, asLamError(thrown));
      }
    },
  };
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
    sendAwsError(new NodeReply(response), refused ?? lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] }));
    return;
  }
  void awsInvoke(router, target, exchange);
}

function serveControl({ door, operations }: EdgeOptions, exchange: Exchange): void {
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
  void control(operations, exchange);
}

function serveFunction(options: EdgeOptions, exchange: Exchange): void {
  const { request, response, method, path } = exchange;
  let hit: RouteHit;
  try {
    hit = functionAt(options, method, path);
  } catch (thrown) {
    request.resume();
    sendPlainError(new NodeReply(response), asLamError(thrown));
    return;
  }
  void functionHttp(options.router, options.clock, hit, exchange);
}

/** The function that answers at a path. Throws `LAM_EDGE_NOT_FOUND`. */
function functionAt(options: EdgeOptions, method: string, path: string): RouteHit {
  const table = options.routes();
  const hit = table.find(method, path, options.exists);
  if (hit === undefined) throw lamError('LAM_EDGE_NOT_FOUND', { method, path, near: table.near(path) });
  return hit;
}
