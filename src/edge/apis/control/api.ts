import type { IncomingMessage } from 'node:http';
import { LIMITS } from '../../../contract/index.ts';
import { asLamError, isLamError, lamError, type LamError } from '../../../errors/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { ApiRequest, StreamedBodyApi } from '../../api.ts';
import { discardRest, readBody } from '../../body.ts';
import { errorOf, type ApiCallers } from '../../callers.ts';
import { isGone, sendJson } from '../../reply.ts';
import { bodyOf, checkType } from './bodies.ts';
import { methodsAt, routeAt, type Matched } from './dispatch.ts';
import { CONTROL_PREFIX, controlDocument, DOCUMENT_PATH, HEALTH_PATH } from './document.ts';
import { queryOf } from './parameters.ts';
import { sendProblem } from './problem.ts';
import type { Router } from '../../../router/index.ts';
import type { RouteCall } from './route.ts';

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
  { callers, router, clock }: ControlParts,
  { head, plan, body, reply }: ApiRequest<ControlPlan, IncomingMessage>,
): Promise<void> {
  if (typeof plan === 'string') {
    body.resume();
    sendJson(reply, 200, plan === 'health' ? { status: 'ok' } : controlDocument());
    return;
  }
  try {
    const caller = callers.ofControl(head, NAME);
    // The key was revoked since.
    if (isLamError(caller)) throw caller;
    const call = await callOf(plan, clock, { head, body, reply, caller });
    const answer = await plan.route.run(
      { operations: callers.operationsFor(caller), router, audit: callers.audit },
      call as RouteCall<never>,
    );
    if (answer !== undefined) sendJson(reply, 200, answer);
  } catch (thrown) {
    if (!isGone(thrown)) await discardRest(body, clock);
    sendProblem(reply, asLamError(thrown));
  }
}

/** Checks what a request says against its route. Throws `LAM_EDGE_*` errors. */
async function callOf(
  { route, path }: Matched,
  clock: Clock,
  { body, ...given }: Pick<RouteCall, 'head' | 'reply' | 'caller'> & { readonly body: IncomingMessage },
): Promise<RouteCall> {
  const query = queryOf(given.head.query, route.query);
  checkType(body, route);
  return {
    ...{ ...given, path, query, request: body },
    body: await bodyOf(body, route, clock),
    bytes: (limit) => readBody(body, limit, clock),
    signal() {
      const gone = new AbortController();
      given.reply.cancelWhenGone({ cancel: () => gone.abort() });
      return gone.signal;
    },
  };
}
