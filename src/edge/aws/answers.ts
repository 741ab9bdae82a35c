import { randomUUID } from 'node:crypto';
import { encodeErrorHeader, INVOKE } from '../../contract/index.ts';
import { toWire, type LamError } from '../../errors/index.ts';
import type { Reply } from '../../http/index.ts';
import { throttleReason } from '../../limits/index.ts';
import { isGone, retryHeaders, sendJson } from '../reply.ts';

/** Exceptions whose member is `Message`; all others have `message`. AWS's model has both, too. */
const CAPITAL_MESSAGE: ReadonlySet<string> = new Set([
  'ResourceNotFoundException',
  'ServiceException',
  'AccessDeniedException',
  'CodeSigningConfigNotFoundException',
]);

/** Exceptions that stand in no model: a message, and no type. */
const UNTYPED: ReadonlySet<string> = new Set([
  'ValidationException',
  'SerializationException',
  'AccessDeniedException',
  'RequestEntityTooLargeException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'IncompleteSignatureException',
  'ExpiredTokenException',
]);

/** AWS's name of an error, its status and its body, for errors whose own ones differ from lam's. */
export interface AwsWords {
  readonly name?: string;
  readonly status?: number;
  readonly message?: string;
}

/** Answers an error as AWS clients expect it: its name in a header, its message in the member that name uses. */
export function sendAwsError(reply: Reply, error: LamError, words: AwsWords = {}): void {
  if (isGone(error)) {
    reply.abandon();
    return;
  }
  const { name = error.awsName, status = error.httpStatus, message = error.message } = words;
  const body = {
    ...(UNTYPED.has(name) ? {} : { Type: status < 500 ? 'User' : 'Server' }),
    [CAPITAL_MESSAGE.has(name) ? 'Message' : 'message']: message,
    ...(name === 'TooManyRequestsException' ? { Reason: throttleReason(error) } : {}),
  };
  sendJson(reply, status, body, [
    ...['x-amzn-ErrorType', name, 'x-amzn-RequestId', randomUUID(), INVOKE.lamError, encodeErrorHeader(toWire(error))],
    ...retryHeaders(error),
  ]);
}

/**
 * The name and status of an error in AWS's older protocols, which have one status for all faults of callers; refusals keep
 * their own.
 * @param names of errors where the service has others than AWS Lambda
 */
export function plainFault(
  { awsName, kind, httpStatus }: LamError,
  names: Readonly<Record<string, string>>,
): { readonly name: string; readonly status: number } {
  const isPlain = kind === 'invalid_argument' || kind === 'not_found';
  return { name: names[awsName] ?? awsName, status: isPlain ? 400 : httpStatus };
}

/** A time (ms since the epoch) as answers of AWS Lambda have it. */
export function awsTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, -1)}+0000`;
}

/** Sends what an operation answers; without a body if it answers nothing. */
export function sendAwsJson(reply: Reply, status: number, body: unknown): void {
  const id = ['x-amzn-RequestId', randomUUID()];
  if (body === undefined) reply.send(status, id, Buffer.alloc(0));
  else sendJson(reply, status, body, id);
}
