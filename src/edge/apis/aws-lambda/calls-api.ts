import { depthOf, splitCallerPath, withDepth, type CallingSandbox, type TraceId } from '../../../contract/index.ts';
import { lamError, type LamError } from '../../../errors/index.ts';
import { EndingReply, type Reply } from '../../../http/index.ts';
import type { WholeBodyApi } from '../../api.ts';
import type { CallingSandboxes } from '../../calling-sandboxes.ts';
import { bearerToken } from '../../guard.ts';
import { headerValue, type RequestHead } from '../../request.ts';
import { invokeApi, type AwsInvokeRooms } from './api.ts';
import { runInvoke, type InvokeHead } from './invoke.ts';

/** Calls that one sandbox may wait for at a time. */
const MOST_CALLS = 64;

/** Serves AWS Lambda's Invoke and InvokeWithResponseStream to functions, by the right of their sandbox alone. */
export function callsApi(rooms: AwsInvokeRooms, callers: CallingSandboxes): WholeBodyApi<InvokeHead> {
  const api = invokeApi(rooms);
  const waiting = new WeakMap<CallingSandbox, number>();
  const count = (caller: CallingSandbox): number => waiting.get(caller) ?? 0;
  const excess = (caller: CallingSandbox): LamError | undefined => {
    const { functionName: name } = caller;
    return count(caller) < MOST_CALLS ? undefined : lamError('LAM_EDGE_TOO_MANY_CALLS', { name, most: MOST_CALLS });
  };
  return {
    ...api,
    name: 'calls',
    match(head) {
      const { rest } = splitCallerPath(head.path);
      const { method, path } = head;
      return api.match({ ...head, path: rest }) ?? lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] });
    },
    authorize(head) {
      const caller = callerOf(callers, head);
      return caller === undefined ? lamError('LAM_EDGE_CALLER_UNKNOWN', {}) : excess(caller);
    },
    serve({ head, plan, body, reply }) {
      const caller = callerOf(callers, head);
      // Its sandbox ended while the body arrived.
      if (caller === undefined) throw lamError('LAM_EDGE_CALLER_UNKNOWN', {});
      // Others began while the body arrived.
      const tooMany = excess(caller);
      if (tooMany !== undefined) throw tooMany;
      waiting.set(caller, count(caller) + 1);
      const counted = new CountedReply(reply, () => waiting.set(caller, count(caller) - 1));
      const fail = (failed: Reply, error: LamError): void => api.fail(failed, error, plan);
      try {
        runInvoke(rooms, { ...plan, caller, traceId: traceOf(plan, caller) }, { body, reply: counted, fail });
      } catch (thrown) {
        waiting.set(caller, count(caller) - 1);
        throw thrown;
      }
    },
  };
}

/** The trace header of a call: without one that of the calling invocation, and never with a shorter chain than that. */
function traceOf({ traceId }: InvokeHead, caller: CallingSandbox): TraceId | undefined {
  const named = traceId ?? caller.traceId;
  const { depth } = caller;
  return named !== undefined && depthOf(named) < depth ? withDepth(named, depth) : named;
}

/** AWS's SDKs send the token with their signature, or in the path if they sign with credentials of the author. */
function callerOf(callers: CallingSandboxes, { path, headers }: RequestHead): CallingSandbox | undefined {
  const { token = bearerToken(headers) ?? headerValue(headers, 'x-amz-security-token') } = splitCallerPath(path);
  return token === undefined ? undefined : callers.find(token);
}

class CountedReply extends EndingReply {
  readonly #uncount: () => void;

  constructor(reply: Reply, uncount: () => void) {
    super(reply);
    this.#uncount = uncount;
  }

  protected ended(): void {
    this.#uncount();
  }
}
