import type { ApiKeyRole } from '../../../contract/index.ts';
import { isLamError, lamError, type LamError } from '../../../errors/index.ts';
import type { Operations } from '../../../operations/index.ts';
import { bearerToken, refusal, type Door } from '../../guard.ts';
import { headerValue, type RequestHead } from '../../request.ts';
import { PATTERNS, type GlambdarAction } from './routes.ts';

/** The header with Glambdar's keys. */
const KEY_HEADER = 'x-api-key';

/** Who sends a request. */
export interface GlambdarCaller {
  readonly role: ApiKeyRole;
  /** Name of its key; `root` for the daemon's token; undefined where none is needed. */
  readonly key: string | undefined;
}

/** What decides who may use Glambdar's API. */
export interface GlambdarAccess {
  readonly door: Door;
  readonly operations: { readonly apiKeys: Pick<Operations['apiKeys'], 'hasRoles' | 'withRole'> };
}

/** Actions that each role may do; as in Glambdar, `node` and `health` are for all. */
const ACTIONS: Readonly<Record<ApiKeyRole, ReadonlySet<GlambdarAction>>> = {
  admin: new Set<GlambdarAction>([
    ...(['deploy', 'invoke', 'delete', 'config', 'list', 'info', 'logs', 'node'] as const),
    ...(['createKey', 'listKeys', 'changeKey', 'revokeKey', 'audit'] as const),
  ]),
  deployer: new Set<GlambdarAction>(['deploy', 'invoke', 'delete', 'config', 'list', 'info', 'logs', 'node']),
  invoker: new Set<GlambdarAction>(['invoke', 'list', 'info', 'logs', 'node']),
  viewer: new Set<GlambdarAction>(['list', 'info', 'logs', 'node']),
};

/** Whether the API wants keys: the daemon has a token, or there is a key with a role. */
export function wantsKeys({ door, operations: { apiKeys } }: GlambdarAccess): boolean {
  return door.tokens.isRequired || door.open || apiKeys.hasRoles;
}

/**
 * Returns who sends a request, or why it is refused. With keys: the key in `X-API-Key` or as a bearer token decides, and
 * the daemon's token is that of an admin. Without: requests of this machine are those of an admin, unless a foreign page
 * sends them.
 */
export function callerOf(access: GlambdarAccess, head: RequestHead): GlambdarCaller | LamError {
  const { door, operations } = access;
  const key = headerValue(head.headers, KEY_HEADER) ?? bearerToken(head.headers);
  if (key !== undefined && door.tokens.accepts(key)) return { role: 'admin', key: 'root' };
  if (wantsKeys(access)) {
    const found = key === undefined ? undefined : operations.apiKeys.withRole(key);
    return found === undefined
      ? lamError('LAM_EDGE_KEY_REFUSED', { isMissing: key === undefined })
      : { role: found.role, key: found.name };
  }
  return refusal(door, head, 'invoke') ?? { role: 'admin', key: undefined };
}

/** Returns why a request may not do what it asks for, or undefined. */
export function accessRefusal(access: GlambdarAccess, head: RequestHead, action: GlambdarAction): LamError | undefined {
  const caller = callerOf(access, head);
  if (isLamError(caller)) return caller;
  const { role } = caller;
  if (ACTIONS[role].has(action)) return undefined;
  return lamError('LAM_EDGE_ROLE_REFUSED', { role, method: head.method, route: PATTERNS[action] });
}

/** Headers with which callers identify themselves; none where they need not. */
export function secretHeaders(access: GlambdarAccess): ReadonlySet<string> {
  return wantsKeys(access) ? SECRETS : NO_SECRETS;
}

const SECRETS: ReadonlySet<string> = new Set([KEY_HEADER, 'authorization']);
const NO_SECRETS: ReadonlySet<string> = new Set();
