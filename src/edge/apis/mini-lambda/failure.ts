import type { LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import { isGone, retryHeaders, sendJson } from '../../reply.ts';
import type { MiniTarget } from './routes.ts';

/** Mini-Lambda's words and statuses for errors that it has. */
const WORDS: Readonly<Partial<Record<string, { readonly status: number; readonly error: string }>>> = {
  LAM_REGISTRY_FUNCTION_NOT_FOUND: { status: 404, error: 'Function Not Found' },
  LAM_OPERATIONS_INVOCATION_NOT_FOUND: { status: 404, error: 'invocation not found' },
};

/**
 * Answers an error in Mini-Lambda's form: `{"error": text}`, which is `Error` where images are uploaded and listed, in its
 * words where it has this error, else with lam's text, and code and hint beside it.
 */
export function sendFailure(reply: Reply, error: LamError, plan?: MiniTarget): void {
  if (isGone(error)) {
    reply.abandon();
    return;
  }
  const { code, hint, httpStatus, message } = error;
  const words = WORDS[code];
  const text = words?.error ?? message;
  const isOfImages = plan?.action === 'upload' || plan?.action === 'images' || plan?.action === 'removeImage';
  const body = {
    error: text,
    ...(isOfImages ? { Error: text } : {}),
    ...(words === undefined ? { code, hint } : {}),
  };
  sendJson(reply, words?.status ?? statusOf(error, httpStatus), body, retryHeaders(error));
}

/** Mini-Lambda answers 503 where too much is asked for at once. */
function statusOf({ kind }: LamError, status: number): number {
  return kind === 'resource_exhausted' ? 503 : status;
}
