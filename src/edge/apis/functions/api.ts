import { LIMITS } from '../../../contract/index.ts';
import type { LamError } from '../../../errors/index.ts';
import type { HeaderPairs, Reply } from '../../../http/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { Operations } from '../../../operations/index.ts';
import type { Router } from '../../../router/index.ts';
import type { WholeBodyApi } from '../../api.ts';
import { strangerRefusal } from '../../guard.ts';
import { isGone, retryAfter, sendJson } from '../../reply.ts';
import { AmendedReply } from './amended-reply.ts';
import { acceptRequest } from './async-run.ts';
import { CompressedReply } from './compression.ts';
import { runFunction } from './function-run.ts';
import { serveStatic, type StaticSource } from './static-files.ts';
import { planFor, type Finish, type Plan, type PlanParts } from './plan.ts';

interface FunctionsParts extends PlanParts {
  readonly files: StaticSource;
  readonly router: Router;
  readonly operations: Pick<Operations, 'async'>;
  readonly clock: Clock;
  readonly generation: () => number;
}

/**
 * Serves functions at their declared routes and at `/<function>`. Requires no token, because functions decide
 * themselves, but refuses Host names that are neither this machine's nor those of routes, and pages of other origins that
 * the route does not allow.
 */
export function functionsApi({
  router,
  operations,
  clock,
  generation,
  files,
  ...parts
}: FunctionsParts): WholeBodyApi<Plan> {
  const { door, routes } = parts;
  const queued = { operations, fail: sendError };
  return {
    name: 'functions',
    reads: 'whole',
    mostBodyBytes: LIMITS.payloadBytes,
    generation,
    match: (head) => planFor(parts, head),
    authorize: ({ headers, socket }, plan) =>
      strangerRefusal(door, headers, socket, {
        isOwnHost: (host) => routes().hasHost(host),
        isOwnPage: plan?.grant !== undefined,
      }),
    serve({ plan, body, reply }) {
      if (plan.kind === 'answer') {
        reply.send(plan.status, plan.headers, EMPTY);
        return;
      }
      const out = finished(reply, plan.finish);
      if (plan.kind === 'static') void serveStatic(files, plan.request, out, sendError);
      else if (plan.async !== undefined)
        acceptRequest({ ...queued, now: clock.now(), call: plan.call, reason: plan.async, body, reply: out });
      else runFunction({ router, now: clock.now(), call: plan.call, body, reply: out, fail: sendError });
    },
    fail: sendError,
    near: (path) => routes().near(path),
  };
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
    sendJson(reply, httpStatus, { message, code, hint }, [...retryAfter(error), ...allowOf(error)]);
  }
}

/** The `Allow` header that a 405 must carry (RFC 9110, 15.5.6). */
function allowOf({ code, details }: LamError): HeaderPairs {
  const { allow } = details;
  return code === 'LAM_EDGE_METHOD_NOT_ALLOWED' && Array.isArray(allow) ? ['allow', allow.join(', ')] : [];
}
