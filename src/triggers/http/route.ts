/** Methods a route may name; `ANY` stands for all of them. */
export const ROUTE_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'ANY'] as const;

export type RouteMethod = (typeof ROUTE_METHODS)[number];

export interface RouteSegment {
  /** `param` takes one segment of a path, `greedy` (only as the last one) takes one or more. */
  readonly kind: 'literal' | 'param' | 'greedy';
  /** The literal text, or the parameter's name without braces and `+`. */
  readonly value: string;
}

/** A parsed route. `/` has no segments. */
export interface Route {
  readonly method: RouteMethod;
  readonly segments: readonly RouteSegment[];
}

/** What is wrong with the text of a route, as words to follow that text. */
export interface RouteFault {
  readonly fault: string;
}

const LITERAL = /^[A-Za-z0-9._~!$&'()*,;=:@%-]+$/;
const PARAMETER = /^\{([A-Za-z_][A-Za-z0-9_-]*)(\+?)\}$/;

/** Parses `METHOD /path/{param}/{rest+}` (API Gateway's grammar); returns a fault for any other text. Never throws. */
export function parseRoute(text: string): Route | RouteFault {
  const match = /^(\S+) +(\/\S*)$/.exec(text);
  const path = match?.[2];
  if (match === null || path === undefined)
    return { fault: "must read 'METHOD /path', for instance 'GET /users/{id}'" };
  const method = ROUTE_METHODS.find((m) => m === match[1]);
  if (method === undefined)
    return { fault: `has an unknown method '${match[1]}'; use one of ${ROUTE_METHODS.join(', ')}` };
  if (path === '/') return { method, segments: [] };
  const segments: RouteSegment[] = [];
  for (const part of path.slice(1).split('/')) {
    const segment = parseSegment(part);
    if ('fault' in segment) return segment;
    if (segments.at(-1)?.kind === 'greedy')
      return { fault: `has '${part}' after '{${segments.at(-1)?.value}+}', which must come last` };
    if (segment.kind !== 'literal' && segments.some((s) => s.kind === 'param' && s.value === segment.value)) {
      return { fault: `names the parameter '${segment.value}' twice` };
    }
    segments.push(segment);
  }
  if (path.startsWith('/_lam/') || path === '/_lam') return { fault: 'lies under /_lam, which lam keeps for itself' };
  return { method, segments };
}

function parseSegment(part: string): RouteSegment | RouteFault {
  if (part === '') return { fault: "has an empty segment (a '//' or a '/' at the end)" };
  if (part === '.' || part === '..') return { fault: `has the segment '${part}', which clients remove from a path` };
  const parameter = PARAMETER.exec(part);
  if (parameter?.[1] !== undefined) return { kind: parameter[2] === '+' ? 'greedy' : 'param', value: parameter[1] };
  if (!LITERAL.test(part))
    return { fault: `has a segment '${part}' that is neither plain text nor '{name}' or '{name+}'` };
  return { kind: 'literal', value: part };
}

/**
 * Returns the same key for routes that match the same requests: the route without parameter names. Two routes with one
 * key conflict.
 */
export function routeKey(route: Route): string {
  const parts = route.segments.map((s) => (s.kind === 'literal' ? s.value : s.kind === 'param' ? '{}' : '{+}'));
  return `${route.method} /${parts.join('/')}`;
}
