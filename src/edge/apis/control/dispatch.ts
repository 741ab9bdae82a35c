import { PATH_PARAMETERS, type PathName, type PathValues } from './parameters.ts';
import type { ControlRoute } from './route.ts';
import { CONTROL_ROUTES } from './routes/list.ts';

/** A route that a request matches, with the decoded parts of its path. */
export interface Matched {
  readonly route: ControlRoute;
  readonly path: PathValues;
}

interface Compiled {
  readonly route: ControlRoute;
  readonly parts: readonly (string | { readonly name: PathName })[];
}

function compiled(route: ControlRoute): Compiled {
  const parts = route.path
    .slice(1)
    .split('/')
    .map((part) => {
      const name = part.slice(1, -1);
      return part.startsWith('{') && name in PATH_PARAMETERS ? { name: name as PathName } : part;
    });
  return { route, parts };
}

const COMPILED = CONTROL_ROUTES.map(compiled);

/** The route at a path below the API's prefix, or undefined. Pure. */
export function routeAt(method: string, path: string): Matched | undefined {
  const given = path.split('/');
  for (const { route, parts } of COMPILED) {
    if (route.method !== method || parts.length !== given.length) continue;
    if (!parts.every((part, i) => typeof part !== 'string' || part === given[i])) continue;
    try {
      return { route, path: decoded(parts, given) };
    } catch {
      // Malformed percent-encoding matches nothing.
      return undefined;
    }
  }
  return undefined;
}

/** Methods of the routes at a path, for a request with another one. Pure. */
export function methodsAt(path: string): readonly string[] {
  return [...new Set(CONTROL_ROUTES.map(({ method }) => method))].filter(
    (method) => routeAt(method, path) !== undefined,
  );
}

function decoded(parts: Compiled['parts'], given: readonly string[]): PathValues {
  const named = parts.flatMap((part, i) =>
    typeof part === 'string' ? [] : [[part.name, decodeURIComponent(given[i] ?? '')]],
  );
  return Object.fromEntries(named) as PathValues;
}
