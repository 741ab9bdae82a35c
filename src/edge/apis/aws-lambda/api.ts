import { encodeErrorHeader, INVOKE, LIMITS } from '../../../contract/index.ts';
import { lamError, toWire, type LamError } from '../../../errors/index.ts';
import type { Router } from '../../../router/index.ts';
import type { WholeBodyApi } from '../../api.ts';
import { refusal, type Door } from '../../guard.ts';
import { isGone, retryAfter, sendJson, type Reply } from '../../reply.ts';
import { invokeTarget, planInvoke, runInvoke, type InvokeHead } from './invoke.ts';

/** Prefix of all paths of AWS Lambda's API. */
const AWS_FUNCTIONS = '/2015-03-31/functions/';

/** Serves AWS Lambda's API at its dated path. */
export function awsApi({ door, router }: { readonly door: Door; readonly router: Router }): WholeBodyApi<InvokeHead> {
  return {
    name: 'aws-lambda',
    reads: 'whole',
    mostBodyBytes: LIMITS.payloadBytes,
    match({ method, path, query, headers }) {
      if (!path.startsWith(AWS_FUNCTIONS)) return undefined;
      const target = invokeTarget(path.slice(AWS_FUNCTIONS.length));
      return target === undefined || method !== 'POST'
        ? lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] })
        : planInvoke(target, query, headers);
    },
    authorize: (head) => refusal(door, head, 'invoke'),
    serve: ({ plan, body, reply }) => runInvoke(router, plan, { body, reply, fail: sendAwsError }),
    fail: sendAwsError,
  };
}

/** Exceptions whose member is `Message`; all others have `message`. AWS's model has both, too. */
const CAPITAL_MESSAGE: ReadonlySet<string> = new Set([
  'ResourceNotFoundException',
  'ServiceException',
  'AccessDeniedException',
]);

/** Answers an error as AWS clients expect it: its name in a header, its message in the member that name uses. */
function sendAwsError(reply: Reply, error: LamError): void {
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
  sendJson(reply, error.httpStatus, body, [
    'x-amzn-ErrorType',
    name,
    INVOKE.lamError,
    encodeErrorHeader(toWire(error)),
    ...retryAfter(error),
  ]);
}
