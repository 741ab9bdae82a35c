import { timingSafeEqual } from 'node:crypto';
import { lamError, type LamError } from '../errors/index.ts';
import { headerValue, type HeaderValues } from './request.ts';

/** The bearer tokens that a listener accepts. Checked for each request, so a revoked token fails at the next one. */
export interface TokenStore {
  /** Whether any token was set, so that requests without one are refused. */
  readonly isRequired: boolean;
  accepts(token: string): boolean;
}

/** A listener and the rights of its clients. */
export interface Door {
  /** `socket`: the Unix socket that only its owner can open. `port`: the HTTP port, open to anyone who reaches it. */
  readonly kind: 'socket' | 'port';
  /** Tokens that allow everything on the port. */
  readonly tokens: TokenStore;
  /** The port listens beyond loopback. */
  readonly open: boolean;
}

const LOOPBACK_HOST = /^(?:localhost|[a-z0-9-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Whether a `Host` header names this machine; any other may be a DNS rebinding attack. Pure. */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && LOOPBACK_HOST.test(host);
}

/** Whether a browser sent the request for a page that another host served. Pure. */
export function isForeignOrigin(headers: HeaderValues): boolean {
  const origin = headerValue(headers, 'origin');
  if (origin === undefined) return headers['sec-fetch-site'] === 'cross-site';
  return (
    !(origin.startsWith('http://') || origin.startsWith('https://')) ||
    !isLoopbackHost(origin.slice(origin.indexOf('//') + 2))
  );
}

/**
 * Returns why a request may not use `area`, or undefined if it may. `invoke`: AWS's API, for any local program.
 * `control`: changes what is deployed, so on the port it needs the token.
 */
export function refusal(door: Door, headers: HeaderValues, area: 'invoke' | 'control'): LamError | undefined {
  if (door.kind === 'socket' || hasToken(door.tokens, headers)) return undefined;
  if (door.open || door.tokens.isRequired) return lamError('LAM_EDGE_TOKEN_NEEDED', {});
  const host = headerValue(headers, 'host');
  if (!isLoopbackHost(host)) return lamError('LAM_EDGE_HOST_REFUSED', { host: host ?? '' });
  if (isForeignOrigin(headers))
    return lamError('LAM_EDGE_ORIGIN_REFUSED', { origin: String(headers['origin'] ?? headers['sec-fetch-site']) });
  return area === 'control' ? lamError('LAM_EDGE_SOCKET_ONLY', {}) : undefined;
}

function hasToken(tokens: TokenStore, headers: HeaderValues): boolean {
  const authorization = headerValue(headers, 'authorization');
  if (authorization === undefined) return false;
  const given = /^Bearer (.+)$/i.exec(authorization)?.[1];
  return given !== undefined && tokens.accepts(given);
}

/** Makes a store of one fixed token, or of none. Compares in constant time. */
export function oneToken(token: string | undefined): TokenStore {
  const wanted = token === undefined ? undefined : Buffer.from(token);
  return {
    isRequired: wanted !== undefined,
    accepts(given) {
      const bytes = Buffer.from(given);
      return wanted !== undefined && bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
    },
  };
}
