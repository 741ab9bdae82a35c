import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { LIMITS } from '../contract/index.ts';
import { asLamError, type LamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import { newTraceId, type InvokeAnswer, type Router } from '../router/index.ts';
import { readBody } from './body.ts';
import { goneSignal, traceIdOf, type Exchange } from './exchange.ts';
import { httpEvent } from './http-event.ts';
import { httpAnswer } from './http-response.ts';
import { isGone, retryAfter, sendJson } from './reply.ts';
import type { RouteHit } from './route-table.ts';

/** Runs a function for an HTTP request and answers what it says, by the rules of payload format 2.0. Never rejects. */
export async function functionHttp(router: Router, clock: Clock, hit: RouteHit, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  try {
    const body = await readBody(request, LIMITS.payloadBytes);
    const now = clock.now();
    const requestId = randomUUID();
    const traceId = traceIdOf(request) ?? newTraceId(now);
    const answer = await router.invoke({
      name: hit.functionName,
      qualifier: undefined,
      requestId,
      event: httpEvent({ exchange, body, hit, requestId, traceId, now }),
      http: true,
      traceId,
      get signal() {
        return goneSignal(response);
      },
    });
    sendAnswer(exchange, answer);
  } catch (thrown) {
    if (isGone(thrown)) response.destroy();
    else sendPlainError(response, asLamError(thrown));
  }
}

function sendAnswer({ method, response }: Exchange, answer: InvokeAnswer): void {
  const own = ['x-amzn-RequestId', answer.requestId, 'x-amzn-Trace-Id', answer.traceId];
  if (answer.status !== 'success') {
    // AWS's words; the type of the error helps a developer and gives nothing away, the rest is in the log.
    refuse(response, [...own, 'x-lam-error-type', printableHeader(answer.errorType ?? 'Unknown')]);
    return;
  }
  const http = httpAnswer(answer.payload);
  if ('why' in http) {
    const detail = printableHeader(`the function answered ${http.why}`);
    refuse(response, [...own, 'x-lam-error-type', 'Function.MalformedResponse', 'x-lam-error-detail', detail]);
    return;
  }
  const bodiless = http.status === 204 || http.status === 304;
  const headers = [...http.headers, ...own];
  if (!bodiless) headers.push('content-length', String(http.body.byteLength));
  response.writeHead(http.status, headers);
  response.end(bodiless || method === 'HEAD' ? undefined : http.body);
}

/** An error of lam as the caller of a function's URL is told. */
export function sendPlainError(response: ServerResponse, error: LamError): void {
  if (response.headersSent) response.destroy();
  else sendJson(response, error.httpStatus, { message: error.message, code: error.code, hint: error.hint }, retryAfter(error));
}

function refuse(response: ServerResponse, headers: readonly string[]): void {
  const text = 'Internal Server Error';
  response.writeHead(502, [...headers, 'content-type', 'text/plain', 'content-length', String(text.length)]);
  response.end(text);
}

function printableHeader(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 300);
}
