/** Header names and values in turn; a name may come twice. */
export type HeaderPairs = readonly string[];

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FORBIDDEN_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** Most names that are remembered as good. */
const MOST_KNOWN = 1000;
const known = new Set<string>();

/** Whether HTTP allows it as a header's name. */
export function isHeaderName(name: string): boolean {
  if (known.has(name)) return true;
  if (!NAME.test(name)) return false;
  if (known.size < MOST_KNOWN) known.add(name);
  return true;
}

/** Whether HTTP allows it as a header's value: above all without line breaks, which would begin another header. Pure. */
export function isHeaderValue(value: string): boolean {
  return !FORBIDDEN_IN_VALUE.test(value);
}

/**
 * Whether all of them may be sent. Both readers ask this before they write a head, so that no API can let a caller's or
 * a function's text break out of its header.
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

/** The length that headers announce, bytes; undefined where they leave it open. Pure. */
export function announcedLength(headers: HeaderPairs): number | undefined {
  for (let i = 0; i + 1 < headers.length; i += 2)
    if ((headers[i] as string).toLowerCase() === 'content-length') return Number(headers[i + 1]);
  return undefined;
}
