import type { LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import { isGone, retryHeaders } from '../../reply.ts';
import { JSON_TYPE } from './answer.ts';

/** Answers as Glambdar does. */
export function sendGlambdar(reply: Reply, status: number, body: unknown, headers: readonly string[] = []): void {
  reply.send(status, [...JSON_TYPE, ...headers], Buffer.from(JSON.stringify(body)));
}

/** Errors whose text is Glambdar's. */
const GLAMBDAR_TEXTS: ReadonlySet<string> = new Set([
  'LAM_EDGE_FORM_WITHOUT_ZIP',
  'LAM_EDGE_RATE_LIMIT_BODY',
  'LAM_EDGE_KEY_REFUSED',
  'LAM_EDGE_ROLE_REFUSED',
  'LAM_EDGE_KEY_REQUEST',
  'LAM_EDGE_KEY_EXISTS',
  'LAM_EDGE_KEY_NOT_FOUND',
]);

/** What Glambdar answers in place of an error of lam. */
interface Words {
  readonly status: number;
  readonly error: string;
}

const WORDS: Readonly<Partial<Record<string, Words>>> = {
  LAM_REGISTRY_FUNCTION_NOT_FOUND: { status: 404, error: 'Function not found!' },
  LAM_REGISTRY_VERSION_NOT_FOUND: { status: 404, error: 'Function not found!' },
  LAM_REGISTRY_ALIAS_NOT_FOUND: { status: 404, error: 'Function not found!' },
  LAM_LIMITS_RATE: { status: 429, error: 'Rate limit exceeded. Please try again later.' },
};

/** The text of a path that Glambdar does not have. */
const NO_SUCH_PAGE = Buffer.from('404 page not found');

/**
 * Answers an error in Glambdar's form, `{"error": text}`: in its words where it has this error, else with lam's text, and
 * code and hint beside it.
 */
export function sendFailure(reply: Reply, error: LamError): void {
  if (isGone(error)) {
    reply.abandon();
    return;
  }
  const { code, hint, httpStatus, message } = error;
  if (code === 'LAM_EDGE_NOT_FOUND') {
    reply.send(404, ['content-type', 'text/plain'], NO_SUCH_PAGE);
    return;
  }
  const words = WORDS[code];
  const isGlambdars = words !== undefined || GLAMBDAR_TEXTS.has(code);
  const body = { error: words?.error ?? message, ...(isGlambdars ? {} : { code, hint }) };
  sendGlambdar(reply, words?.status ?? httpStatus, body, retryHeaders(error));
}
