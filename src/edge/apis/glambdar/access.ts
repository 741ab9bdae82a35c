import { roleOf, type KeyScope } from '../../../contract/index.ts';
import { isLamError, lamError, type LamError } from '../../../errors/index.ts';
import { rightsRefusal, type ApiCaller } from '../../../operations/index.ts';
import { KEY_HEADER, type ApiCallers } from '../../callers.ts';
import type { RequestHead } from '../../request.ts';
import { PATTERNS, type GlambdarAction } from './routes.ts';

/** What decides who may use Glambdar's API. */
export interface GlambdarAccess {
  readonly callers: ApiCallers;
}

const API = 'glambdar';

/** Scopes of which an action needs one, as Glambdar's roles have them; `health` is for all. */
const SCOPES: Readonly<Record<GlambdarAction, readonly KeyScope[]>> = {
  health: ['invoke', 'deploy', 'read'],
  node: ['invoke', 'deploy', 'read'],
  deploy: ['deploy'],
  delete: ['deploy'],
  config: ['deploy'],
  invoke: ['invoke'],
  list: ['read', 'deploy'],
  info: ['read', 'deploy'],
  logs: ['read'],
  createKey: ['admin'],
  listKeys: ['admin'],
  changeKey: ['admin'],
  revokeKey: ['admin'],
  audit: ['admin'],
};

/** Returns who sends a request, or why it is refused; the daemon's token is that of an admin. */
export function callerOf({ callers }: GlambdarAccess, head: RequestHead): ApiCaller | LamError {
  return callers.ofProduct(head, API);
}

/** A caller's role in Glambdar's words: that of the owner is `admin`, and scopes without a word are named themselves. */
export function roleWord({ rights }: Pick<ApiCaller, 'rights'>): string {
  return rights === undefined ? 'admin' : (roleOf(rights.scopes) ?? rights.scopes.join(','));
}

/**
 * Returns why a request may not do what it asks for, or undefined. Which functions a key reaches is asked where they are
 * changed or read. @param functionName the function that is invoked
 */
export function accessRefusal(
  access: GlambdarAccess,
  head: RequestHead,
  action: GlambdarAction,
  functionName?: string,
): LamError | undefined {
  const caller = callerOf(access, head);
  if (isLamError(caller)) return caller;
  const refused = rightsRefusal(caller, { operation: action, scopes: SCOPES[action], functionName });
  if (refused?.details['isScope'] !== true) return refused;
  const { name } = caller.actor;
  const { method } = head;
  return lamError('LAM_EDGE_ROLE_REFUSED', { key: name, role: roleWord(caller), method, route: PATTERNS[action] });
}

/** Headers with which callers identify themselves; none where they need not. */
export function secretHeaders(access: GlambdarAccess): ReadonlySet<string> {
  return access.callers.wantsKeys ? SECRETS : NO_SECRETS;
}

const SECRETS: ReadonlySet<string> = new Set([KEY_HEADER, 'authorization']);
const NO_SECRETS: ReadonlySet<string> = new Set();
