/** Methods a route may name; `ANY` stands for all of them. */
export const ROUTE_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'ANY'] as const;

export type RouteMethod = (typeof ROUTE_METHODS)[number];

/** The route of requests that no other one matches, as API Gateway calls it. */
export const DEFAULT_ROUTE = '$default';

export interface RouteSegment {
  /**
   * `param` takes one segment of a path, `greedy` (only as the last one) takes one or more, `rest` (only of
   * {@link DEFAULT_ROUTE}) any number.
   */
  readonly kind: 'literal' | 'param' | 'greedy' | 'rest';
  /** The literal text, or the parameter's name without braces and `+`. */
  readonly value: string;
}

/** A parsed route. `/` has no segments. */
export interface Route {
  /** Without duplicates; `ANY` stands alone. */
  readonly methods: readonly RouteMethod[];
  readonly segments: readonly RouteSegment[];
}

/** What is wrong with the text of a route, as words to follow that text. */
export interface RouteFault {
  readonly fault: string;
}

const LITERAL = /^[A-Za-z0-9._~!$&'()*,;=:@%-]+$/;
const PARAMETER = /^\{([A-Za-z_][A-Za-z0-9_-]*)(\+?)\}$/;
const REST: RouteSegment = { kind: 'rest', value: '' };

/**
 * Parses `METHOD /path/{param}/{rest+}` (API Gateway's grammar, where `GET|POST` names several methods), or `$default`;
 * returns a fault for any other text. Never throws.
 */
export function parseRoute(text: string): Route | RouteFault {
  if (text === DEFAULT_ROUTE) return { methods: ['ANY'], segments: [REST] };
  const match = /^(\S+) +(\/\S*)$/.exec(text);
  const path = match?.[2];
  if (match === null || path === undefined)
    return { fault: "must read 'METHOD /path', for instance 'GET /users/{id}'" };
  const methods = parseMethods(match[1] ?? '');
  if ('fault' in methods) return methods;
  const segments = parsePath(path);
  return 'fault' in segments ? segments : { methods, segments };
}

function parseMethods(text: string): readonly RouteMethod[] | RouteFault {
  const methods: RouteMethod[] = [];
  for (const word of text.split('|')) {
    const method = ROUTE_METHODS.find((m) => m === word);
    if (method === undefined)
      return { fault: `has an unknown method '${word}'; use one of ${ROUTE_METHODS.join(', ')}` };
    if (methods.includes(method)) return { fault: `names the method ${method} twice` };
    methods.push(method);
  }
  return methods.length > 1 && methods.includes('ANY')
    ? { fault: 'names ANY, which stands for all methods, beside others' }
    : methods;
}

function parsePath(path: string): readonly RouteSegment[] | RouteFault {
  if (path === '/') return [];
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
  return segments;
}

/** Parses a prefix of routes: `/` or a path without parameters; returns a fault for any other text. */
export function parsePrefix(text: string): readonly RouteSegment[] | RouteFault {
  const segments = text.startsWith('/') ? parsePath(text) : { fault: "must begin with '/'" };
  if ('fault' in segments) return segments;
  return segments.every(({ kind }) => kind === 'literal') ? segments : { fault: 'must not contain parameters' };
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

/** Returns the same text for paths that match the same requests: the path without parameter names. */
export function pathShape(segments: readonly RouteSegment[]): string {
  const words = { param: '{}', greedy: '{+}', rest: '{*}' } as const;
  return `/${segments.map(({ kind, value }) => (kind === 'literal' ? value : words[kind])).join('/')}`;
}
