import type { IncomingMessage, ServerResponse } from 'node:http';
import { ALIAS_NAME, encodeErrorHeader, INVOKE, LATEST, LIMITS, parseReference, VERSION_NUMBER } from '../contract/index.ts';
import { lamError, asLamError, toWire, type LamError } from '../errors/index.ts';
import type { InvokeAnswer, Router } from '../router/index.ts';
import { readBody } from './body.ts';
import { goneSignal, traceIdOf, type Exchange } from './exchange.ts';
import { isGone, retryAfter } from './reply.ts';

/** `POST /2015-03-31/functions/{name}/invocations`, AWS Lambda's Invoke. */
export const AWS_FUNCTIONS = '/2015-03-31/functions/';
const INVOCATIONS = '/invocations';

/** The function part of an Invoke path, still percent-encoded, or undefined for any other path. Pure. */
export function invokeTarget(path: string): string | undefined {
  if (!path.startsWith(AWS_FUNCTIONS) || !path.endsWith(INVOCATIONS)) return undefined;
  const target = path.slice(AWS_FUNCTIONS.length, -INVOCATIONS.length);
  return target === '' || target.includes('/') ? undefined : target;
}

/** Answers Invoke as AWS does: the payload as it is, everything else in headers, function errors with status 200. Never rejects. */
export async function awsInvoke(router: Router, target: string, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  try {
    const { name, qualifier } = targetOf(target, exchange.query);
    const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
    if (type !== 'RequestResponse' && type !== 'DryRun') throw lamError('LAM_EDGE_INVOCATION_TYPE', { type: String(type) });
    const clientContext = clientContextOf(request);
    const event = eventOf(await readBody(request, LIMITS.payloadBytes));
    if (type === 'DryRun') {
      router.check(name, qualifier);
      response.writeHead(204).end();
      return;
    }
    const answer = await router.invoke({
      name,
      qualifier,
      event,
      clientContext,
      traceId: traceIdOf(request),
      wantTail: request.headers['x-amz-log-type'] === 'Tail',
      get signal() {
        return goneSignal(response);
      },
    });
    sendAnswer(response, answer);
  } catch (thrown) {
    if (isGone(thrown)) response.destroy();
    else sendAwsError(response, asLamError(thrown));
  }
}

/** Answers up to this are written together with their head, bytes. */
const TEXT_BYTES = 16 * 1024;

function sendAnswer(response: ServerResponse, answer: InvokeAnswer): void {
  const headers: (string | number)[] = [
    'Content-Type',
    'application/json',
    'Content-Length',
    answer.payload.byteLength,
    'x-amzn-RequestId',
    answer.requestId,
    'X-Amz-Executed-Version',
    String(answer.version),
    'X-Amzn-Trace-Id',
    answer.traceId,
    'x-lam-start',
    answer.start,
    'x-lam-duration-ms',
    answer.durationMs.toFixed(3),
  ];
  if (answer.status !== 'success') headers.push('X-Amz-Function-Error', 'Unhandled', 'x-lam-status', answer.status);
  if (answer.tail !== undefined) headers.push('X-Amz-Log-Result', Buffer.from(answer.tail).toString('base64'));
  response.writeHead(200, headers);
  const { payload } = answer;
  // As text of one byte a character it leaves in one piece with the head; large ones are not copied.
  if (payload.byteLength > TEXT_BYTES) response.end(payload);
  else response.end(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('latin1'), 'latin1');
}

/** Exceptions whose member is `Message`; of all others it is `message`. AWS's own model is not of one mind. */
const CAPITAL_MESSAGE: ReadonlySet<string> = new Set(['ResourceNotFoundException', 'ServiceException', 'AccessDeniedException']);

/** An error of lam as an AWS client reads it: name in a header, message in the body's own casing for that name. */
export function sendAwsError(response: ServerResponse, error: LamError): void {
  if (response.headersSent) {
    response.destroy();
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
  response.writeHead(error.httpStatus, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    'x-amzn-ErrorType': name,
    [INVOKE.lamError]: encodeErrorHeader(toWire(error)),
    ...retryAfter(error),
  });
  response.end(bytes);
}

function targetOf(target: string, query: string): { name: string; qualifier: string | undefined } {
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
  if (reference.qualifier !== undefined) throw lamError('LAM_EDGE_QUALIFIER_MISMATCH', { inName: reference.qualifier, inQuery: asked });
  const { name } = reference;
  if (asked === LATEST) return { name, qualifier: undefined };
  if (!ALIAS_NAME.test(asked) && !VERSION_NUMBER.test(asked)) throw lamError('LAM_EDGE_BAD_QUALIFIER', { qualifier: asked });
  return { name, qualifier: asked };
}

const EMPTY_EVENT = Buffer.from('{}');

/** The event; an empty body means `{}`. Refuses what is not JSON, as AWS does, without keeping what it parsed. */
function eventOf(body: Uint8Array): Uint8Array {
  if (body.byteLength === 0) return EMPTY_EVENT;
  try {
    JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
  } catch (error) {
    throw lamError('LAM_EDGE_PAYLOAD_NOT_JSON', { why: error instanceof Error ? error.message : '' });
  }
  return body;
}

/** AWS's limit, characters of base64. */
const CLIENT_CONTEXT_CHARS = 3583;

function clientContextOf(request: IncomingMessage): string | undefined {
  const header = request.headers['x-amz-client-context'];
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
