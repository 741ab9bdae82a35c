import { isDeepStrictEqual } from 'node:util';
import { parseRoute, routeKey } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { CatalogueView } from '../store/index.ts';

/** A route that is served now. */
export interface LiveRoute {
  /** As declared. */
  readonly route: string;
  readonly functionName: string;
}

/** The routes of all live versions. */
export interface RouteTable {
  /** Another number whenever the routes are others; never one that was there before in this process. */
  readonly change: number;
  readonly routes: readonly LiveRoute[];
}

/** The routes of all live versions, by function name and then as declared. Pure. */
export function liveRoutes(catalogue: CatalogueView): LiveRoute[] {
  return [...catalogue.names()]
    .filter((name) => routesOf(catalogue, name).length > 0)
    .toSorted()
    .flatMap((name) => routesOf(catalogue, name).map((route) => ({ route, functionName: name })));
}

/** The routes of a function's live version, as declared; none where there is no such function. Pure. */
function routesOf(catalogue: CatalogueView, name: string): readonly string[] {
  return catalogue.outline(name)?.routes ?? [];
}

/** Whether a function serves the same routes in both. Pure. */
export function sameRoutes(before: CatalogueView, after: CatalogueView, name: string): boolean {
  return isDeepStrictEqual(routesOf(before, name), routesOf(after, name));
}

/** Throws `LAM_REGISTRY_ROUTE_CONFLICT` when another function's live version serves one of `routes`. */
export function checkRoutes(catalogue: CatalogueView, name: string, routes: readonly string[]): void {
  const served = routesOf(catalogue, name);
  // Those it serves already clash with nobody's: that was seen to when it got them.
  const added = routes.filter((route) => !served.includes(route));
  if (added.length === 0) return;
  const taken = new Map<string, LiveRoute>();
  for (const live of liveRoutes(catalogue)) {
    if (live.functionName !== name) taken.set(keyOf(live.route), live);
  }
  for (const route of added) {
    const other = taken.get(keyOf(route));
    if (other !== undefined)
      throw lamError('LAM_REGISTRY_ROUTE_CONFLICT', { name, route, owner: other.functionName, other: other.route });
  }
}

function keyOf(text: string): string {
  const route = parseRoute(text);
  return 'fault' in route ? text : routeKey(route);
}
