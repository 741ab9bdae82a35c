import type { KeyScope } from '../../../contract/index.ts';
import { isLamError, type LamError } from '../../../errors/index.ts';
import { rightsRefusal, type ApiCaller } from '../../../operations/index.ts';
import type { ApiCallers } from '../../callers.ts';
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

/** Returns who sends a request, or why it is refused; `health` is for all. */
export function callerOf({ callers }: MiniAccess, head: RequestHead, action: MiniAction): ApiCaller | LamError {
  return action === 'health' ? (callers.ofBearer(head, API) ?? callers.local(head, API)) : callers.ofProduct(head, API);
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
