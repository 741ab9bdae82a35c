import type { KeyScope } from '../../../contract/index.ts';
import { isLamError, lamError, type LamError } from '../../../errors/index.ts';
import { rightsRefusal, type ApiCaller } from '../../../operations/index.ts';
import { givenKey, type ApiCallers } from '../../callers.ts';
import { refusal } from '../../guard.ts';
import type { RequestHead } from '../../request.ts';
import type { MiniAction } from './routes.ts';

/** What decides who may use Mini-Lambda's API. */
export interface MiniAccess {
  readonly callers: ApiCallers;
}

/** Its name in the audit log. */
const API = 'mini-lambda';

/** Scopes of which an action needs one; `health` is for all. */
const SCOPES: Readonly<Record<MiniAction, readonly KeyScope[]>> = {
  health: ['invoke', 'deploy', 'read'],
  metrics: ['read'],
  register: ['deploy'],
  list: ['read', 'deploy'],
  function: ['read', 'deploy'],
  invoke: ['invoke'],
  invokeAsync: ['invoke'],
  invocations: ['read'],
  deadLetters: ['read'],
  invocation: ['read', 'invoke'],
  retry: ['invoke'],
  upload: ['deploy'],
  images: ['read', 'deploy'],
  removeImage: ['deploy'],
};

/** Whether the API wants keys: the daemon has a token, or there is a key with scopes. */
export function wantsKeys({ callers: { door, keys } }: MiniAccess): boolean {
  return door.tokens.isRequired || door.open || keys.hasScopes;
}

/**
 * Returns who sends a request, or why it is refused. With keys, the one in `X-API-Key` or as a bearer token decides, and
 * the daemon's token may do everything. Without, requests of this machine may, unless a foreign page sends them.
 */
export function callerOf(access: MiniAccess, head: RequestHead, action: MiniAction): ApiCaller | LamError {
  const { callers } = access;
  const known = callers.ofBearer(head, API);
  if (known !== undefined) return known;
  if (action === 'health') return callers.local(head, API);
  if (wantsKeys(access)) return lamError('LAM_EDGE_KEY_REFUSED', { isMissing: givenKey(head) === undefined });
  return refusal(callers.door, head, 'invoke') ?? callers.local(head, API);
}

/** Returns why a request may not do what it asks for, or undefined. @param functionName what is invoked, if it is known */
// oxlint-disable-next-line max-params -- the keys, the request, and what it asks for
export function accessRefusal(
  access: MiniAccess,
  head: RequestHead,
  action: MiniAction,
  functionName?: string,
): LamError | undefined {
  if (action === 'health') return undefined;
  const caller = callerOf(access, head, action);
  return isLamError(caller)
    ? caller
    : rightsRefusal(caller, { operation: action, scopes: SCOPES[action], functionName });
}
