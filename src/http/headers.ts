/** Header names and values, alternating; a name may occur twice. */
export type HeaderPairs = readonly string[];

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FORBIDDEN_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** Maximum of cached valid names. */
const MOST_KNOWN = 1000;
const known = new Set<string>();

/** Whether HTTP allows it as a header's name. */
export function isHeaderName(name: string): boolean {
  if (known.has(name)) return true;
  if (!NAME.test(name)) return false;
  if (known.size < MOST_KNOWN) known.add(name);
  return true;
}

/**
 * Whether HTTP allows it as a header value: mainly, that it has no line breaks, which would begin another header. Pure.
 */
export function isHeaderValue(value: string): boolean {
  return !FORBIDDEN_IN_VALUE.test(value);
}

/**
 * Whether all names and values are valid. Both readers check this before they write a head, so that no text of a caller
 * or function can inject a header through any API.
 */
export function areValidHeaders(headers: HeaderPairs): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1];
    if (value === undefined || !isHeaderName(headers[i] as string) || !isHeaderValue(value)) return false;
  }
  return true;
}

/** Whether a response with this status has neither body nor length (RFC 9110, 6.4.1). Pure. */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

/** Returns the announced content length (bytes); undefined without one. Pure. */
export function announcedLength(headers: HeaderPairs): number | undefined {
  for (let i = 0; i + 1 < headers.length; i += 2)
    if ((headers[i] as string).toLowerCase() === 'content-length') return Number(headers[i + 1]);
  return undefined;
}
