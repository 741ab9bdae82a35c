import { randomUUID } from 'node:crypto';
import { LIMITS } from '../../../contract/index.ts';
import { asLamError, type LamError } from '../../../errors/index.ts';
import type { Clock } from '../../../kit/index.ts';
import {
  newTraceId,
  type InvokeAnswer,
  type InvokeRequest,
  type InvokeSink,
  type Router,
} from '../../../router/index.ts';
import { readBody } from '../../body.ts';
import { traceIdOf, type Exchange, type HeaderValues, type HttpRequest } from '../../exchange.ts';
import type { Reply } from '../../http1/service.ts';
import { httpEvent } from './http-event.ts';
import { httpAnswer } from './http-response.ts';
import { isGone, jsonLines, NodeReply, retryAfter } from '../../reply.ts';
import type { RouteHit } from './route-table.ts';

/** Runs a function for a request that `node:http` read. Never rejects. */
export async function functionHttp(router: Router, clock: Clock, hit: RouteHit, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const reply = new NodeReply(response);
  try {
    const body = await readBody(request, LIMITS.payloadBytes);
    runFunction({ router, clock, hit, request: exchange, headers: request.headers, body, reply });
  } catch (thrown) {
    sendPlainError(reply, asLamError(thrown));
  }
}

/** A request that a function is to answer. */
export interface FunctionCall {
  readonly router: Router;
  readonly clock: Clock;
  readonly hit: RouteHit;
  readonly request: HttpRequest;
  readonly headers: HeaderValues;
  readonly body: Uint8Array;
  readonly reply: Reply;
}

/** Runs a function for an HTTP request and answers what it says, by the rules of payload format 2.0. */
export function runFunction({ router, clock, hit, request, headers, body, reply }: FunctionCall): void {
  const now = clock.now();
  const requestId = randomUUID();
  const traceId = traceIdOf(headers) ?? newTraceId(now);
  const event = httpEvent({ request, body, hit, requestId, traceId, now });
  const run = new FunctionRun({ name: hit.functionName, requestId, traceId, event, method: request.method, reply });
  reply.cancelWhenGone(router.start(run, run));
}

interface FunctionRunParts {
  readonly name: string;
  readonly requestId: string;
  readonly traceId: string;
  readonly event: Uint8Array;
  readonly method: string;
  readonly reply: Reply;
}

/** One request to a function: what the router is asked, and where its answer goes. */
class FunctionRun implements InvokeRequest, InvokeSink {
  readonly name: string;
  readonly qualifier: string | undefined = undefined;
  readonly requestId: string;
  readonly traceId: string;
  readonly event: Uint8Array;
  readonly http = true;
  readonly #method: string;
  readonly #reply: Reply;

  constructor({ name, requestId, traceId, event, method, reply }: FunctionRunParts) {
    this.name = name;
    this.requestId = requestId;
    this.traceId = traceId;
    this.event = event;
    this.#method = method;
    this.#reply = reply;
  }

  answered(answer: InvokeAnswer): void {
    const reply = this.#reply;
    const own = `x-amzn-RequestId: ${answer.requestId}\r\nx-amzn-Trace-Id: ${answer.traceId}\r\n`;
    if (answer.status !== 'success') {
      // AWS's words; the type of the error helps a developer and gives nothing away, the rest is in the log.
      refuse(reply, `${own}x-lam-error-type: ${printableHeader(answer.errorType ?? 'Unknown')}\r\n`);
      return;
    }
    const http = httpAnswer(answer.payload);
    if ('why' in http) {
      const detail = printableHeader(`the function answered ${http.why}`);
      refuse(reply, `${own}x-lam-error-type: Function.MalformedResponse\r\nx-lam-error-detail: ${detail}\r\n`);
      return;
    }
    const isBodiless = http.status === 204 || http.status === 304;
    const length = isBodiless ? '' : `content-length: ${http.body.byteLength}\r\n`;
    reply.send(
      http.status,
      linesOf(http.headers) + own + length,
      isBodiless || this.#method === 'HEAD' ? EMPTY : http.body,
    );
  }

  failed(error: LamError): void {
    sendPlainError(this.#reply, error);
  }
}

const EMPTY = Buffer.alloc(0);

/** Names and values in turn as header lines. */
function linesOf(headers: readonly string[]): string {
  let lines = '';
  for (let i = 0; i + 1 < headers.length; i += 2) lines += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return lines;
}

/** An error of lam as the caller of a function's URL is told. */
export function sendPlainError(reply: Reply, error: LamError): void {
  if (isGone(error)) {
    reply.abandon();
    return;
  }
  const bytes = Buffer.from(JSON.stringify({ message: error.message, code: error.code, hint: error.hint }));
  reply.send(error.httpStatus, jsonLines(bytes.length) + retryAfter(error), bytes);
}

const REFUSAL = Buffer.from('Internal Server Error');

function refuse(reply: Reply, lines: string): void {
  reply.send(502, `${lines}content-type: text/plain\r\ncontent-length: ${REFUSAL.length}\r\n`, REFUSAL);
}

function printableHeader(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 300);
}
