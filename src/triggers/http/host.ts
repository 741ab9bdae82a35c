const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const NAME = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`);

/** Longest host name (characters; RFC 1035). */
const LENGTH = 253;

/**
 * Returns what is wrong with the host name of a route, as words to follow it, or undefined. `*.example.com` stands for
 * every name with one label in place of the `*`. Pure.
 */
export function hostFault(host: string): string | undefined {
  if (host !== host.toLowerCase()) return 'must be in lower case';
  if (/^(?:\d{1,3}\.){3}\d{1,3}$/.test(host) || host.includes('[')) return 'is an address; routes go by names';
  if (host.includes(':') || host.includes('/')) return 'must be a name alone, without scheme, port or path';
  return host.length <= LENGTH && NAME.test(host) ? undefined : 'is not a host name';
}

/** Returns the name in `HOST[:PORT]` of a request, in lower case and without a dot at its end. Pure. */
export function requestedHost(authority: string): string {
  const colon = authority.startsWith('[') ? -1 : authority.indexOf(':');
  const name = (colon < 0 ? authority : authority.slice(0, colon)).toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
