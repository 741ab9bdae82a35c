import { timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
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
  /**
   * Host names (lower case, no ports) that the port accepts besides loopback names and its own addresses, also as
   * origins of pages; `*` for all. Absent for none.
   */
  readonly hosts?: ReadonlySet<string>;
  /** The address or name that the port listens on. */
  readonly address?: string;
}

/** The part of a socket with the address of this machine that the client connected to. */
type LocalEnd = Pick<Socket, 'localAddress'>;

const LOOPBACK_HOST = /^(?:localhost|[a-z0-9-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Whether a `Host` header names this machine; any other may be a DNS rebinding attack. Pure. */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK_HOST.test(host);
}

const AUTHORITY = /^(?:\[([0-9a-f:.]+)\]|([^\s:/?#@[\]]+))(?::\d{1,5})?$/i;
/** A name that needs no quotes on a command line. */
const PLAIN_NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

/** Returns host name or address of `HOST[:PORT]`, in lower case and without brackets; undefined if malformed. */
function nameOf(authority: string): string | undefined {
  const [, address, name] = AUTHORITY.exec(authority) ?? [];
  return (address ?? name)?.toLowerCase();
}

function isConfigured({ hosts }: Door, name: string | undefined): boolean {
  return hosts !== undefined && ((name !== undefined && hosts.has(name)) || hosts.has('*'));
}

/** Whether a `Host` names this machine: loopback, the address that the client connected to, or a configured name. */
function isOwnHost(door: Door, host: string, { localAddress }: LocalEnd): boolean {
  if (isLoopbackHost(host)) return true;
  const name = nameOf(host);
  // An IPv6 listener sees IPv4 clients at mapped addresses.
  return (
    isConfigured(door, name) ||
    (name !== undefined && (name === door.address || name === localAddress?.replace(/^::ffff:/, '')))
  );
}

/**
 * Whether a browser sent the request for a page of another origin that is not configured. Pages of other ports are
 * foreign, although browsers call them `same-site`, because any program of this machine may serve one.
 */
function isForeign(door: Door, headers: HeaderValues, host: string, end: LocalEnd): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  const isOfOther = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (origin === undefined) return isOfOther && !isConfigured(door, undefined);
  const authority = /^https?:\/\/(.*)$/is.exec(String(origin))?.[1]?.toLowerCase();
  if (isConfigured(door, authority === undefined ? undefined : nameOf(authority))) return false;
  if (authority === undefined) return true;
  return authority !== host.toLowerCase() && (isOfOther || !isOwnHost(door, authority, end));
}

/** What an API accepts of strangers. */
interface Accepted {
  /** Whether it has requests of its own for a Host that is not this machine's. */
  readonly isOwnHost?: (host: string) => boolean;
  /** Whether the page that sends the request may do so. */
  readonly isOwnPage?: boolean;
}

/**
 * Returns why a request to the port is refused for its Host (DNS rebinding) or the page that sends it, or undefined.
 * Called for each request of every API; never refuses on the owner's socket.
 * @param also what the API accepts besides
 */
// oxlint-disable-next-line max-params -- the listener, the request, its connection, and what the API adds
export function strangerRefusal(
  door: Door,
  headers: HeaderValues,
  end: LocalEnd,
  also: Accepted = {},
): LamError | undefined {
  if (door.kind === 'socket') return undefined;
  const host = headerValue(headers, 'host') ?? '';
  if (!isOwnHost(door, host, end) && also.isOwnHost?.(host) !== true) {
    const name = nameOf(host);
    return lamError('LAM_EDGE_HOST_REFUSED', { host, ...(isPlain(name) ? { name } : {}) });
  }
  if (also.isOwnPage === true || !isForeign(door, headers, host, end)) return undefined;
  const { origin, 'sec-fetch-site': site } = headers;
  const name = nameOf(String(origin ?? '').replace(/^https?:\/\//i, ''));
  return lamError('LAM_EDGE_ORIGIN_REFUSED', {
    origin: String(origin ?? `another site (Sec-Fetch-Site: ${String(site)})`),
    ...(isPlain(name) && name !== 'null' ? { name } : {}),
  });
}

function isPlain(name: string | undefined): name is string {
  return name !== undefined && PLAIN_NAME.test(name);
}

/**
 * Returns why a request may not use `area`, or undefined if it may. `invoke`: AWS's API, for any local program.
 * `control`: changes what is deployed, so on the port it needs the token.
 */
export function refusal(
  door: Door,
  { headers, socket }: { readonly headers: HeaderValues; readonly socket: LocalEnd },
  area: 'invoke' | 'control',
): LamError | undefined {
  if (door.kind === 'socket' || hasToken(door.tokens, headers)) return undefined;
  if (door.open || door.tokens.isRequired) return lamError('LAM_EDGE_TOKEN_NEEDED', {});
  const stranger = strangerRefusal(door, headers, socket);
  if (stranger !== undefined) return stranger;
  return area === 'control' ? lamError('LAM_EDGE_SOCKET_ONLY', {}) : undefined;
}

function hasToken(tokens: TokenStore, headers: HeaderValues): boolean {
  const given = bearerToken(headers);
  return given !== undefined && tokens.accepts(given);
}

/** The token of `Authorization: Bearer TOKEN`; undefined without one. */
export function bearerToken(headers: HeaderValues): string | undefined {
  const authorization = headerValue(headers, 'authorization');
  return authorization === undefined ? undefined : /^Bearer (.+)$/i.exec(authorization)?.[1];
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
