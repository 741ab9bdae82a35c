import type { Authorizers } from '../../../access/index.ts';
import type { FunctionName, Qualifier } from '../../../contract/index.ts';
import { lamError, type LamError } from '../../../errors/index.ts';
import type { HeaderPairs } from '../../../http/index.ts';
import type { LimitedRoute } from '../../../limits/index.ts';
import { refusal, type Door } from '../../guard.ts';
import { routeName, staticPlace, type CorsOptions, type HttpTrigger } from '../../../triggers/index.ts';
import { headerValue, type RequestHead } from '../../request.ts';
import type { RouteAccess } from './access.ts';
import { withoutHeaders, withVary } from './amended-reply.ts';
import { asyncReason, type AsyncReason } from './async-run.ts';
import { encodingFor, type Encoding } from './compression.ts';
import { corsHeaders, corsOf, grantFor, preflightHeaders, preflightMethod, type CorsGrant } from './cors.ts';
import { prepareCall, type PreparedCall } from './function-run.ts';
import type { HttpForm } from './payload-formats.ts';
import type { OtherMethods, RouteHit, RouteTable } from './route-table.ts';
import { filePath, type StaticRequest } from './static-files.ts';

/** What is done with requests that have the same head. */
export type Plan = FunctionPlan | StaticPlan | AnswerPlan;

/** A function runs. */
export interface FunctionPlan {
  readonly kind: 'function';
  readonly call: PreparedCall;
  /** Whether the request is queued, and why. */
  readonly async: AsyncReason;
  /** The declared route; undefined at a function's own URL. */
  readonly route: HttpTrigger | undefined;
  /** What the route allows the page that sent the request. */
  readonly grant: CorsGrant | undefined;
  /** Who may call it; undefined for everyone. */
  readonly access: RouteAccess | undefined;
  readonly finish: Finish;
  readonly limit: LimitedRoute | undefined;
}

/** What is done to an answer after it is made. */
export interface Finish {
  /** Amends its headers; undefined where there is nothing to amend. */
  readonly amend: ((headers: HeaderPairs) => HeaderPairs) | undefined;
  /** The encoding that the client asks for; `off` where the route forbids any. */
  readonly encoding: Encoding | 'off' | undefined;
}

/** A file of the function's code is sent. */
export interface StaticPlan {
  readonly kind: 'static';
  readonly request: StaticRequest;
  readonly grant: CorsGrant | undefined;
  readonly access: RouteAccess | undefined;
  readonly finish: Finish;
  readonly limit: LimitedRoute | undefined;
}

/** lam answers by itself, with an empty body. */
export interface AnswerPlan {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly grant: CorsGrant | undefined;
}

/** What plans are made of. */
export interface PlanParts {
  readonly door: Door;
  readonly routes: () => RouteTable;
  readonly authorizers: Pick<Authorizers, 'of'>;
  readonly exists: (functionName: FunctionName) => boolean;
  readonly formOf: (functionName: FunctionName, qualifier: Qualifier | undefined) => HttpForm;
}

/** Decides what is done with a request; undefined if nothing is served there. */
export function planFor(parts: PlanParts, head: RequestHead): Plan | LamError | undefined {
  const { door, routes, exists, formOf } = parts;
  const { method, path, headers } = head;
  const find = (asked: string): RouteHit | OtherMethods | undefined =>
    routes().find({ method: asked, path, host: headerValue(headers, 'host') ?? '' }, exists);
  const preflight = preflightPlan(parts, head, find);
  if (preflight !== undefined) return preflight;
  const hit = find(method);
  if (hit === undefined) return undefined;
  if ('allow' in hit) return otherMethods(head, hit);
  const { route } = hit;
  const options = corsAt(parts, hit);
  const grant = grantFor(options, headers);
  const amend =
    options === undefined ? undefined : (sent: HeaderPairs): HeaderPairs => withCors(sent, grant, options.origins);
  const finish: Finish = { amend, encoding: route?.compress === false ? 'off' : encodingFor(headers) };
  const access = accessOf(parts, head, hit);
  const limit = limitOf(hit);
  if (route?.static !== undefined) {
    const request = staticRequest(head, hit, route.static);
    return 'file' in request ? { kind: 'static', request, grant, access, finish, limit } : otherMethods(head, request);
  }
  const closed = route === undefined ? closedFault(parts, head, hit) : undefined;
  if (closed !== undefined) return closed;
  const form = formOf(hit.functionName, hit.qualifier);
  const call = prepareCall(door, head, hit, form);
  return { kind: 'function', call, async: asyncReason(route, form, headers), route, grant, access, finish, limit };
}

/** Which pages may call a route, or a function at its own URL. */
function corsAt({ formOf }: PlanParts, { route, functionName, qualifier }: RouteHit): CorsOptions | undefined {
  return route === undefined ? formOf(functionName, qualifier).cors : corsOf(route);
}

/** Who may call a route, or a function at its own URL. */
function accessOf({ authorizers, formOf }: PlanParts, head: RequestHead, hit: RouteHit): RouteAccess | undefined {
  const { functionName, qualifier, route } = hit;
  const authorizer = authorizers.of(
    functionName,
    route === undefined ? formOf(functionName, qualifier).auth : route.auth,
  );
  return authorizer === undefined ? undefined : { authorizer, head, hit };
}

/**
 * Refuses a function's own URL on the port where its routes have `auth`, or where it has a webhook, whose check of
 * signatures it would bypass; not with the daemon's token.
 */
function closedFault({ door, routes }: PlanParts, head: RequestHead, { functionName }: RouteHit): LamError | undefined {
  const route = routes().protectedRoute(functionName);
  return route === undefined || refusal(door, head, 'control') === undefined
    ? undefined
    : lamError('LAM_ACCESS_OWN_URL', { name: functionName, route });
}

/** The rate limit of a route. */
function limitOf({ functionName, route }: RouteHit): LimitedRoute | undefined {
  if (route?.rateLimit === undefined) return undefined;
  const { rateLimit, burst } = route;
  return { functionName, route: routeName(route), rateLimit, burst };
}

/** A `$default` route is for all methods, its file is not. */
function staticRequest(head: RequestHead, hit: RouteHit, place: string): StaticRequest | OtherMethods {
  const { functionName, rest = [], route } = hit;
  if (head.method !== 'GET' && head.method !== 'HEAD') return { allow: ['GET', 'HEAD', 'OPTIONS'] };
  const below = filePath(rest);
  const folder = staticPlace(place);
  const file = below === undefined ? undefined : [folder, below].filter((part) => part !== '').join('/');
  return { functionName, file, hasIndex: route?.route.endsWith('+}') === true, head };
}

/** The answer to a preflight request for a route, or a function's own URL, with CORS. */
function preflightPlan(
  parts: PlanParts,
  { method, headers }: RequestHead,
  find: (method: string) => RouteHit | OtherMethods | undefined,
): AnswerPlan | undefined {
  const asked = preflightMethod(method, headers);
  const hit = asked === undefined ? undefined : find(asked);
  if (asked === undefined || hit === undefined || 'allow' in hit) return undefined;
  const grant = grantFor(corsAt(parts, hit), headers);
  if (grant === undefined) return undefined;
  const named = hit.methods.filter((one) => one !== 'ANY');
  const methods = named.length === 0 ? [asked] : named.includes('GET') ? [...new Set([...named, 'HEAD'])] : named;
  return { kind: 'answer', status: 204, headers: preflightHeaders(grant, methods, headers), grant };
}

/** OPTIONS asks for what a path allows (RFC 9110, 9.3.7); any other method is not allowed there. */
function otherMethods({ method, path }: RequestHead, { allow }: OtherMethods): AnswerPlan | LamError {
  return method === 'OPTIONS'
    ? { kind: 'answer', status: 204, headers: ['allow', allow.join(', ')], grant: undefined }
    : lamError('LAM_EDGE_METHOD_NOT_ALLOWED', { method, path, allow });
}

/** As with API Gateway, CORS headers of a function are replaced where its route has CORS. */
function withCors(sent: HeaderPairs, grant: CorsGrant | undefined, origins: readonly string[] = ['*']): HeaderPairs {
  const own = withoutHeaders(sent, (name) => name.startsWith('access-control-'));
  const granted = grant === undefined ? own : [...own, ...corsHeaders(grant)];
  return origins.includes('*') ? granted : withVary(granted, 'Origin');
}
