import type { LamError } from '../../../errors/index.ts';
import { refusal, type Door } from '../../guard.ts';
import { headerValue, type RequestHead } from '../../request.ts';

/** The header with Glambdar's keys. */
const KEY_HEADER = 'x-api-key';

/**
 * Returns why a request may not use Glambdar's API, or undefined: where the daemon has a token, the token is its key, in
 * `X-API-Key` or as a bearer token; without one, requests of this machine are accepted that no foreign page sends.
 */
export function accessRefusal(door: Door, head: RequestHead): LamError | undefined {
  const key = headerValue(head.headers, KEY_HEADER);
  return key !== undefined && door.tokens.accepts(key) ? undefined : refusal(door, head, 'invoke');
}

/** Headers with which callers identify themselves; none where they need not. */
export function secretHeaders(door: Door): ReadonlySet<string> {
  return door.tokens.isRequired ? SECRETS : NO_SECRETS;
}

const SECRETS: ReadonlySet<string> = new Set([KEY_HEADER, 'authorization']);
const NO_SECRETS: ReadonlySet<string> = new Set();
