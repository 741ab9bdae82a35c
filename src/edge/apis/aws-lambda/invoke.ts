import { randomUUID } from 'node:crypto';
import {
  INVOKE,
  type CallingSandbox,
  isQualifier,
  LATEST,
  parseReference,
  type TraceId,
  type FunctionName,
  type Qualifier,
} from '../../../contract/index.ts';
import { asLamError, lamError, type LamError } from '../../../errors/index.ts';
import type { HeaderPairs, Reply } from '../../../http/index.ts';
import type { Operations } from '../../../operations/index.ts';
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
import { EventStream } from './invoke-events.ts';
import { isJson } from '../../is-json.ts';
import { traceIdOf, type HeaderValues } from '../../request.ts';

/** What comes before and after the function in a path. */
interface InvokePath {
  readonly prefix: string;
  readonly suffix: string;
}

const WHOLE: InvokePath = { prefix: '/2015-03-31/functions/', suffix: '/invocations' };
const STREAMED: InvokePath = { prefix: '/2021-11-15/functions/', suffix: '/response-streaming-invocations' };

/** A function that a path names, still percent-encoded, and how it is to answer. */
export interface InvokeTarget {
  readonly function: string;
  readonly isStreamed: boolean;
}

/** Reads the path of Invoke or InvokeWithResponseStream; undefined for any other. Pure. */
export function invokeTarget(path: string): InvokeTarget | undefined {
  const isStreamed = path.startsWith(STREAMED.prefix);
  const { prefix, suffix } = isStreamed ? STREAMED : WHOLE;
  if (!path.startsWith(prefix) || !path.endsWith(suffix)) return undefined;
  const target = path.slice(prefix.length, -suffix.length);
  return target === '' || target.includes('/') ? undefined : { function: target, isStreamed };
}

/** The parsed head of an Invoke. */
export interface InvokeHead {
  readonly name: FunctionName;
  readonly qualifier: Qualifier | undefined;
  readonly headers: HeaderValues;
  /** Decoded JSON text. */
  readonly clientContext: string | undefined;
  readonly traceId: TraceId | undefined;
  /** The function that calls, where that is known. */
  readonly caller?: CallingSandbox;
  readonly wantTail: boolean;
  readonly type: 'RequestResponse' | 'Event' | 'DryRun';
  /** Earliest start of an event (milliseconds since the epoch). */
  readonly notBefore: number | undefined;
  /** Which answers are sent as events: of InvokeWithResponseStream all; of Invoke streamed ones, if the caller accepts events. */
  readonly asEvents: 'all' | 'streamed' | 'none';
}

/** Reads the head of an Invoke. Throws `LAM_EDGE_*` errors for the caller. @param target from {@link invokeTarget} */
export function planInvoke(target: InvokeTarget, query: string, headers: HeaderValues): InvokeHead {
  const type = headers['x-amz-invocation-type'] ?? 'RequestResponse';
  const reference = referenceOf(target.function, query);
  if (type !== 'RequestResponse' && type !== 'DryRun' && (type !== 'Event' || target.isStreamed))
    throw lamError('LAM_EDGE_INVOCATION_TYPE', { type: String(type) });
  return {
    ...reference,
    headers,
    clientContext: clientContextOf(headers),
    traceId: traceIdOf(headers, newTraceId),
    wantTail: headers['x-amz-log-type'] === 'Tail',
    type,
    notBefore: notBeforeOf(headers),
    asEvents: target.isStreamed ? 'all' : headers['accept'] === INVOKE.events ? 'streamed' : 'none',
  };
}

/** The body of an Invoke and the sink of its answer. */
export interface InvokeBody {
  readonly body: Uint8Array;
  readonly reply: Reply;
  readonly fail: (reply: Reply, error: LamError, asked?: Pick<InvokeHead, 'qualifier'>) => void;
}

/** What invokes functions, now and later. */
export interface InvokeRooms {
  readonly router: Router;
  readonly operations: Pick<Operations, 'async'>;
}

/** Answers 202 once the event is durable; the client is gone or not, it runs. */
function accept({ async }: InvokeRooms['operations'], head: InvokeHead, { body, reply, fail }: InvokeBody): void {
  async.accept({ ...head, event: body }).then(
    (id) => reply.send(202, ['x-amzn-RequestId', id], EMPTY),
    (error: unknown) => fail(reply, asLamError(error), head),
  );
}

/**
 * Answers Invoke as AWS does: the payload as it is, everything else in headers, function errors with status 200. Throws
 * `LAM_EDGE_PAYLOAD_NOT_JSON`, and for a dry run what the router's check throws.
 */
export function runInvoke(
  { router, operations }: InvokeRooms,
  head: InvokeHead,
  { body, reply, fail }: InvokeBody,
): void {
  const event = eventOf(body);
  if (head.type === 'Event') {
    accept(operations, head, { body: event, reply, fail });
  } else if (head.type === 'DryRun') {
    router.check(head.name, head.qualifier);
    reply.send(204, ['x-amzn-RequestId', randomUUID()], EMPTY);
  } else {
    const invoke = new (head.asEvents === 'none' ? Invoke : EventsInvoke)(head, event, reply, fail);
    reply.cancelWhenGone(router.start(invoke, invoke));
  }
}

/** One Invoke: the router's request and the sink of its answer in one object. */
class Invoke implements InvokeRequest, InvokeSink {
  readonly name: FunctionName;
  readonly qualifier: Qualifier | undefined;
  readonly headers: HeaderValues;
  readonly clientContext: string | undefined;
  readonly traceId: TraceId | undefined;
  readonly caller: CallingSandbox | undefined;
  readonly wantTail: boolean;
  readonly event: Uint8Array;
  readonly #reply: Reply;
  readonly #fail: InvokeBody['fail'];

  constructor(head: InvokeHead, event: Uint8Array, reply: Reply, fail: InvokeBody['fail']) {
    this.name = head.name;
    this.qualifier = head.qualifier;
    this.headers = head.headers;
    this.clientContext = head.clientContext;
    this.traceId = head.traceId;
    this.caller = head.caller;
    this.wantTail = head.wantTail;
    this.event = event;
    this.#reply = reply;
    this.#fail = fail;
  }

  answered(answer: InvokeAnswer): void {
    this.#reply.send(200, headersOf(answer, this.qualifier), answer.payload);
  }

  failed(error: LamError): void {
    this.#fail(this.#reply, error, this);
  }
}

/** One InvokeWithResponseStream, or an Invoke whose caller accepts events. */
class EventsInvoke extends Invoke {
  readonly #events: EventStream;
  readonly #areAllEvents: boolean;

  // oxlint-disable-next-line max-params -- as its base
  constructor(head: InvokeHead, event: Uint8Array, reply: Reply, fail: InvokeBody['fail']) {
    super(head, event, reply, fail);
    this.#events = new EventStream(reply, head.qualifier);
    this.#areAllEvents = head.asEvents === 'all';
  }

  streamed(stream: InvokeStream, control: StreamControl): StreamReceiver {
    return this.#events.begin(stream, () => control.resume());
  }

  override answered(answer: InvokeAnswer): void {
    if (this.#areAllEvents || this.#events.hasBegun) this.#events.end(answer);
    else super.answered(answer);
  }
}

function headersOf(answer: InvokeAnswer, qualifier: Qualifier | undefined): HeaderPairs {
  const { requestId, version, traceId, start, durationMs, status, tail } = answer;
  const headers = [
    'Content-Type',
    'application/json',
    'x-amzn-RequestId',
    requestId,
    'X-Amz-Executed-Version',
    qualifier === undefined ? LATEST : String(version),
    'X-Amzn-Trace-Id',
    traceId,
    INVOKE.start,
    start,
    'x-lam-duration-ms',
    durationMs.toFixed(3),
  ];
  if (qualifier === undefined) headers.push(INVOKE.liveVersion, String(version));
  if (status !== 'success') headers.push('X-Amz-Function-Error', 'Unhandled', 'x-lam-status', status);
  if (tail !== undefined) headers.push('X-Amz-Log-Result', Buffer.from(tail).toString('base64'));
  return headers;
}

function referenceOf(target: string, query: string): { name: FunctionName; qualifier: Qualifier | undefined } {
  let text: string;
  try {
    text = decodeURIComponent(target);
  } catch {
    throw lamError('LAM_EDGE_BAD_NAME', { name: target });
  }
  const reference = parseReference(text);
  if (reference === undefined) throw lamError('LAM_EDGE_BAD_NAME', { name: text });
  if (query === '') return reference;
  const asked = new URLSearchParams(query).get('Qualifier') ?? undefined;
  if (asked === undefined || asked === reference.qualifier) return reference;
  if (reference.qualifier !== undefined)
    throw lamError('LAM_EDGE_QUALIFIER_MISMATCH', { inName: reference.qualifier, inQuery: asked });
  const { name } = reference;
  if (asked === LATEST) return { name, qualifier: undefined };
  if (!isQualifier(asked)) throw lamError('LAM_EDGE_BAD_QUALIFIER', { qualifier: asked });
  return { name, qualifier: asked };
}

const EMPTY = Buffer.alloc(0);
const EMPTY_EVENT = Buffer.from('{}');

/** The event; an empty body means `{}`. Throws `LAM_EDGE_PAYLOAD_NOT_JSON`, as AWS refuses such a body. */
function eventOf(body: Uint8Array): Uint8Array {
  if (body.byteLength === 0) return EMPTY_EVENT;
  if (isJson(body)) return body;
  // `JSON.parse` names the fault, or accepts very deep nesting.
  try {
    JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
  } catch (error) {
    throw lamError('LAM_EDGE_PAYLOAD_NOT_JSON', { why: error instanceof Error ? error.message : '' });
  }
  return body;
}

function notBeforeOf(headers: HeaderValues): number | undefined {
  const header = headers[INVOKE.notBefore];
  return header === undefined ? undefined : Number(header);
}

/** AWS's limit (characters of base64). */
const CLIENT_CONTEXT_CHARS = 3583;

function clientContextOf(headers: HeaderValues): string | undefined {
  const header = headers['x-amz-client-context'];
  if (typeof header !== 'string') return undefined;
  if (header.length > CLIENT_CONTEXT_CHARS) throw lamError('LAM_EDGE_CLIENT_CONTEXT', {});
  const text = Buffer.from(header, 'base64').toString();
  try {
    JSON.parse(text);
  } catch {
    throw lamError('LAM_EDGE_CLIENT_CONTEXT', {});
  }
  return text;
}
