import type { HeaderPairs } from '../../../http/index.ts';
import type { CorsOptions, HttpTrigger } from '../../../triggers/index.ts';
import { headerValue, type HeaderValues } from '../../request.ts';

/** What a page of an allowed origin may do at a route. */
export interface CorsGrant {
  /** Value of `Access-Control-Allow-Origin`: the page's origin, or `*`. */
  readonly origin: string;
  readonly options: CorsOptions;
}

/** The CORS options of a route; undefined without. */
export function corsOf({ cors }: HttpTrigger): CorsOptions | undefined {
  return cors === true ? {} : cors === false ? undefined : cors;
}

/** Returns what a route allows the page that sent a request; undefined for a page that it does not name, or no page. */
export function grantFor(options: CorsOptions | undefined, headers: HeaderValues): CorsGrant | undefined {
  const origin = headerValue(headers, 'origin');
  if (options === undefined || origin === undefined) return undefined;
  const { origins = ['*'] } = options;
  if (origins.includes('*')) return { origin: '*', options };
  return origins.some((one) => matches(one, origin.toLowerCase())) ? { origin, options } : undefined;
}

/** `https://*.example.com` stands for any subdomain. */
function matches(allowed: string, origin: string): boolean {
  const star = allowed.indexOf('*');
  if (star < 0) return allowed === origin;
  const [before, after] = [allowed.slice(0, star), allowed.slice(star + 1)];
  const between = origin.slice(before.length, origin.length - after.length);
  return origin.startsWith(before) && origin.endsWith(after) && /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(between);
}

/** Headers of the answer to a request that a page sent. */
export function corsHeaders({ origin, options }: CorsGrant): HeaderPairs {
  const { exposeHeaders = [], credentials = false } = options;
  return [
    ...['access-control-allow-origin', origin],
    ...(credentials ? ['access-control-allow-credentials', 'true'] : []),
    ...(exposeHeaders.length === 0 ? [] : ['access-control-expose-headers', exposeHeaders.join(', ')]),
  ];
}

/** The method that a page asks for in a preflight request; undefined for any other request. */
export function preflightMethod(method: string, headers: HeaderValues): string | undefined {
  return method === 'OPTIONS' && headers['origin'] !== undefined
    ? headerValue(headers, 'access-control-request-method')
    : undefined;
}

/** Headers of the answer to a preflight request. @param methods of the route */
export function preflightHeaders(grant: CorsGrant, methods: readonly string[], headers: HeaderValues): HeaderPairs {
  const { options } = grant;
  const asked = headerValue(headers, 'access-control-request-headers');
  const allowed = options.headers?.join(', ') ?? asked;
  return [
    ...corsHeaders({ ...grant, options: { ...options, exposeHeaders: [] } }),
    ...['access-control-allow-methods', (options.methods ?? methods).join(', ')],
    ...(allowed === undefined || allowed === '' ? [] : ['access-control-allow-headers', allowed]),
    ...(options.maxAge === undefined ? [] : ['access-control-max-age', String(options.maxAge)]),
    // Browsers ask before a public page calls an address of this machine or of its network.
    ...(headers['access-control-request-private-network'] === 'true'
      ? ['access-control-allow-private-network', 'true']
      : []),
    ...['vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'],
  ];
}
