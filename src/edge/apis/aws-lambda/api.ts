import { encodeErrorHeader, INVOKE, LIMITS } from '../../../contract/index.ts';
import { lamError, toWire, type LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import { throttleReason } from '../../../limits/index.ts';
import type { WholeBodyApi } from '../../api.ts';
import { refusal, type Door } from '../../guard.ts';
import { isGone, retryHeaders, sendJson } from '../../reply.ts';
import { invokeTarget, isAwsPath, planInvoke, runInvoke, type InvokeHead, type InvokeRooms } from './invoke.ts';

/** Serves AWS Lambda's API at its dated paths. */
export function awsApi({ door, ...rooms }: InvokeRooms & { readonly door: Door }): WholeBodyApi<InvokeHead> {
  return { ...invokeApi(rooms), authorize: (head) => refusal(door, head, 'invoke') };
}

/** The same without a decision on who may use it. */
export function invokeApi(rooms: InvokeRooms): Omit<WholeBodyApi<InvokeHead>, 'authorize'> {
  return {
    name: 'aws-lambda',
    reads: 'whole',
    mostBodyBytes: LIMITS.payloadBytes,
    match({ method, path, query, headers }) {
      if (!isAwsPath(path)) return undefined;
      const target = invokeTarget(path);
      return target === undefined || method !== 'POST'
        ? lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] })
        : planInvoke(target, query, headers);
    },
    serve: ({ plan, body, reply }) => runInvoke(rooms, plan, { body, reply, fail: sendAwsError }),
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
    ...(name === 'TooManyRequestsException' ? { Reason: throttleReason(error) } : {}),
  };
  sendJson(reply, error.httpStatus, body, [
    'x-amzn-ErrorType',
    name,
    INVOKE.lamError,
    encodeErrorHeader(toWire(error)),
    ...retryHeaders(error),
  ]);
}
