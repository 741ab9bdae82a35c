import {
  ALIAS_NAME,
  encodeErrorHeader,
  INVOKE,
  LATEST,
  LIMITS,
  parseReference,
  VERSION_NUMBER,
} from '../../../contract/index.ts';
import { lamError, asLamError, toWire, type LamError } from '../../../errors/index.ts';
import type { InvokeAnswer, InvokeRequest, InvokeSink, Router } from '../../../router/index.ts';
import { readBody } from '../../body.ts';
import { traceIdOf, type Exchange, type HeaderValues } from '../../exchange.ts';
import type { Reply } from '../../http1/service.ts';
import { isJson } from '../../is-json.ts';
import { isGone, jsonLines, NodeReply, retryAfter } from '../../reply.ts';

/** `POST /2015-03-31/functions/{name}/invocations`, AWS Lambda's Invoke. */
export const AWS_FUNCTIONS = '/2015-03-31/functions/';
const INVOCATIONS = '/invocations';

/** The function part of an Invoke path, still percent-encoded, or undefined for any other path. Pure. */
export function invokeTarget(path: string): string | undefined {
  if (!path.startsWith(AWS_FUNCTIONS) || !path.endsWith(INVOCATIONS)) return undefined;
  const target = path.slice(AWS_FUNCTIONS.length, -INVOCATIONS.length);
  return target === '' || target.includes('/') ? undefined : target;
}

/** What one Invoke asks for, as far as its head tells. */
export interface InvokePlan {
  readonly name: string;
  readonly qualifier: string | undefined;
  /** Decoded JSON text. */
  readonly clientContext: string | undefined;
  readonly traceId: string | undefined;
  readonly wantTail: boolean;
  readonly isDryRun: boolean;
}

/** Reads an Invoke's head, `target` as {@link invokeTarget} gave it. Throws the errors a caller is to be told. Pure. */
export function planInvoke(target: string, query: string, headers: HeaderValues): InvokePlan {
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

/** Answers an Invoke that `node:http` read. Never rejects. */
export async function awsInvoke(router: Router, target: string, exchange: Exchange): Promise<void> {
  const { request, response, query } = exchange;
  const reply = new NodeReply(response);
  try {
    const plan = planInvoke(target, query, request.headers);
    runInvoke(router, plan, await readBody(request, LIMITS.payloadBytes), reply);
  } catch (thrown) {
    sendAwsError(reply, asLamError(thrown));
  }
}

/** Answers Invoke as AWS does: the payload as it is, everything else in headers, function errors with status 200. Never throws. */
export function runInvoke(router: Router, plan: InvokePlan, body: Uint8Array, reply: Reply): void {
  try {
    const event = eventOf(body);
    if (plan.isDryRun) {
      router.check(plan.name, plan.qualifier);
      reply.send(204, '', EMPTY);
    } else {
      const invoke = new Invoke(plan, event, reply);
      reply.cancelWhenGone(router.start(invoke, invoke));
    }
  } catch (thrown) {
    sendAwsError(reply, asLamError(thrown));
  }
}

/** One Invoke: what the router is asked, and where its answer goes. */
class Invoke implements InvokeRequest, InvokeSink {
  readonly name: string;
  readonly qualifier: string | undefined;
  readonly clientContext: string | undefined;
  readonly traceId: string | undefined;
  readonly wantTail: boolean;
  readonly event: Uint8Array;
  readonly #reply: Reply;

  constructor(plan: InvokePlan, event: Uint8Array, reply: Reply) {
    this.name = plan.name;
    this.qualifier = plan.qualifier;
    this.clientContext = plan.clientContext;
    this.traceId = plan.traceId;
    this.wantTail = plan.wantTail;
    this.event = event;
    this.#reply = reply;
  }

  answered(answer: InvokeAnswer): void {
    this.#reply.send(200, linesOf(answer), answer.payload);
  }

  failed(error: LamError): void {
    sendAwsError(this.#reply, error);
  }
}

function linesOf(answer: InvokeAnswer): string {
  const { payload, requestId, version, traceId, start, durationMs, status, tail } = answer;
  let lines = `Content-Type: application/json\r\nContent-Length: ${payload.byteLength}\r\nx-amzn-RequestId: ${requestId}\r\nX-Amz-Executed-Version: ${version}\r\nX-Amzn-Trace-Id: ${traceId}\r\nx-lam-start: ${start}\r\nx-lam-duration-ms: ${durationMs.toFixed(3)}\r\n`;
  if (status !== 'success') lines += `X-Amz-Function-Error: Unhandled\r\nx-lam-status: ${status}\r\n`;
  if (tail !== undefined) lines += `X-Amz-Log-Result: ${Buffer.from(tail).toString('base64')}\r\n`;
  return lines;
}

/** Exceptions whose member is `Message`; of all others it is `message`. AWS's own model is not of one mind. */
const CAPITAL_MESSAGE: ReadonlySet<string> = new Set([
  'ResourceNotFoundException',
  'ServiceException',
  'AccessDeniedException',
]);

/** An error of lam as an AWS client reads it: name in a header, message in the body's own casing for that name. */
export function sendAwsError(reply: Reply, error: LamError): void {
  if (isGone(error)) {
    reply.abandon();
    return;
  }
  const name = error.awsName;
  const member = CAPITAL_MESSAGE.has(name) ? 'Message' : 'message';
  const body = {
    Type: error.httpStatus < 500 ? 'User' : 'Server',
    [member]: error.message,
    ...(name === 'TooManyRequestsException' ? { Reason: 'ConcurrentInvocationLimitExceeded' } : {}),
  };
  const bytes = Buffer.from(JSON.stringify(body));
  const own = `x-amzn-ErrorType: ${name}\r\n${INVOKE.lamError}: ${encodeErrorHeader(toWire(error))}\r\n`;
  reply.send(error.httpStatus, jsonLines(bytes.length) + own + retryAfter(error), bytes);
}

function referenceOf(target: string, query: string): { name: string; qualifier: string | undefined } {
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
  if (!ALIAS_NAME.test(asked) && !VERSION_NUMBER.test(asked))
    throw lamError('LAM_EDGE_BAD_QUALIFIER', { qualifier: asked });
  return { name, qualifier: asked };
}

const EMPTY = Buffer.alloc(0);
const EMPTY_EVENT = Buffer.from('{}');

/** The event; an empty body means `{}`. Refuses what is not JSON, as AWS does. */
function eventOf(body: Uint8Array): Uint8Array {
  if (body.byteLength === 0) return EMPTY_EVENT;
  if (isJson(body)) return body;
  // What is wrong with it is for `JSON.parse` to say.
  try {
    JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
  } catch (error) {
    throw lamError('LAM_EDGE_PAYLOAD_NOT_JSON', { why: error instanceof Error ? error.message : '' });
  }
  return body;
}

/** AWS's limit, characters of base64. */
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
