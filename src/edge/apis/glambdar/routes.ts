/** Actions of Glambdar's API. */
export type GlambdarAction =
  | 'health'
  | 'deploy'
  | 'invoke'
  | 'list'
  | 'info'
  | 'node'
  | 'logs'
  | 'delete'
  | 'config'
  | 'createKey'
  | 'listKeys'
  | 'changeKey'
  | 'revokeKey'
  | 'audit';

/** An action, and what its path names. */
export interface GlambdarTarget {
  readonly action: Exclude<GlambdarAction, 'invoke'>;
  /** The function or the key, decoded; empty where the path names none. */
  readonly name: string;
}

/** Methods and paths; `*` stands for one segment. */
export const GLAMBDAR_ROUTES: Readonly<Record<string, GlambdarTarget['action']>> = {
  'GET /health': 'health',
  'POST /deploy': 'deploy',
  'GET /info': 'list',
  'GET /info/*': 'info',
  'GET /node-id': 'node',
  'GET /logs/*': 'logs',
  'DELETE /del/*': 'delete',
  'POST /config/*': 'config',
  'POST /auth/keys': 'createKey',
  'GET /auth/keys': 'listKeys',
  'PATCH /auth/keys/*': 'changeKey',
  'DELETE /auth/keys/*': 'revokeKey',
  'GET /auth/audit': 'audit',
};

/** Paths of actions as Glambdar's messages name them. */
export const PATTERNS: Readonly<Record<GlambdarAction, string>> = {
  health: '/health',
  deploy: '/deploy',
  invoke: '/invoke/:name',
  list: '/info',
  info: '/info/:name',
  node: '/node-id',
  logs: '/logs/:name',
  delete: '/del/:name',
  config: '/config/:name',
  createKey: '/auth/keys',
  listKeys: '/auth/keys',
  changeKey: '/auth/keys/:id',
  revokeKey: '/auth/keys/:id',
  audit: '/auth/audit',
};

/** What changes functions and keys, or shows what only their owner may see. */
const OWNERS: ReadonlySet<GlambdarAction> = new Set([
  ...(['deploy', 'delete', 'config', 'list', 'info', 'logs'] as const),
  ...(['createKey', 'listKeys', 'changeKey', 'revokeKey', 'audit'] as const),
]);

/** Whether an action is, without keys, for programs of the daemon's own user alone. */
export function isForOwner(action: GlambdarAction): boolean {
  return OWNERS.has(action);
}

/** Finds the action at a path; undefined for any other path or method. Pure. */
export function targetAt(method: string, path: string): GlambdarTarget | undefined {
  const whole = `${method} ${path}`;
  if (Object.hasOwn(GLAMBDAR_ROUTES, whole) && !path.endsWith('*')) return targetOf(whole, '');
  const slash = path.lastIndexOf('/');
  const segment = path.slice(slash + 1);
  return segment === '' ? undefined : targetOf(`${method} ${path.slice(0, slash)}/*`, segment);
}

function targetOf(key: string, segment: string): GlambdarTarget | undefined {
  const action = Object.hasOwn(GLAMBDAR_ROUTES, key) ? GLAMBDAR_ROUTES[key] : undefined;
  if (action === undefined) return undefined;
  try {
    return { action, name: decodeURIComponent(segment) };
  } catch {
    // Neither a function nor a key has such a name.
    return { action, name: segment };
  }
}
