import type { AccessGrant } from '../../../access/index.ts';
import { LIMITS } from '../../../contract/index.ts';
import { isLamError, type LamError } from '../../../errors/index.ts';
import type { HeaderPairs, Reply } from '../../../http/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { Limits, Quotas } from '../../../limits/index.ts';
import type { AuditSink, Operations } from '../../../operations/index.ts';
import type { Router } from '../../../router/index.ts';
import type { WholeBodyApi } from '../../api.ts';
import { noteRefusal, type AskedFor } from '../../callers.ts';
import { strangerRefusal } from '../../guard.ts';
import { isGone, retryHeaders, sendJson } from '../../reply.ts';
import { authorized, type RouteAccess } from './access.ts';
import { AmendedReply } from './amended-reply.ts';
import { acceptRequest } from './async-run.ts';
import { CompressedReply } from './compression.ts';
import { runFunction } from './function-run.ts';
import { serveStatic, type StaticSource } from './static-files.ts';
import { planFor, type Finish, type FunctionPlan, type Plan, type PlanParts, type StaticPlan } from './plan.ts';

/** Its name in the list of APIs and in the audit log. */
const NAME = 'functions';

interface FunctionsParts extends PlanParts {
  readonly files: StaticSource;
  readonly router: Router;
  readonly operations: Pick<Operations, 'async'>;
  readonly limits: Pick<Limits, 'admitAt'>;
  readonly quotas: Pick<Quotas, 'take'>;
  readonly clock: Clock;
  /** Is told of requests that a route refuses. */
  readonly auditSink: AuditSink;
  readonly generation: () => number;
}

/**
 * Serves functions at their declared routes and at `/<function>`. Requires no token, because functions decide
 * themselves, but refuses Host names that are neither this machine's nor those of routes, and pages of other origins that
 * the route does not allow.
 */
export function functionsApi(all: FunctionsParts): WholeBodyApi<Plan> {
  const { generation, limits, ...parts } = all;
  const { door, routes } = parts;
  return {
    name: NAME,
    reads: 'whole',
    mostBodyBytes: LIMITS.payloadBytes,
    generation,
    match: (head) => planFor(parts, head),
    authorize(head, plan) {
      const stranger = strangerRefusal(door, head.headers, head.socket, {
        isOwnHost: (host) => routes().hasHost(host),
        isOwnPage: plan?.grant !== undefined,
      });
      const access = accessOf(plan);
      const refused = stranger ?? access?.authorizer.early(head);
      // What callers without rights send must not use up the limit of those who have them.
      return refused ?? (access === undefined ? excessOf(limits, plan) : undefined);
    },
    asked: (plan) => askedOf(accessOf(plan)),
    serve({ plan, body, reply }) {
      if (plan.kind === 'answer') {
        reply.send(plan.status, plan.headers, EMPTY);
        return;
      }
      const out = finished(reply, plan.finish);
      const { access } = plan;
      if (access === undefined) serve(all, plan, { body, reply: out, fail: sendError });
      else serveChecked(all, plan, access, { body, reply: out });
    },
    // With CORS headers, so that a page can read why it was refused.
    fail: (reply, error, plan) =>
      sendError(plan === undefined || plan.kind === 'answer' ? reply : finished(reply, plan.finish), error),
    near: (path) => routes().near(path),
  };
}

function excessOf(limits: FunctionsParts['limits'], plan: Plan | undefined): LamError | undefined {
  if (plan === undefined || plan.kind === 'answer' || plan.limit === undefined) return undefined;
  return limits.admitAt(plan.limit);
}

/** Serves a request once its route has authorized it. */
// oxlint-disable-next-line max-params -- the parts, what is asked for, who may, and the request
function serveChecked(
  all: FunctionsParts,
  plan: FunctionPlan | StaticPlan,
  access: RouteAccess,
  { body, reply }: Pick<Accepted, 'body' | 'reply'>,
): void {
  const { quotas, limits, auditSink, clock } = all;
  const refuse = (to: Reply, error: LamError): void => {
    noteRefusal(auditSink, NAME, access.head, error, askedOf(access));
    sendError(to, error);
  };
  authorized({ access, body, reply, now: clock.now(), fail: refuse }, (grant, watched) => {
    const counted = grant.apiKey === undefined ? undefined : quotas.take(grant.apiKey);
    if (isLamError(counted)) {
      sendError(watched, counted);
      return;
    }
    const fail: Accepted['fail'] = (to, error) => {
      counted?.giveBack();
      sendError(to, error);
    };
    const tooMany = excessOf(limits, plan);
    if (tooMany === undefined) serve(all, plan, { body, reply: watched, grant, fail });
    else fail(watched, tooMany);
  });
}

/** Route and function, for the audit log. */
function askedOf(access: RouteAccess | undefined): AskedFor | undefined {
  return access === undefined ? undefined : { operation: access.hit.routeKey, function: access.hit.functionName };
}

function accessOf(plan: Plan | undefined): RouteAccess | undefined {
  return plan === undefined || plan.kind === 'answer' ? undefined : plan.access;
}

/** An accepted request. */
interface Accepted {
  readonly body: Uint8Array;
  readonly reply: Reply;
  readonly grant?: AccessGrant;
  /** Answers an error because of which nothing ran. */
  readonly fail: (reply: Reply, error: LamError) => void;
}

function serve(parts: FunctionsParts, plan: FunctionPlan | StaticPlan, accepted: Accepted): void {
  const { router, operations, files, clock } = parts;
  const { reply, fail } = accepted;
  if (plan.kind === 'static') {
    void serveStatic(files, plan.request, reply, fail);
    return;
  }
  const request = { now: clock.now(), call: plan.call, ...accepted };
  if (plan.async === undefined) runFunction({ ...request, router });
  else acceptRequest({ ...request, operations, reason: plan.async });
}

const EMPTY = Buffer.alloc(0);

/** The reply that answers go through; headers are amended before it is decided whether to compress. */
function finished(reply: Reply, { amend, encoding }: Finish): Reply {
  const compressed = encoding === 'off' ? reply : new CompressedReply(reply, encoding);
  return amend === undefined ? compressed : new AmendedReply(compressed, amend);
}

/** Answers an error of lam to the caller of a function's URL. */
function sendError(reply: Reply, error: LamError): void {
  if (isGone(error)) reply.abandon();
  else {
    const { code, hint, httpStatus, message } = error;
    sendJson(reply, httpStatus, { ...awsMessageOf(error), message, code, hint }, [
      ...retryHeaders(error),
      ...allowOf(error),
      ...challengeOf(error),
    ]);
  }
}

/** What function URLs of AWS answer besides, with this spelling, who sends no signature or may not invoke. */
function awsMessageOf({ code, message }: LamError): { readonly Message?: string } {
  return code === 'LAM_ACCESS_FORBIDDEN' ? { Message: message } : {};
}

/** The `Allow` header that a 405 must carry (RFC 9110, 15.5.6). */
function allowOf({ code, details }: LamError): HeaderPairs {
  const { allow } = details;
  return code === 'LAM_EDGE_METHOD_NOT_ALLOWED' && Array.isArray(allow) ? ['allow', allow.join(', ')] : [];
}

/** The `WWW-Authenticate` header of a refusal, where its scheme has one (RFC 9110, 11.6.1). */
function challengeOf({ details }: LamError): HeaderPairs {
  const { challenge } = details;
  return typeof challenge === 'string' ? ['www-authenticate', challenge] : [];
}
