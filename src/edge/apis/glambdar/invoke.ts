import { randomUUID } from 'node:crypto';
import {
  knownRequestId,
  LIMITS,
  parseReference,
  type FunctionName,
  type Qualifier,
  type RequestId,
  type TraceId,
} from '../../../contract/index.ts';
import { lamError, type LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import {
  newTraceId,
  type InvokeAnswer,
  type InvokeRequest,
  type InvokeSink,
  type Router,
} from '../../../router/index.ts';
import type { WholeBodyApi } from '../../api.ts';
import { traceIdOf, type HeaderValues, type RequestHead } from '../../request.ts';
import { accessRefusal, secretHeaders, type GlambdarAccess } from './access.ts';
import { answerOf } from './answer.ts';
import type { Audit } from './audit.ts';
import { sendFailure, sendGlambdar } from './failure.ts';
import type { InvocationCounts } from './invocation-counts.ts';
import { RequestTemplate } from './request-template.ts';

const PREFIX = '/invoke/';
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** What Glambdar's invocations use. */
export interface GlambdarInvokeParts extends GlambdarAccess {
  readonly router: Router;
  readonly exists: (functionName: FunctionName) => boolean;
  readonly generation: () => number;
  readonly counts: InvocationCounts;
  readonly audit: Audit;
}

/** The parts of an invocation that depend on the head alone. */
interface GlambdarCall {
  readonly name: FunctionName;
  readonly qualifier: Qualifier | undefined;
  readonly headers: HeaderValues;
  readonly traceId: TraceId | undefined;
  readonly template: RequestTemplate;
}

/** Serves Glambdar's `/invoke/:name`, for functions that were deployed by any way. */
export function glambdarInvokeApi(parts: GlambdarInvokeParts): WholeBodyApi<GlambdarCall> {
  const { router, exists, generation, counts, audit } = parts;
  return {
    name: 'glambdar-invoke',
    called: 'glambdar',
    reads: 'whole',
    mostBodyBytes: LIMITS.payloadBytes,
    // The headers that a function sees depend on whether keys are wanted.
    generation: () => (parts.callers.wantsKeys ? -1 - generation() : generation()),
    match(head) {
      const { method, path } = head;
      if (!path.startsWith(PREFIX) || !METHODS.has(method)) return undefined;
      const text = decoded(path.slice(PREFIX.length));
      if (text === undefined) return undefined;
      const reference = parseReference(text);
      if (reference === undefined || !exists(reference.name))
        return lamError('LAM_REGISTRY_FUNCTION_NOT_FOUND', { name: text });
      return callOf(parts, head, reference);
    },
    authorize: (head, plan) => accessRefusal(parts, head, 'invoke', plan?.name),
    asked: ({ name }) => ({ operation: 'invoke', function: name }),
    serve({ head, plan, body, reply }) {
      const noted = parts.callers.wantsKeys ? audit.noted(reply, parts, head, 'invoke') : reply;
      run({ router, counts }, plan, body, noted);
    },
    fail: sendFailure,
  };
}

/** The one segment that a path must have there; undefined for any other path. */
function decoded(segment: string): string | undefined {
  if (segment === '' || segment.includes('/')) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function callOf(
  access: GlambdarAccess,
  head: RequestHead,
  reference: { readonly name: FunctionName; readonly qualifier: Qualifier | undefined },
): GlambdarCall {
  return {
    ...reference,
    headers: head.headers,
    traceId: traceIdOf(head.headers, newTraceId),
    template: new RequestTemplate(head, secretHeaders(access)),
  };
}

// oxlint-disable-next-line max-params -- called once per request: an options object would be one more allocation
function run(
  { router, counts }: Pick<GlambdarInvokeParts, 'router' | 'counts'>,
  call: GlambdarCall,
  body: Uint8Array,
  reply: Reply,
): void {
  const event = call.template.with(body);
  // A body that is short enough may not be with the escapes of JSON.
  if (event.byteLength > LIMITS.payloadBytes)
    throw lamError('LAM_EDGE_PAYLOAD_TOO_LARGE', { limit: LIMITS.payloadBytes });
  const invocation = new GlambdarInvocation(call, event, reply, counts);
  reply.cancelWhenGone(router.start(invocation, invocation));
}

/** The router's request and the sink of its answer in one object. */
class GlambdarInvocation implements InvokeRequest, InvokeSink {
  readonly name: FunctionName;
  readonly qualifier: Qualifier | undefined;
  readonly headers: HeaderValues;
  readonly requestId: RequestId = knownRequestId(randomUUID());
  readonly traceId: TraceId | undefined;
  readonly event: Uint8Array;
  readonly http = true;
  readonly #reply: Reply;
  readonly #counts: InvocationCounts;

  // oxlint-disable-next-line max-params -- called once per request: an options object would be one more allocation
  constructor(
    { name, qualifier, headers, traceId }: GlambdarCall,
    event: Uint8Array,
    reply: Reply,
    counts: InvocationCounts,
  ) {
    this.name = name;
    this.qualifier = qualifier;
    this.headers = headers;
    this.traceId = traceId;
    this.event = event;
    this.#reply = reply;
    this.#counts = counts;
  }

  /** Only invocations that ran are counted, not those that a limit refused. */
  answered(answer: InvokeAnswer): void {
    this.#counts.add(this.name);
    const { payload, status, requestId, traceId } = answer;
    const own = ['x-amzn-RequestId', requestId, 'x-amzn-Trace-Id', traceId];
    if (status !== 'success') {
      sendGlambdar(this.#reply, status === 'timeout' ? 504 : 500, { error: messageOf(payload) }, own);
      return;
    }
    const http = answerOf(payload);
    if ('why' in http) sendGlambdar(this.#reply, 500, { error: `the function answered ${http.why}` }, own);
    else this.#reply.send(http.status, [...http.headers, ...own], http.body);
  }

  failed(error: LamError): void {
    sendFailure(this.#reply, error);
  }
}

/** The message in an error document. */
function messageOf(payload: Uint8Array): string {
  try {
    const document: unknown = JSON.parse(Buffer.from(payload).toString());
    const message: unknown = Reflect.get(Object(document), 'errorMessage');
    return typeof message === 'string' && message !== '' ? message : UNKNOWN;
  } catch {
    // Custom runtimes may report anything.
    return UNKNOWN;
  }
}

const UNKNOWN = 'function execution failed';
