import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { LIMITS, knownRequestId } from '../../../contract/index.ts';
import { asLamError, isLamError, lamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { Operations } from '../../../operations/index.ts';
import { newTraceId, type Router } from '../../../router/index.ts';
import type { ApiRequest, StreamedBodyApi } from '../../api.ts';
import { discardRest, readBody } from '../../body.ts';
import type { ApiCallers } from '../../callers.ts';
import { formParts, isMultipart } from '../../multipart.ts';
import { isGone, sendJson } from '../../reply.ts';
import { traceIdOf, type RequestHead } from '../../request.ts';
import { accessRefusal, callerOf } from './access.ts';
import { sendFailure } from './failure.ts';
import { MiniFunctions } from './functions.ts';
import { invocation, invocations } from './invocations.ts';
import { answerOf, invokeIn, type MiniAnswer } from './invoke.ts';
import type { MiniMetrics } from './metrics.ts';
import { isForOwner, targetAt, type MiniAction, type MiniTarget } from './routes.ts';

/** What Mini-Lambda's API uses. */
export interface MiniApiParts {
  readonly callers: ApiCallers;
  /** Unguarded; only for ids of functions. */
  readonly operations: Pick<Operations, 'functions' | 'runtime'>;
  readonly router: Router;
  readonly clock: Clock;
  /** Changes whenever a function is added or removed. */
  readonly generation: () => number;
  readonly metrics: MiniMetrics;
  /** Whether a connection comes from a program of the daemon's own user, or of root. */
  readonly isOwner: (socket: Socket) => Promise<boolean>;
}

/** Longest JSON of a request to register a function (bytes). */
const JSON_BYTES = 64 * 1024;
/** What surrounds the event in a request to invoke (bytes). */
const AROUND_BYTES = 4096;
const ACCEPTED = 202;

/** A request. */
interface Call {
  readonly parts: MiniApiParts;
  /** As the caller may use them. */
  readonly operations: Operations;
  readonly functions: MiniFunctions;
  readonly head: RequestHead;
  readonly name: string;
  readonly body: IncomingMessage;
  readonly reply: Reply;
}

type Sent = MiniAnswer | { readonly text: string; readonly contentType: string };

const ACTIONS: Readonly<Record<MiniAction, (call: Call) => Sent | Promise<Sent>>> = {
  health: () => ok({ status: 'UP' }),
  metrics: ({ parts }) => parts.metrics.text(),
  async register({ parts, operations, functions, body }) {
    return ok(await functions.register(operations, jsonOf(await readBody(body, JSON_BYTES, parts.clock))));
  },
  list: ({ operations, functions }) => ok(functions.list(operations)),
  function: ({ operations, functions, name }) => ok(functions.get(operations, name)),
  invoke,
  async invokeAsync({ parts: { clock }, operations, functions, head, name, body }) {
    const known = functions.nameOf(name);
    const { event, timeoutMs } = invokeIn(await readBody(body, LIMITS.payloadBytes + AROUND_BYTES, clock));
    const traceId = traceIdOf(head.headers, newTraceId);
    const created = new Date(clock.now()).toISOString();
    const id = await operations.async.accept({
      ...{ name: known, qualifier: undefined, event, traceId, timeoutMs, verbatim: true },
    });
    return { status: ACCEPTED, body: { invocation_id: id, status: 'PENDING', created_at: created } };
  },
  async invocations({ operations, functions, head }) {
    return ok(await invocations(operations, functions, head.query, false));
  },
  async deadLetters({ operations, functions, head }) {
    return ok(await invocations(operations, functions, head.query, true));
  },
  async invocation({ operations, functions, name }) {
    return ok(await invocation(operations, functions, name));
  },
  async retry({ operations, name }) {
    const id = await operations.async.retry(knownRequestId(name), undefined);
    return { status: ACCEPTED, body: { invocation_id: id, status: 'PENDING' } };
  },
  upload,
  async images({ operations }) {
    return ok(await operations.images.list());
  },
  async removeImage({ operations, name }) {
    await operations.images.remove(name);
    return ok({ deleted: name });
  },
};

/** Serves Mini-Lambda's API: all requests of its listener. */
export function miniApi(parts: MiniApiParts): StreamedBodyApi<MiniTarget> {
  const functions = new MiniFunctions(parts.operations, parts.generation);
  return {
    name: 'mini-lambda',
    reads: 'stream',
    mostBodyBytes: LIMITS.imageBytes,
    match: ({ method, path }) => targetAt(method, path) ?? lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] }),
    authorize: (head, plan) =>
      plan === undefined ? undefined : accessRefusal(parts, head, plan.action, invoked(functions, plan)),
    asked: (plan) => {
      const functionName = invoked(functions, plan);
      return { operation: plan.action, ...(functionName === undefined ? {} : { function: functionName }) };
    },
    serve: (request) => void serve(parts, functions, request),
    fail: sendFailure,
  };
}

/** The function that a path names, if it is one. */
function invoked(functions: MiniFunctions, { action, name }: MiniTarget): string | undefined {
  if (action !== 'invoke' && action !== 'invokeAsync' && action !== 'function') return undefined;
  try {
    return functions.nameOf(name);
  } catch {
    // It is refused when it is looked for.
    return undefined;
  }
}

async function serve(
  parts: MiniApiParts,
  functions: MiniFunctions,
  { head, plan, body, reply }: ApiRequest<MiniTarget, IncomingMessage>,
): Promise<void> {
  const { action, name } = plan;
  try {
    const isAllowed = !isForOwner(action) || parts.callers.wantsKeys || (await parts.isOwner(head.socket));
    const caller = callerOf(parts, head, action);
    // The key was revoked since.
    if (isLamError(caller)) throw caller;
    if (!isAllowed) throw parts.callers.foreignRefusal(caller, action);
    const operations = parts.callers.operationsFor(caller);
    const sent = await ACTIONS[action]({ parts, operations, functions, head, name, body, reply });
    body.resume();
    if ('text' in sent) reply.send(200, ['content-type', sent.contentType], Buffer.from(sent.text));
    else sendJson(reply, sent.status, sent.body);
  } catch (thrown) {
    const error = asLamError(thrown);
    if (!isGone(error)) await discardRest(body, parts.clock);
    sendFailure(reply, error, plan);
  }
}

/** Resolves with the answer of a function, for a client who waits. */
async function invoke({ parts: { router, clock }, functions, head, name, body, reply }: Call): Promise<MiniAnswer> {
  const known = functions.nameOf(name);
  const { event, timeoutMs } = invokeIn(await readBody(body, LIMITS.payloadBytes + AROUND_BYTES, clock));
  if (event.byteLength > LIMITS.payloadBytes)
    throw lamError('LAM_EDGE_PAYLOAD_TOO_LARGE', { limit: LIMITS.payloadBytes });
  const traceId = traceIdOf(head.headers, newTraceId);
  const request = {
    ...{ name: known, qualifier: undefined, event, timeoutMs, headers: head.headers },
    ...{ verbatim: true, wantTail: true },
    ...(traceId === undefined ? {} : { traceId }),
  };
  return new Promise((resolve, reject) => {
    reply.cancelWhenGone(
      router.start(request, { answered: (answer) => resolve(answerOf(answer, clock.now())), failed: reject }),
    );
  });
}

/** Takes the images in the field `image` of a form. */
async function upload({ operations, body }: Call): Promise<MiniAnswer> {
  const type = body.headers['content-type'];
  if (!isMultipart(type)) throw lamError('LAM_EDGE_FORM_WITHOUT_IMAGE', {});
  let received: { readonly names: readonly string[]; readonly size: number } | undefined;
  for await (const part of formParts(type, body))
    if (part.kind === 'file' && part.name === 'image' && received === undefined)
      received = await operations.images.receive(part.content);
  if (received === undefined) throw lamError('LAM_EDGE_FORM_WITHOUT_IMAGE', {});
  const { names: images, size } = received;
  return ok({ message: 'Image Uploaded Successfully', file_size: size, images });
}

function ok(body: object): MiniAnswer {
  return { status: 200, body };
}

/** The value of a JSON text; undefined for any other text. */
function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString()) as unknown;
  } catch {
    return undefined;
  }
}
