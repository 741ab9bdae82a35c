import { isProtecting } from '../../../access/index.ts';
import { parseReference, type FunctionName, type FunctionReference, type Qualifier } from '../../../contract/index.ts';
import {
  DEFAULT_ROUTE,
  hostsOf,
  requestedHost,
  routeName,
  routeOf,
  type HttpTrigger,
  type RouteMethod,
  type RouteSegment,
} from '../../../triggers/index.ts';
import { RouteTrie } from './route-trie.ts';

/** A declared route of a function's live version. */
export interface DeclaredRoute {
  readonly functionName: FunctionName;
  readonly config: HttpTrigger;
}

/** The parts of a request that decide who serves it. */
export interface RoutedRequest {
  readonly method: string;
  /** Not decoded, without the query. */
  readonly path: string;
  /** Its `Host`. */
  readonly host: string;
}

/** The function that serves a request, and the route data for its event. */
export interface RouteHit {
  readonly functionName: FunctionName;
  /** A version number or an alias; undefined for the live version, which alone serves declared routes. */
  readonly qualifier: Qualifier | undefined;
  /** `GET /users/{id}`, without host and prefix; or `$default`. */
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
  /** The declared route; undefined at `/<function>`. */
  readonly route: HttpTrigger | undefined;
  /** Methods of the route. */
  readonly methods: readonly RouteMethod[];
  /** Path as the function sees it, not decoded. */
  readonly rawPath: string;
  /** Of a route for static files: the segments that its greedy parameter takes, not decoded. */
  readonly rest?: readonly string[];
}

/** The methods that a path allows by its declared routes, none of which is the method of the request. */
export interface OtherMethods {
  /** Without duplicates; sorted. */
  readonly allow: readonly string[];
}

/** A declared route, parsed. */
interface Compiled {
  readonly functionName: FunctionName;
  readonly config: HttpTrigger;
  readonly methods: readonly RouteMethod[];
  readonly segments: readonly RouteSegment[];
}

/** Routes of one host name, or of all. */
type HostRoutes = RouteTrie<Compiled>;

/**
 * Finds the function for a request: declared routes first, then `/<function>` and everything below it, where
 * `/<function>:<alias>` and `/<function>@<version>` name a version. Routes of the host's own name come before those of
 * `*.` names, and these before routes without a host. A `$default` route takes what is left of its host; one without a
 * host, what is left after `/<function>`.
 */
export class RouteTable {
  /** Routes for all hosts. */
  readonly #general: HostRoutes = new RouteTrie();
  /** By host name, also by names that begin with `*.`. */
  readonly #hosts = new Map<string, HostRoutes>();
  readonly #texts: string[] = [];
  /** A route of each function that has one with `auth`, or its webhook. */
  readonly #protected: Map<FunctionName, string>;

  /** @param webhooks a path of each function that has webhooks, which its own URL would bypass */
  constructor(declared: readonly DeclaredRoute[], webhooks: ReadonlyMap<FunctionName, string> = new Map()) {
    this.#protected = new Map([...webhooks].map(([functionName, path]) => [functionName, `POST ${path}`]));
    for (const { functionName, config } of declared) {
      const route = routeOf(config);
      if ('fault' in route) continue;
      const { methods, segments } = route;
      const hosts = hostsOf(config);
      const tries = hosts.length === 0 ? [this.#general] : hosts.map((host) => this.#trieOf(host));
      for (const trie of tries)
        trie.add(segments, methods, { functionName, config, methods, segments }, config.static !== undefined);
      this.#texts.push(routeName(config));
      if (isProtecting(config.auth)) this.#protected.set(functionName, routeName(config));
    }
  }

  /** Whether routes are declared for the name in a `Host`, by itself or as one of `*.` names. */
  hasHost(authority: string): boolean {
    return this.#hosts.size > 0 && this.#ofHost(authority).length > 0;
  }

  /** A route with `auth` of a function, or its webhook; undefined if it has neither. */
  protectedRoute(functionName: FunctionName): string | undefined {
    return this.#protected.get(functionName);
  }

  /**
   * A path that declared routes match, but for other methods only, is not looked for among the functions.
   * @param exists whether a function is deployed
   */
  find(request: RoutedRequest, exists: (functionName: FunctionName) => boolean): RouteHit | OtherMethods | undefined {
    const { method, path } = request;
    // `OPTIONS *`, or a target with an authority.
    if (!path.startsWith('/')) return undefined;
    const parts = path === '/' ? [] : path.slice(1).split('/');
    const own = this.#hosts.size === 0 ? NONE : this.#ofHost(request.host);
    const others = new Set<RouteMethod>();
    for (const trie of [...own, this.#general]) {
      const found = trie.find(parts, method, others);
      if (found !== undefined) return hitOf(found, parts, request);
    }
    for (const trie of own) {
      const found = trie.findDefault(parts, method);
      if (found !== undefined) return hitOf(found, parts, request);
    }
    const function_ = others.size === 0 ? named(path, exists) : undefined;
    if (function_ !== undefined) return function_;
    const last = this.#general.findDefault(parts, method);
    if (last !== undefined) return hitOf(last, parts, request);
    return others.size === 0 ? undefined : { allow: allowed(others) };
  }

  /** At most five routes that resemble a path without a match, for the hint of the 404. */
  near(path: string): readonly string[] {
    const first = path.split('/')[1] ?? '';
    return this.#texts.filter((text) => text.includes(`/${first}`)).slice(0, 5);
  }

  #trieOf(host: string): HostRoutes {
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const made: HostRoutes = new RouteTrie();
    this.#hosts.set(host, made);
    return made;
  }

  /** Routes of a host's own name, then of the `*.` name that it matches. */
  #ofHost(authority: string): readonly HostRoutes[] {
    const name = requestedHost(authority);
    const dot = name.indexOf('.');
    const names = dot < 0 ? [name] : [name, `*${name.slice(dot)}`];
    return names.flatMap((one) => this.#hosts.get(one) ?? []);
  }
}

const NONE: readonly HostRoutes[] = [];

function allowed(others: ReadonlySet<RouteMethod>): readonly string[] {
  return [...new Set([...others, ...(others.has('GET') ? ['HEAD'] : []), 'OPTIONS'])].toSorted();
}

function hitOf(found: Compiled, parts: readonly string[], request: RoutedRequest): RouteHit {
  const { functionName, config, methods, segments } = found;
  return {
    functionName,
    qualifier: undefined,
    routeKey: routeKeyOf(config.route, request.method),
    pathParameters: parametersOf(segments, parts),
    route: config,
    methods,
    rawPath: request.path,
    ...(config.static === undefined ? {} : { rest: restOf(segments, parts) }),
  };
}

function restOf(segments: readonly RouteSegment[], parts: readonly string[]): readonly string[] {
  return segments.at(-1)?.kind === 'greedy' ? parts.slice(segments.length - 1) : [];
}

/** As API Gateway writes it: of several methods, the one that served the request. */
function routeKeyOf(route: string, method: string): string {
  if (route === DEFAULT_ROUTE || !route.includes('|')) return route;
  const space = route.indexOf(' ');
  const methods = route.slice(0, space).split('|');
  return `${methods.includes(method) ? method : 'GET'}${route.slice(space)}`;
}

function parametersOf(
  segments: readonly RouteSegment[],
  parts: readonly string[],
): Readonly<Record<string, string>> | undefined {
  let found: Record<string, string> | undefined;
  for (const [i, { kind, value }] of segments.entries()) {
    if (kind !== 'param' && kind !== 'greedy') continue;
    found ??= Object.create(null) as Record<string, string>;
    found[value] = decode(kind === 'param' ? (parts[i] ?? '') : parts.slice(i).join('/'));
  }
  return found;
}

/** The function that the first segment of a path names. */
function named(path: string, exists: (functionName: FunctionName) => boolean): RouteHit | undefined {
  const end = path.indexOf('/', 1);
  const reference = referenceIn(end < 0 ? path.slice(1) : path.slice(1, end));
  if (reference === undefined || !exists(reference.name)) return undefined;
  return {
    functionName: reference.name,
    qualifier: reference.qualifier,
    routeKey: DEFAULT_ROUTE,
    pathParameters: undefined,
    route: undefined,
    methods: ['ANY'],
    // As with a function URL, the function does not see its own name.
    rawPath: end < 0 ? '/' : path.slice(end),
  };
}

/** `FN`, `FN:ALIAS`, `FN:VERSION` or `FN@VERSION`, but no ARN. Clients may encode the `:` or the `@`. */
function referenceIn(segment: string): FunctionReference | undefined {
  const text = segment.includes('%') ? decode(segment) : segment;
  const reference = parseReference(text);
  return reference?.name === text.split(/[@:]/, 1)[0] ? reference : undefined;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A stray '%' is passed on as text.
    return part;
  }
}
