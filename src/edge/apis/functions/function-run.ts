import { randomUUID } from 'node:crypto';
import type { AccessGrant } from '../../../access/index.ts';
import { lamError, type LamError } from '../../../errors/index.ts';
import type { HeaderPairs, Reply } from '../../../http/index.ts';
import {
  newTraceId,
  type InvokeAnswer,
  type InvokeRequest,
  type InvokeSink,
  type InvokeStream,
  type Router,
  type StreamControl,
  type StreamReceiver,
} from '../../../router/index.ts';
import type { Door } from '../../guard.ts';
import { traceIdOf, type HeaderValues, type RequestHead } from '../../request.ts';
import type { EventTemplate } from './event-parts.ts';
import { failurePage, wantsPage } from './failure-page.ts';
import { HttpStream, NO_HEAD } from './http-stream.ts';
import { PAYLOAD_RULES, type HttpForm, type PayloadRules } from './payload-formats.ts';
import type { RouteHit } from './route-table.ts';
import {
  LIMITS,
  knownRequestId,
  nextTraceId,
  type RequestId,
  type TraceId,
  type FunctionName,
  type Qualifier,
} from '../../../contract/index.ts';

/** The parts of a function call that depend on the head alone. */
export interface PreparedCall {
  readonly functionName: FunctionName;
  readonly qualifier: Qualifier | undefined;
  readonly form: HttpForm;
  readonly rules: PayloadRules;
  readonly template: EventTemplate;
  readonly headers: HeaderValues;
  /** The caller's trace header, if it sent a valid one. */
  readonly traceId: TraceId | undefined;
  /** A browser on this machine: a failure is shown as a page. */
  readonly wantsPage: boolean;
}

/** Prepares the parts that requests with the same head share. */
// oxlint-disable-next-line max-params -- the request, what it hit, and how that takes requests
export function prepareCall(door: Door, head: RequestHead, hit: RouteHit, form: HttpForm): PreparedCall {
  const rules = PAYLOAD_RULES[form.payload];
  return {
    functionName: hit.functionName,
    qualifier: hit.qualifier,
    headers: head.headers,
    form,
    rules,
    template: rules.template(head, hit, form),
    traceId: traceIdOf(head.headers, newTraceId),
    wantsPage: wantsPage(door, head),
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
  /** What the route's authorizer says of the caller; undefined where none was asked. */
  readonly grant?: AccessGrant | undefined;
  /** Answers an error that kept the function from running. */
  readonly fail: (reply: Reply, error: LamError) => void;
}

/**
 * Runs a function for an HTTP request and answers by the rules of its payload format; `LAM_EDGE_PAYLOAD_TOO_LARGE` if the
 * event is longer than any sandbox can be given.
 */
export function runFunction({ router, now, call, body, reply, fail, grant }: FunctionRequest): void {
  const requestId = knownRequestId(randomUUID());
  const traceId = call.traceId ?? newTraceId(now);
  // The event has the trace header that the function passes on, the run that of its caller.
  const event = call.template.event({
    requestId,
    traceId: nextTraceId(traceId),
    now,
    body,
    authorizer: grant?.context[call.form.payload],
    identity: grant?.identity,
  });
  // A body that is short enough may not be as base64 or with the escapes of JSON.
  if (event.byteLength > LIMITS.payloadBytes) {
    fail(reply, lamError('LAM_EDGE_PAYLOAD_TOO_LARGE', { limit: LIMITS.payloadBytes }));
    return;
  }
  const run = new FunctionRun({ call, requestId, traceId, event, reply, fail });
  reply.cancelWhenGone(router.start(run, run));
}

interface FunctionRunParts {
  readonly call: PreparedCall;
  readonly requestId: RequestId;
  readonly traceId: TraceId;
  readonly event: Uint8Array;
  readonly reply: Reply;
  readonly fail: FunctionRequest['fail'];
}

/** The router's request and the sink of its answer in one object. */
class FunctionRun implements InvokeRequest, InvokeSink {
  readonly name: FunctionName;
  readonly qualifier: Qualifier | undefined;
  readonly headers: HeaderValues;
  readonly requestId: RequestId;
  readonly traceId: TraceId;
  readonly event: Uint8Array;
  readonly http = true;
  /** The page shows the end of the log. */
  readonly wantTail: boolean;
  readonly #rules: PayloadRules;
  readonly #reply: Reply;
  readonly #fail: FunctionRequest['fail'];
  /** Set once the answer is streamed. */
  #stream: HttpStream | undefined;

  constructor({ call, requestId, traceId, event, reply, fail }: FunctionRunParts) {
    this.#rules = call.rules;
    this.name = call.functionName;
    this.qualifier = call.qualifier;
    this.headers = call.headers;
    this.wantTail = call.wantsPage;
    this.requestId = requestId;
    this.traceId = traceId;
    this.event = event;
    this.#reply = reply;
    this.#fail = fail;
  }

  streamed(stream: InvokeStream, control: StreamControl): StreamReceiver {
    return (this.#stream = new HttpStream(stream, control, this.#reply, ownHeaders(stream)));
  }

  answered(answer: InvokeAnswer): void {
    const { payload, status } = answer;
    const stream = this.#stream;
    if (stream?.hasBegun === true) {
      stream.finish(status === 'success');
      return;
    }
    const own = ownHeaders(answer);
    const fault = stream?.fault;
    if (status !== 'success' && fault === undefined) {
      // AWS's text. The error type is safe to disclose; message and stack stay in the log.
      this.#refuse(answer, own, answer.errorType ?? 'Unknown');
      return;
    }
    const http = fault ?? (stream === undefined ? this.#rules.answer(payload) : NO_HEAD);
    if ('why' in http) this.#refuse(answer, own, 'Function.MalformedResponse', `the function answered ${http.why}`);
    else this.#reply.send(http.status, [...http.headers, ...own], http.body);
  }

  failed(error: LamError): void {
    this.#fail(this.#reply, error);
  }

  // oxlint-disable-next-line max-params -- the answer, what every answer has, and what is wrong
  #refuse(answer: InvokeAnswer, own: HeaderPairs, errorType: string, detail?: string): void {
    const headers = [...own, 'x-lam-error-type', printableHeader(errorType)];
    if (detail !== undefined) headers.push('x-lam-error-detail', printableHeader(detail));
    const { name: functionName, wantTail: isPage } = this;
    const plain = { headers: ['content-type', 'text/plain'], body: REFUSAL };
    const shown = isPage ? failurePage({ functionName, answer, errorType, detail }) : plain;
    this.#reply.send(502, [...headers, ...shown.headers], shown.body);
  }
}

const REFUSAL = Buffer.from('Internal Server Error');

function ownHeaders({ requestId, traceId }: Pick<InvokeAnswer, 'requestId' | 'traceId'>): HeaderPairs {
  return ['x-amzn-RequestId', requestId, 'x-amzn-Trace-Id', traceId];
}

function printableHeader(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 300);
}
