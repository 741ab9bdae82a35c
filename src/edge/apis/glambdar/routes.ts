/** Actions of Glambdar's API, `/invoke` apart. */
export type GlambdarAction = 'health' | 'deploy' | 'list' | 'info' | 'node' | 'logs' | 'delete' | 'config';

/** An action, and the function that its path names. */
export interface GlambdarTarget {
  readonly action: GlambdarAction;
  /** Decoded; empty where the path names none. */
  readonly name: string;
}

/** Paths without their function's name. */
const ROUTES: Readonly<Record<string, GlambdarAction>> = {
  'GET /health': 'health',
  'POST /deploy': 'deploy',
  'GET /info': 'list',
  'GET /info/': 'info',
  'GET /node-id': 'node',
  'GET /logs/': 'logs',
  'DELETE /del/': 'delete',
  'POST /config/': 'config',
};

/** What changes functions. */
const CHANGES: ReadonlySet<GlambdarAction> = new Set(['deploy', 'delete', 'config']);

/** Whether an action changes what is deployed. */
export function isChange(action: GlambdarAction): boolean {
  return CHANGES.has(action);
}

/** Finds the action at a path; undefined for any other path or method. Pure. */
export function targetAt(method: string, path: string): GlambdarTarget | undefined {
  const slash = path.indexOf('/', 1);
  const place = slash < 0 ? path : path.slice(0, slash + 1);
  const key = `${method} ${place}`;
  const action = Object.hasOwn(ROUTES, key) ? ROUTES[key] : undefined;
  const segment = slash < 0 ? '' : path.slice(slash + 1);
  if (action === undefined || segment.includes('/') || (slash > 0 && segment === '')) return undefined;
  try {
    return { action, name: decodeURIComponent(segment) };
  } catch {
    // No function has such a name.
    return { action, name: segment };
  }
}
