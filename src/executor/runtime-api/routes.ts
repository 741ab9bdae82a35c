/** Endpoints for extensions. */
export type ExtensionRoute =
  | 'register'
  | 'event-next'
  | 'extension-init-error'
  | 'extension-exit-error'
  | 'logs'
  | 'telemetry';
type FixedRoute = 'next' | 'init-error' | 'ping' | ExtensionRoute;

/** An endpoint of the Runtime, Extensions, Logs or Telemetry API. */
export type RuntimeApiRoute =
  | { readonly name: FixedRoute }
  | { readonly name: 'response' | 'error'; readonly requestId: string }
  | { readonly name: 'wrong-method' }
  | { readonly name: 'unknown' };

const FIXED: ReadonlyMap<string, readonly [method: string, name: FixedRoute]> = new Map<string, [string, FixedRoute]>([
  ['/2018-06-01/runtime/invocation/next', ['GET', 'next']],
  ['/2018-06-01/runtime/init/error', ['POST', 'init-error']],
  ['/2018-06-01/ping', ['GET', 'ping']],
  ['/2020-01-01/extension/register', ['POST', 'register']],
  ['/2020-01-01/extension/event/next', ['GET', 'event-next']],
  ['/2020-01-01/extension/init/error', ['POST', 'extension-init-error']],
  ['/2020-01-01/extension/exit/error', ['POST', 'extension-exit-error']],
  ['/2020-08-15/logs', ['PUT', 'logs']],
  ['/2022-07-01/telemetry', ['PUT', 'telemetry']],
]);

const ANSWER = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/;

/** Which endpoint a request means. `url` is the request line's target as it came; its query is ignored. */
export function findRoute(method: string, url: string): RuntimeApiRoute {
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  const fixed = FIXED.get(path);
  if (fixed !== undefined) return fixed[0] === method ? { name: fixed[1] } : { name: 'wrong-method' };
  const answer = ANSWER.exec(path);
  if (answer?.[1] === undefined) return { name: 'unknown' };
  if (method !== 'POST') return { name: 'wrong-method' };
  return { name: answer[2] === 'error' ? 'error' : 'response', requestId: answer[1] };
}
