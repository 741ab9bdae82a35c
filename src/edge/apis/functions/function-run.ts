import { randomUUID } from 'node:crypto';
import type { LamError } from '../../../errors/index.ts';
import {
  newTraceId,
  type InvokeAnswer,
  type InvokeRequest,
  type InvokeSink,
  type Router,
} from '../../../router/index.ts';
import type { HeaderPairs } from '../../headers.ts';
import type { Reply } from '../../reply.ts';
import { traceIdOf, type RequestHead } from '../../request.ts';
import { EventTemplate } from './http-event.ts';
import { httpAnswer } from './http-response.ts';
import type { RouteHit } from './route-table.ts';
import {
  knownRequestId,
  type RequestId,
  type TraceId,
  type FunctionName,
  type Qualifier,
} from '../../../contract/index.ts';

/** The parts of a function call that depend on the head alone. */
export interface PreparedCall {
  readonly functionName: FunctionName;
  readonly template: EventTemplate;
  /** The caller's trace header, if it sent a valid one. */
  readonly traceId: TraceId | undefined;
}

/** Prepares the parts that requests with the same head share. */
export function prepareCall(head: RequestHead, hit: RouteHit): PreparedCall {
  return {
    functionName: hit.functionName,
    template: new EventTemplate(head, hit),
    traceId: traceIdOf(head.headers),
  };
}

/** One request to a function. */
export interface FunctionRequest {
  readonly router: Router;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly call: PreparedCall;
  readonly body: Uint8Array;
  readonly reply: Reply;
  /** Answers an error that kept the function from running. */
  readonly fail: (reply: Reply, error: LamError) => void;
}

/** Runs a function for an HTTP request and answers by the rules of payload format 2.0. */
export function runFunction({ router, now, call, body, reply, fail }: FunctionRequest): void {
  const requestId = knownRequestId(randomUUID());
  const traceId = call.traceId ?? newTraceId(now);
  const event = call.template.event({ requestId, traceId, now, body });
  const run = new FunctionRun({ name: call.functionName, requestId, traceId, event, reply, fail });
  reply.cancelWhenGone(router.start(run, run));
}

interface FunctionRunParts {
  readonly name: FunctionName;
  readonly requestId: RequestId;
  readonly traceId: TraceId;
  readonly event: Uint8Array;
  readonly reply: Reply;
  readonly fail: FunctionRequest['fail'];
}

/** The router's request and the sink of its answer in one object. */
class FunctionRun implements InvokeRequest, InvokeSink {
  readonly name: FunctionName;
  readonly qualifier: Qualifier | undefined = undefined;
  readonly requestId: RequestId;
  readonly traceId: TraceId;
  readonly event: Uint8Array;
  readonly http = true;
  readonly #reply: Reply;
  readonly #fail: FunctionRequest['fail'];

  constructor({ name, requestId, traceId, event, reply, fail }: FunctionRunParts) {
    this.name = name;
    this.requestId = requestId;
    this.traceId = traceId;
    this.event = event;
    this.#reply = reply;
    this.#fail = fail;
  }

  answered({ payload, requestId, traceId, status, errorType }: InvokeAnswer): void {
    const reply = this.#reply;
    const own = ['x-amzn-RequestId', requestId, 'x-amzn-Trace-Id', traceId];
    if (status !== 'success') {
      // AWS's text. The error type is safe to disclose; message and stack stay in the log.
      refuse(reply, [...own, 'x-lam-error-type', printableHeader(errorType ?? 'Unknown')]);
      return;
    }
    const http = httpAnswer(payload);
    if ('why' in http) {
      const detail = printableHeader(`the function answered ${http.why}`);
      refuse(reply, [...own, 'x-lam-error-type', 'Function.MalformedResponse', 'x-lam-error-detail', detail]);
      return;
    }
    reply.send(http.status, [...http.headers, ...own], http.body);
  }

  failed(error: LamError): void {
    this.#fail(this.#reply, error);
  }
}

const REFUSAL = Buffer.from('Internal Server Error');

function refuse(reply: Reply, headers: HeaderPairs): void {
  reply.send(502, [...headers, 'content-type', 'text/plain'], REFUSAL);
}

function printableHeader(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 300);
}
