/** Actions of Mini-Lambda's API. */
export type MiniAction =
  | 'health'
  | 'metrics'
  | 'register'
  | 'list'
  | 'function'
  | 'invoke'
  | 'invokeAsync'
  | 'invocations'
  | 'deadLetters'
  | 'invocation'
  | 'retry'
  | 'upload'
  | 'images'
  | 'removeImage';

/** An action, and what its path names. */
export interface MiniTarget {
  readonly action: MiniAction;
  /** The function or the invocation, decoded; empty where the path names none. */
  readonly name: string;
}

/** Methods and paths; `*` stands for one segment. Those of the first release, and of later ones what lam has. */
export const MINI_ROUTES: Readonly<Record<string, MiniAction>> = {
  'GET /health': 'health',
  'GET /metrics': 'metrics',
  'POST /functions': 'register',
  'GET /functions': 'list',
  'GET /functions/*': 'function',
  'POST /invoke/*': 'invoke',
  'POST /invoke/*/async': 'invokeAsync',
  'GET /invocations': 'invocations',
  'GET /invocations/dlq': 'deadLetters',
  'GET /invocations/*': 'invocation',
  'POST /invocations/*': 'invocation',
  'POST /invocations/*/retry': 'retry',
  'POST /images': 'upload',
  'GET /images': 'images',
  // lam's own.
  'DELETE /images/*': 'removeImage',
};

/** What changes functions, or shows what only their owner may see; an invocation is shown to who knows its id. */
const OWNERS: ReadonlySet<MiniAction> = new Set([
  ...(['register', 'list', 'function', 'upload', 'images', 'removeImage'] as const),
  ...(['invocations', 'deadLetters', 'retry', 'metrics'] as const),
]);

/** Whether an action is, without keys, for programs of the daemon's own user alone. */
export function isForOwner(action: MiniAction): boolean {
  return OWNERS.has(action);
}

/** Finds the action at a path; undefined for any other path or method. Pure. */
export function targetAt(method: string, path: string): MiniTarget | undefined {
  const [, resource = '', segment, ...rest] = path.split('/');
  const plain = `${method} ${path}`;
  if (segment !== '*' && Object.hasOwn(MINI_ROUTES, plain))
    return { action: MINI_ROUTES[plain] as MiniAction, name: '' };
  if (segment === undefined || segment === '') return undefined;
  const key = `${method} /${[resource, '*', ...rest].join('/')}`;
  return Object.hasOwn(MINI_ROUTES, key)
    ? { action: MINI_ROUTES[key] as MiniAction, name: decoded(segment) }
    : undefined;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // Neither a function nor an invocation has such a name.
    return segment;
  }
}
