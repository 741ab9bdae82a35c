import { isFunctionName, type FunctionName } from '../../../contract/index.ts';
import { parseRoute, type Route } from '../../../triggers/index.ts';

/** A declared route of a function's live version. */
export interface DeclaredRoute {
  readonly functionName: FunctionName;
  /** As declared: `GET /users/{id}`. */
  readonly text: string;
}

/** The function that serves a request, and the route data for its event. */
export interface RouteHit {
  readonly functionName: FunctionName;
  /** `GET /users/{id}`, or `$default`. */
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
  /** Path as the function sees it, not decoded. */
  readonly rawPath: string;
}

interface Compiled {
  readonly declared: DeclaredRoute;
  readonly route: Route;
  /** Sort key: literal before parameter before greedy, left to right; a named method before ANY. */
  readonly rank: string;
}

/** Finds the function for a path: declared routes first, then `/<function>` and everything below it. */
export class RouteTable {
  readonly #routes: readonly Compiled[];

  constructor(declared: readonly DeclaredRoute[]) {
    const compiled: Compiled[] = [];
    for (const d of declared) {
      const route = parseRoute(d.text);
      if ('fault' in route) continue;
      const kinds = route.segments.map((s) => ({ literal: '0', param: '1', greedy: '2' })[s.kind]);
      compiled.push({ declared: d, route, rank: `${kinds.join('')}~${route.method === 'ANY' ? '1' : '0'}` });
    }
    this.#routes = compiled.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
  }

  /** @param path not decoded, without the query */
  find(method: string, path: string, exists: (functionName: FunctionName) => boolean): RouteHit | undefined {
    if (this.#routes.length > 0) {
      const parts = path === '/' ? [] : path.slice(1).split('/');
      for (const { declared, route } of this.#routes) {
        if (route.method !== 'ANY' && route.method !== method) continue;
        const pathParameters = matchSegments(route, parts);
        if (pathParameters === undefined) continue;
        const none = Object.keys(pathParameters).length === 0;
        return {
          functionName: declared.functionName,
          routeKey: declared.text,
          pathParameters: none ? undefined : pathParameters,
          rawPath: path,
        };
      }
    }
    const end = path.indexOf('/', 1);
    const functionName = end < 0 ? path.slice(1) : path.slice(1, end);
    if (!isFunctionName(functionName) || !exists(functionName)) return undefined;
    // As with a function URL, the function does not see its own name.
    return { functionName, routeKey: '$default', pathParameters: undefined, rawPath: end < 0 ? '/' : path.slice(end) };
  }

  /** At most five routes that resemble a path without a match, for the hint of the 404. */
  near(path: string): readonly string[] {
    const first = path.split('/')[1] ?? '';
    return this.#routes
      .filter((r) => r.declared.text.includes(`/${first}`))
      .slice(0, 5)
      .map((r) => r.declared.text);
  }
}

function matchSegments(route: Route, parts: readonly string[]): Record<string, string> | undefined {
  const found = Object.create(null) as Record<string, string>;
  for (const [i, segment] of route.segments.entries()) {
    const part = parts[i];
    if (part === undefined || part === '') return undefined;
    if (segment.kind === 'greedy') {
      found[segment.value] = decode(parts.slice(i).join('/'));
      return found;
    }
    if (segment.kind === 'literal' && segment.value !== part) return undefined;
    if (segment.kind === 'param') found[segment.value] = decode(part);
  }
  return parts.length === route.segments.length ? found : undefined;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A stray '%' is passed on as text.
    return part;
  }
}
