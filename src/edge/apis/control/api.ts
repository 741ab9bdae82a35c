import type { IncomingMessage } from 'node:http';
import { LIMITS } from '../../../contract/index.ts';
import { asLamError, isLamError, lamError, toWire, type LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { ApiRequest, StreamedBodyApi } from '../../api.ts';
import { discardRest } from '../../body.ts';
import { errorOf, type ApiCallers } from '../../callers.ts';
import { isGone, retryHeaders, sendJson } from '../../reply.ts';
import { readObject } from './requests.ts';
import { routeOf, type Action } from './routes.ts';

/** Prefix of all paths of lam's own API. */
const OWN_PREFIX = '/_lam/';
const CONTROL_PREFIX = `${OWN_PREFIX}v1/`;
/** Answered without a token, for health checks. */
const HEALTH = `${OWN_PREFIX}health`;

/** Its name in the list of APIs and in the audit log. */
const NAME = 'control';

/** The action of a control request. */
type ControlPlan = 'health' | { readonly action: Action; readonly parts: readonly string[] };

interface ControlParts {
  readonly callers: ApiCallers;
  readonly clock: Clock;
}

/** Serves lam's own API, which the command-line tool uses. */
export function controlApi({ callers, clock }: ControlParts): StreamedBodyApi<ControlPlan> {
  return {
    name: NAME,
    reads: 'stream',
    mostBodyBytes: LIMITS.zipBytes,
    match({ method, path }) {
      if (!path.startsWith(OWN_PREFIX)) return undefined;
      if (path === HEALTH) return 'health';
      const route = path.startsWith(CONTROL_PREFIX) ? routeOf(method, path.slice(CONTROL_PREFIX.length)) : undefined;
      return route ?? lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] });
    },
    authorize: (head, plan) => (plan === 'health' ? undefined : errorOf(callers.ofControl(head, NAME))),
    serve: (request) => void serve(callers, clock, request),
    fail: sendError,
  };
}

async function serve(
  callers: ApiCallers,
  clock: Clock,
  { head, plan, body, reply }: ApiRequest<ControlPlan, IncomingMessage>,
): Promise<void> {
  if (plan === 'health') {
    body.resume();
    sendJson(reply, 200, { status: 'ok' });
    return;
  }
  try {
    const caller = callers.ofControl(head, NAME);
    // The key was revoked since.
    if (isLamError(caller)) throw caller;
    const parameters = new URLSearchParams(head.query);
    const object = (): ReturnType<typeof readObject> => readObject(body, clock);
    const signal = (): AbortSignal => {
      const gone = new AbortController();
      reply.cancelWhenGone({ cancel: () => gone.abort() });
      return gone.signal;
    };
    const call = { request: body, object, reply, signal, parameters, parts: plan.parts };
    const answer = await plan.action(callers.operationsFor(caller), call);
    if (answer !== undefined) sendJson(reply, 200, answer);
  } catch (thrown) {
    if (!isGone(thrown)) await discardRest(body, clock);
    sendError(reply, asLamError(thrown));
  }
}

/** Answers an error in the form from which the client restores it. */
function sendError(reply: Reply, error: LamError): void {
  if (isGone(error)) reply.abandon();
  else sendJson(reply, error.httpStatus, { error: toWire(error) }, retryHeaders(error));
}
