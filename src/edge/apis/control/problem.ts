import type { ProblemDetails } from '../../../contract/index.ts';
import type { ErrorCode, LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import { isGone, retryHeaders } from '../../reply.ts';

/** Content type of errors (RFC 9457). */
const PROBLEM_TYPE = 'application/problem+json';

/** Where an error is described, in lam's sources. */
function problemType(code: ErrorCode): string {
  return `docs/errors.md#${code.toLowerCase()}`;
}

/** A code in words: `LAM_REGISTRY_FUNCTION_NOT_FOUND` is `Function not found`. */
function titleOf(code: ErrorCode): string {
  const words = code.split('_').slice(2).join(' ').toLowerCase();
  return words === '' ? 'Internal error' : words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** An error as this API answers it. */
export function problemOf(error: LamError): ProblemDetails {
  const { code, message, hint, details, httpStatus } = error;
  return {
    ...{ type: problemType(code), title: titleOf(code), status: httpStatus, code, detail: message },
    ...(hint === undefined ? {} : { hint }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}

/** Sends an error, from which clients restore it. */
export function sendProblem(reply: Reply, error: LamError): void {
  if (isGone(error)) return reply.abandon();
  const { allow } = error.details;
  const methods = error.kind === 'method_not_allowed' && Array.isArray(allow) ? ['allow', allow.join(', ')] : [];
  const headers = ['content-type', PROBLEM_TYPE, ...methods, ...retryHeaders(error)];
  return reply.send(error.httpStatus, headers, Buffer.from(JSON.stringify(problemOf(error))));
}
