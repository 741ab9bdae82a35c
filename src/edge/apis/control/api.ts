import type { IncomingMessage } from 'node:http';
import { LIMITS } from '../../../contract/index.ts';
import { asLamError, isLamError, lamError, type LamError } from '../../../errors/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { ApiRequest, StreamedBodyApi } from '../../api.ts';
import { discardRest } from '../../body.ts';
import type { HeaderPairs } from '../../../http/index.ts';
import { headerValue } from '../../request.ts';
import { errorOf, type ApiCallers } from '../../callers.ts';
import { isGone, sendJson } from '../../reply.ts';
import { bodyOf, bytesOf, checkType, isUpload } from './bodies.ts';
import type { IdempotentChanges, KeyedRequest } from './idempotency.ts';
import { ifMatchOf, tagAt, whileMatching } from './preconditions.ts';
import { methodsAt, routeAt, type Matched } from './dispatch.ts';
import { CONTROL_PREFIX, controlDocument, DOCUMENT_PATH, HEALTH_PATH } from './document.ts';
import { queryOf } from './parameters.ts';
import { sendProblem } from './problem.ts';
import type { Router } from '../../../router/index.ts';
import type { ControlRooms, ControlRoute, RouteCall } from './route.ts';

/** Prefix of all paths of lam's own API. */
const OWN_PREFIX = '/_lam/';

/** What a request asks for: what is open to all, or a route. */
type ControlPlan = 'health' | 'document' | Matched;

const OPEN: Readonly<Record<string, 'health' | 'document'>> = { [HEALTH_PATH]: 'health', [DOCUMENT_PATH]: 'document' };

/** Its name in the list of APIs and in the audit log. */
const NAME = 'control';

interface ControlParts {
  readonly callers: ApiCallers;
  readonly router: Router;
  /** Changes with an `Idempotency-Key`, the same for all listeners. */
  readonly idempotent: IdempotentChanges;
  readonly clock: Clock;
}

/** Serves lam's own API, which the command-line tool uses. */
export function controlApi(parts: ControlParts): StreamedBodyApi<ControlPlan> {
  return {
    name: NAME,
    reads: 'stream',
    mostBodyBytes: LIMITS.zipBytes,
    match: ({ method, path }) => (path.startsWith(OWN_PREFIX) ? planOf(method, path) : undefined),
    authorize: (head, plan) => (typeof plan === 'string' ? undefined : errorOf(parts.callers.ofControl(head, NAME))),
    serve: (request) => void serve(parts, request),
    fail: sendProblem,
  };
}

function planOf(method: string, path: string): ControlPlan | LamError {
  const open = Object.hasOwn(OPEN, path) ? OPEN[path] : undefined;
  if (open !== undefined) return method === 'GET' || method === 'HEAD' ? open : notAllowed(method, path, ['GET']);
  const below = path.startsWith(`${CONTROL_PREFIX}/`) ? path.slice(CONTROL_PREFIX.length + 1) : undefined;
  if (below === undefined) return lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] });
  const matched = routeAt(method, below);
  if (matched !== undefined) return matched;
  const allow = methodsAt(below);
  return allow.length > 0
    ? notAllowed(method, path, allow)
    : lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] });
}

function notAllowed(method: string, path: string, allow: readonly string[]): LamError {
  return lamError('LAM_EDGE_CONTROL_METHOD', { method, path, allow });
}

async function serve(
  parts: ControlParts,
  { head, plan, body, reply }: ApiRequest<ControlPlan, IncomingMessage>,
): Promise<void> {
  if (typeof plan === 'string') {
    body.resume();
    sendJson(reply, 200, plan === 'health' ? { status: 'ok' } : controlDocument());
    return;
  }
  const { callers, router, clock } = parts;
  try {
    const known = callers.ofControl(head, NAME);
    // The key was revoked since.
    if (isLamError(known)) throw known;
    const caller = { ...known, request: plan.route.id };
    const call = await callOf(plan, clock, { head, body, reply, caller });
    const rooms = { operations: callers.operationsFor(caller), router, audit: callers.audit };
    const { answer, headers } = await answerTo(parts, rooms, plan.route, call);
    if (answer !== undefined) sendJson(reply, 200, answer, headers);
  } catch (thrown) {
    if (!isGone(thrown)) await discardRest(body, clock);
    sendProblem(reply, asLamError(thrown));
  }
}

interface RouteAnswer {
  readonly answer: unknown;
  readonly headers: HeaderPairs;
}

/** Runs a route under the conditions of its request. */
// oxlint-disable-next-line max-params -- what is common to all requests, what is the caller's, and the request
async function answerTo(
  { idempotent }: ControlParts,
  rooms: ControlRooms,
  route: ControlRoute,
  call: RouteCall,
): Promise<RouteAnswer> {
  const { operations } = rooms;
  const { tagged: kind, method } = route;
  const run = async (): Promise<unknown> => route.run(rooms, call as RouteCall<never>);
  if (method === 'GET') {
    // Asked for before the answer is made, so that it is never newer.
    const tag = kind === undefined ? undefined : await tagAt(operations, call, kind);
    return { answer: await run(), headers: tag === undefined ? [] : ['etag', `"${tag}"`] };
  }
  const accepts = ifMatchOf(call.head.headers);
  if (accepts !== undefined && kind === undefined)
    throw lamError('LAM_EDGE_BAD_REQUEST', { what: 'this request takes no If-Match' });
  const change = (): Promise<unknown> =>
    kind === undefined ? run() : whileMatching(operations, call, { kind, accepts }, run);
  const key = headerValue(call.head.headers, 'idempotency-key');
  if (key === undefined) return { answer: await change(), headers: [] };
  if (isUpload(route))
    throw lamError('LAM_EDGE_BAD_REQUEST', { what: 'uploads take no Idempotency-Key: repeat them as they are' });
  const { answer, isRepeated } = await idempotent.once(keyedRequest(key, route, call), change);
  return { answer, headers: isRepeated ? ['idempotency-replayed', 'true'] : [] };
}

function keyedRequest(
  key: string,
  { id, isSecret = false }: ControlRoute,
  { head, caller, bytes }: RouteCall,
): KeyedRequest {
  const { kind, name } = caller.actor;
  return { owner: `${kind}:${name}`, key, parts: [id, head.path, head.query, bytes], isSecret };
}

/** Checks what a request says against its route. Throws `LAM_EDGE_*` errors. */
async function callOf(
  { route, path }: Matched,
  clock: Clock,
  { body, ...given }: Pick<RouteCall, 'head' | 'reply' | 'caller'> & { readonly body: IncomingMessage },
): Promise<RouteCall> {
  const query = queryOf(given.head.query, route.query);
  checkType(body, route);
  const bytes = await bytesOf(body, route, clock);
  return {
    ...{ ...given, path, query, request: body },
    ...{ bytes, body: bodyOf(bytes, route) },
    signal() {
      const gone = new AbortController();
      given.reply.cancelWhenGone({ cancel: () => gone.abort() });
      return gone.signal;
    },
  };
}
