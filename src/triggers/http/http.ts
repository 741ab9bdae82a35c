import { AUTH_SCHEMA, authFault, isProtecting, type AuthSetting } from '../../access/index.ts';
import { CONFIG_BOUNDS, type ShortItem, type TriggerConfig } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import type { Endpoint, KindFault, TriggerKind } from '../kind.ts';
import { CORS_SCHEMA, corsFault, type CorsOptions } from './cors.ts';
import { hostFault } from './host.ts';
import { staticFault } from './static.ts';
import { parsePrefix, parseRoute, pathShape, ROUTE_METHODS, type Route, type RouteFault } from './route.ts';

/** A route of the HTTP port, and how requests at it are served. */
export interface HttpTrigger extends TriggerConfig {
  readonly type: 'http';
  /** `METHOD /path/{parameter}/{rest+}`, `GET|POST /path`, or `$default`. */
  readonly route: string;
  /** Host names that it answers to; absent: all. */
  readonly host?: string | readonly string[];
  /** Path before that of the route. */
  readonly prefix?: string;
  /** Which pages of other origins may call it; `true` for all. */
  readonly cors?: boolean | CorsOptions;
  /** Who may call it; by default everyone. */
  readonly auth?: AuthSetting;
  /** Whether answers are compressed for clients that ask for it; default: true. */
  readonly compress?: boolean;
  /** Whether requests are queued and answered 202; default: as the function says. */
  readonly async?: boolean;
  /** Requests per second that it admits. */
  readonly rateLimit?: number;
  /** Requests that the rate limit admits at once; default: those of a second. */
  readonly burst?: number;
  /** Folder or file of the function's code that is served, without running the function. */
  readonly static?: string;
}

const GRAMMAR = `\`METHOD /path/{parameter}/{rest+}\`; METHOD is one of ${ROUTE_METHODS.join(', ')}, or several as in \`GET|POST\`. \`$default\` takes the requests that nothing else matches`;

/** HTTP routes. The edge serves them from its route table, so this kind has no running half. */
export const http: TriggerKind<HttpTrigger> = {
  type: 'http',
  noun: 'route',
  schema: {
    description: 'Serves HTTP requests; `routes` is the short form.',
    properties: {
      route: { description: `${GRAMMAR}.`, type: 'string', examples: ['GET /users/{id}'] },
      host: {
        description:
          'Host name, or several, that the route answers to; by default all. `*.example.com` stands for all names with one label before `example.com`.',
        type: ['string', 'array'],
        items: { type: 'string' },
        minItems: 1,
        examples: ['api.example.com', ['example.com', '*.example.com']],
      },
      prefix: {
        description: 'Path before that of the route. Usually set for the whole project, under `http`; `/` for none.',
        type: 'string',
        examples: ['/myapp'],
      },
      cors: CORS_SCHEMA,
      auth: AUTH_SCHEMA,
      compress: {
        description: 'Whether answers are compressed (br, gzip) for clients that ask for it.',
        type: 'boolean',
        default: true,
      },
      async: {
        description:
          'Whether requests are queued and answered 202 before they run. By default as the function says, or a client asks (`Prefer: respond-async`).',
        type: 'boolean',
        examples: [true],
      },
      rateLimit: {
        description: 'Requests per second; further ones are answered 429. Of each route by itself.',
        type: 'number',
        minimum: CONFIG_BOUNDS.rateLimit[0],
        maximum: CONFIG_BOUNDS.rateLimit[1],
        examples: [10],
      },
      burst: {
        description: 'Requests that rateLimit admits at once; by default those of a second.',
        type: 'integer',
        minimum: CONFIG_BOUNDS.burst[0],
        maximum: CONFIG_BOUNDS.burst[1],
        examples: [20],
      },
      static: {
        description:
          "Folder of the function's code whose files are served without running the function, at a GET route that ends in `{name+}`; or one file, at a route without parameters.",
        type: 'string',
        minLength: 1,
        examples: ['public'],
      },
    },
    required: ['route'],
  },
  literal: ['route', 'host', 'prefix', 'cors', 'static'],
  inherited: ['host', 'prefix', 'cors', 'auth', 'compress', 'rateLimit', 'burst'],
  shortForm: {
    key: 'routes',
    description: `HTTP routes, each ${GRAMMAR}. A map with such a \`route\` sets options. Short for \`triggers\` of type http.`,
    examples: [
      ['GET /users/{id}', 'ANY /files/{path+}'],
      ['GET /', { route: 'GET|POST /orders', host: 'shop.example.com' }],
    ],
    expand,
    inName: ['route', 'host', 'prefix'],
    itemOf,
  },
  exclusive: {
    keys: keysOf,
    clash: 'matches the same requests as',
    conflict: (mine, theirs) =>
      lamError('LAM_REGISTRY_ROUTE_CONFLICT', {
        name: mine.functionName,
        route: routeName(mine.config),
        owner: theirs.functionName,
        other: routeName(theirs.config),
      }),
  },
  nameOf: routeName,
  fault,
  endpoint: endpointOf,
  filesOf: ({ static: place }) => (place === undefined ? [] : [place]),
};

function expand(item: ShortItem): HttpTrigger {
  return typeof item === 'object' && item !== null && !Array.isArray(item)
    ? { ...(item as { readonly route: string }), type: 'http' }
    : { type: 'http', route: item as string };
}

function itemOf(config: HttpTrigger): ShortItem {
  const options = Object.entries(config).filter(([key]) => key !== 'type');
  return options.length === 1 ? config.route : Object.fromEntries(options);
}

/** Host names of a route; none: it answers to all. */
export function hostsOf({ host }: HttpTrigger): readonly string[] {
  return host === undefined ? [] : typeof host === 'string' ? [host] : host;
}

/** Parses a route with its prefix, whose segments come first. Returns the first fault and the setting that has it. */
export function routeOf({ route, prefix = '/' }: HttpTrigger): Route | (RouteFault & Pick<KindFault, 'key'>) {
  const parsed = parseRoute(route);
  if ('fault' in parsed) return { key: 'route', fault: parsed.fault };
  const before = parsePrefix(prefix);
  if ('fault' in before) return { key: 'prefix', fault: `has the prefix '${prefix}', which ${before.fault}` };
  const segments = [...before, ...parsed.segments];
  if (segments[0]?.kind === 'literal' && segments[0].value === '_lam')
    return { key: prefix === '/' ? 'route' : 'prefix', fault: 'lies under /_lam, which lam keeps for itself' };
  return { ...parsed, segments };
}

/** The route as one line: `GET /users/{id}`, `GET api.example.com/myapp/users/{id}`. */
export function routeName(config: HttpTrigger): string {
  const { route, prefix = '/' } = config;
  const hosts = hostsOf(config).join(',');
  if (hosts === '' && prefix === '/') return route;
  const [, method = '', path = `/${route}`] = /^(\S+ +)(\/.*)$/.exec(route) ?? [];
  const before = prefix === '/' ? '' : prefix;
  return `${method}${hosts}${before}${path === '/' && before !== '' ? '' : path}`;
}

function endpointOf(config: HttpTrigger): Endpoint {
  const { route, prefix = '/', auth } = config;
  const [, method = 'ANY', path = '/{path+}'] = /^(\S+) +(\/.*)$/.exec(route) ?? [];
  const before = prefix === '/' ? '' : prefix;
  const [host] = hostsOf(config);
  return {
    method,
    host,
    path: path === '/' && before !== '' ? before : before + path,
    closesOwnUrl: isProtecting(auth),
  };
}

function keysOf(config: HttpTrigger): readonly string[] {
  const route = routeOf(config);
  if ('fault' in route) return [routeName(config)];
  const hosts = hostsOf(config);
  const shape = pathShape(route.segments);
  return (hosts.length === 0 ? ['*'] : hosts).flatMap((host) =>
    route.methods.map((method) => `${method} ${host} ${shape}`),
  );
}

function fault(config: HttpTrigger): KindFault | undefined {
  const route = routeOf(config);
  if ('fault' in route) return route;
  for (const host of hostsOf(config)) {
    const wrong = hostFault(host);
    if (wrong !== undefined) return { key: 'host', fault: `has the host '${host}', which ${wrong}` };
  }
  const cors = corsFault(config.cors ?? false);
  if (cors !== undefined) return { key: 'cors', fault: cors };
  const auth = authFault(config.auth ?? 'none');
  if (auth !== undefined) return { key: 'auth', fault: auth };
  if (config.burst !== undefined && config.rateLimit === undefined)
    return { key: 'burst', fault: 'has a burst, which has no effect without rateLimit' };
  const files = config.static === undefined ? undefined : staticFault(config.static, route);
  return files === undefined ? undefined : { key: 'static', fault: files };
}
