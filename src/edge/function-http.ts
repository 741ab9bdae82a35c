import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LIMITS } from '../contract/index.ts';
import { asLamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Router } from '../router/index.ts';
import { goneSignal } from './aws-invoke.ts';
import { readBody } from './body.ts';
import { httpEvent } from './http-event.ts';
import { httpAnswer } from './http-response.ts';
import { isGone, retryAfter, sendJson } from './reply.ts';
import type { RouteHit } from './route-table.ts';

/** Runs a function for an HTTP request and answers what it says, by the rules of payload format 2.0. */
export async function functionHttp(router: Router, clock: Clock, hit: RouteHit, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readBody(request, LIMITS.payloadBytes);
    const event = httpEvent(request, body, hit, hit.functionName, randomUUID(), clock.now());
    const trace = request.headers['x-amzn-trace-id'];
    const answer = await router.invoke({
      name: hit.functionName,
      qualifier: undefined,
      event,
      http: true,
      traceId: typeof trace === 'string' ? trace : undefined,
      signal: goneSignal(response),
    });
    const own = ['x-amzn-RequestId', answer.requestId, 'x-amzn-Trace-Id', answer.traceId];
    if (answer.status !== 'success') {
      // AWS's words; the type of the error helps a developer and gives nothing away, the rest is in the log.
      refuse(response, [...own, 'x-lam-error-type', answer.errorType ?? 'Unknown']);
      return;
    }
    const http = httpAnswer(answer.payload);
    if ('why' in http) {
      refuse(response, [...own, 'x-lam-error-type', 'Function.MalformedResponse', 'x-lam-error-detail', printableHeader(`the function answered ${http.why}`)]);
      return;
    }
    const bodiless = http.status === 204 || http.status === 304;
    const headers = [...http.headers, ...own];
    if (!bodiless) headers.push('content-length', String(http.body.byteLength));
    response.writeHead(http.status, headers as never);
    response.end(bodiless || request.method === 'HEAD' ? undefined : http.body);
  } catch (thrown) {
    if (isGone(thrown)) return;
    const error = asLamError(thrown);
    if (response.headersSent) response.destroy();
    else sendJson(response, error.httpStatus, { message: error.message, code: error.code, hint: error.hint }, retryAfter(error));
  }
}

function refuse(response: ServerResponse, headers: readonly string[]): void {
  const text = 'Internal Server Error';
  response.writeHead(502, [...headers, 'content-type', 'text/plain', 'content-length', String(text.length)] as never);
  response.end(text);
}

function printableHeader(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 300);
}
