import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { lamError, type LamError } from '../errors/index.ts';

/** Where a request came in, and what that lets it do. */
export interface Door {
  /** `socket`: the owner's Unix socket, which only he can open. `port`: anybody who reaches the HTTP port. */
  readonly kind: 'socket' | 'port';
  /** Bearer token that opens everything on the port, or undefined where none was set. */
  readonly token: string | undefined;
  /** The port listens beyond loopback. */
  readonly open: boolean;
}

const LOOPBACK_HOST = /^(?:localhost|[a-z0-9-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Whether a `Host` header names this machine itself; anything else may be a rebound DNS name. Pure. */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && LOOPBACK_HOST.test(host);
}

/** Whether a browser sent the request from a page that this machine did not serve. Pure. */
export function isForeignOrigin(headers: IncomingHttpHeaders): boolean {
  const { origin } = headers;
  if (origin === undefined) return headers['sec-fetch-site'] === 'cross-site';
  return (
    !(origin.startsWith('http://') || origin.startsWith('https://')) ||
    !isLoopbackHost(origin.slice(origin.indexOf('//') + 2))
  );
}

/**
 * Why a request may not use `area`, or undefined when it may. `invoke`: AWS's API, for any local program. `control`: changes
 * what is deployed, so on the port it needs the token.
 */
export function refusal(door: Door, headers: IncomingHttpHeaders, area: 'invoke' | 'control'): LamError | undefined {
  if (door.kind === 'socket') return undefined;
  if (hasToken(door.token, headers)) return undefined;
  if (door.open || door.token !== undefined) return lamError('LAM_EDGE_TOKEN_NEEDED', {});
  if (!isLoopbackHost(headers.host)) return lamError('LAM_EDGE_HOST_REFUSED', { host: headers.host ?? '' });
  if (isForeignOrigin(headers))
    return lamError('LAM_EDGE_ORIGIN_REFUSED', { origin: String(headers.origin ?? headers['sec-fetch-site']) });
  return area === 'control' ? lamError('LAM_EDGE_SOCKET_ONLY', {}) : undefined;
}

function hasToken(token: string | undefined, headers: IncomingHttpHeaders): boolean {
  const given = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined || given === undefined) return false;
  const [a, b] = [Buffer.from(token), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
