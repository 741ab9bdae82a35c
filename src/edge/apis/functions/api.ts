import { LIMITS, type FunctionName } from '../../../contract/index.ts';
import type { LamError } from '../../../errors/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { Router } from '../../../router/index.ts';
import type { WholeBodyApi } from '../../api.ts';
import { strangerRefusal, type Door } from '../../guard.ts';
import { isGone, retryAfter, sendJson, type Reply } from '../../reply.ts';
import { prepareCall, runFunction, type PreparedCall } from './function-run.ts';
import type { RouteTable } from './route-table.ts';

interface FunctionsParts {
  readonly router: Router;
  readonly clock: Clock;
  readonly door: Door;
  readonly routes: () => RouteTable;
  readonly exists: (functionName: FunctionName) => boolean;
  readonly generation: () => number;
}

/**
 * Serves functions at their declared routes and at `/<function>`. Requires no token, because functions decide
 * themselves, but refuses foreign Host names and pages of other origins.
 */
export function functionsApi({
  router,
  clock,
  door,
  routes,
  exists,
  generation,
}: FunctionsParts): WholeBodyApi<PreparedCall> {
  return {
    name: 'functions',
    reads: 'whole',
    mostBodyBytes: LIMITS.payloadBytes,
    generation,
    match(head) {
      const hit = routes().find(head.method, head.path, exists);
      return hit === undefined ? undefined : prepareCall(head, hit);
    },
    authorize: ({ headers, socket }) => strangerRefusal(door, headers, socket),
    serve: ({ plan, body, reply }) =>
      runFunction({ router, now: clock.now(), call: plan, body, reply, fail: sendError }),
    fail: sendError,
    near: (path) => routes().near(path),
  };
}

/** Answers an error of lam to the caller of a function's URL. */
function sendError(reply: Reply, error: LamError): void {
  if (isGone(error)) reply.abandon();
  else {
    const { code, hint, httpStatus, message } = error;
    sendJson(reply, httpStatus, { message, code, hint }, retryAfter(error));
  }
}
