import {
  isQualifier,
  LATEST,
  parseReference,
  type TraceId,
  type FunctionName,
  type Qualifier,
} from '../../../contract/index.ts';
import { lamError, type LamError } from '../../../errors/index.ts';
import type { InvokeAnswer, InvokeRequest, InvokeSink, Router } from '../../../router/index.ts';
import { isJson } from '../../is-json.ts';
import type { HeaderPairs } from '../../headers.ts';
import type { Reply } from '../../reply.ts';
import { traceIdOf, type HeaderValues } from '../../request.ts';

const INVOCATIONS = '/invocations';

/** The function part of the path `{name}/invocations`, still percent-encoded, or undefined for any other path. Pure. */
export function invokeTarget(path: string): string | undefined {
  if (!path.endsWith(INVOCATIONS)) return undefined;
  const target = path.slice(0, -INVOCATIONS.length);
  return target === '' || target.includes('/') ? undefined : target;
}

/** The parsed head of an Invoke. */
export interface InvokeHead {
  readonly name: FunctionName;
  readonly qualifier: Qualifier | undefined;
  /** Decoded JSON text. */
  readonly clientContext: string | undefined;
  readonly traceId: TraceId | undefined;
  readonly wantTail: boolean;
  readonly isDryRun: boolean;
}

/** Reads the head of an Invoke. Throws `LAM_EDGE_*` errors for the caller. @param target from {@link invokeTarget} */
export function planInvoke(target: string, query: string, headers: HeaderValues): InvokeHead {
  const type = headers['x-amz-invocation-type'] ?? 'RequestResponse';
  const reference = referenceOf(target, query);
  if (type !== 'RequestResponse' && type !== 'DryRun')
    throw lamError('LAM_EDGE_INVOCATION_TYPE', { type: String(type) });
  return {
    ...reference,
    clientContext: clientContextOf(headers),
    traceId: traceIdOf(headers),
    wantTail: headers['x-amz-log-type'] === 'Tail',
    isDryRun: type === 'DryRun',
  };
}

/** The body of an Invoke and the sink of its answer. */
export interface InvokeBody {
  readonly body: Uint8Array;
  readonly reply: Reply;
  readonly fail: (reply: Reply, error: LamError) => void;
}

/**
 * Answers Invoke as AWS does: the payload as it is, everything else in headers, function errors with status 200. Throws
 * `LAM_EDGE_PAYLOAD_NOT_JSON`, and for a dry run what the router's check throws.
 */
export function runInvoke(router: Router, head: InvokeHead, { body, reply, fail }: InvokeBody): void {
  const event = eventOf(body);
  if (head.isDryRun) {
    router.check(head.name, head.qualifier);
    reply.send(204, [], EMPTY);
  } else {
    const invoke = new Invoke(head, event, reply, fail);
    reply.cancelWhenGone(router.start(invoke, invoke));
  }
}

/** One Invoke: the router's request and the sink of its answer in one object. */
class Invoke implements InvokeRequest, InvokeSink {
  readonly name: FunctionName;
  readonly qualifier: Qualifier | undefined;
  readonly clientContext: string | undefined;
  readonly traceId: TraceId | undefined;
  readonly wantTail: boolean;
  readonly event: Uint8Array;
  readonly #reply: Reply;
  readonly #fail: InvokeBody['fail'];

  constructor(head: InvokeHead, event: Uint8Array, reply: Reply, fail: InvokeBody['fail']) {
    this.name = head.name;
    this.qualifier = head.qualifier;
    this.clientContext = head.clientContext;
    this.traceId = head.traceId;
    this.wantTail = head.wantTail;
    this.event = event;
    this.#reply = reply;
    this.#fail = fail;
  }

  answered(answer: InvokeAnswer): void {
    this.#reply.send(200, headersOf(answer), answer.payload);
  }

  failed(error: LamError): void {
    this.#fail(this.#reply, error);
  }
}

function headersOf({ requestId, version, traceId, start, durationMs, status, tail }: InvokeAnswer): HeaderPairs {
  const headers = [
    'Content-Type',
    'application/json',
    'x-amzn-RequestId',
    requestId,
    'X-Amz-Executed-Version',
    String(version),
    'X-Amzn-Trace-Id',
    traceId,
    'x-lam-start',
    start,
    'x-lam-duration-ms',
    durationMs.toFixed(3),
  ];
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
