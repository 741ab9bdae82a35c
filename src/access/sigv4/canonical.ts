import type { AccessHead } from '../scheme.ts';
import type { SignatureParts } from './parse.ts';

/**
 * The text of a request whose hash is signed, as AWS writes it: method, path, query, the signed headers and the hash of the
 * body. Undefined where the request cannot have been signed: path or query are malformed, or a header that must be
 * signed is not. Pure. @param payloadHash in hexadecimal digits, or what stands for it
 */
export function canonicalRequest(head: AccessHead, parts: SignatureParts, payloadHash: string): string | undefined {
  const headers = canonicalHeaders(head, parts.signedHeaders);
  if (headers === undefined) return undefined;
  try {
    const query = head.query === '' ? '' : canonicalQuery(head.query);
    return `${head.method}\n${canonicalPath(head.path)}\n${query}\n${headers}\n${parts.signedHeaders.join(';')}\n${payloadHash}`;
  } catch {
    // Malformed percent-encoding.
    return undefined;
  }
}

/** Each header on a line; undefined where one that must be signed is not, or a signed one is absent. */
function canonicalHeaders({ rawHeaders }: AccessHead, signed: readonly string[]): string | undefined {
  const values = new Map<string, string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const value = folded(rawHeaders[at + 1] ?? '');
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  // What only AWS's servers read changes the meaning of a request.
  for (const name of values.keys()) if (name.startsWith('x-amz-') && !signed.includes(name)) return undefined;
  let text = '';
  for (const name of signed) {
    const value = values.get(name);
    if (value === undefined) return undefined;
    text += `${name}:${value}\n`;
  }
  return text;
}

/** Without white space around, and with one blank in place of several. */
function folded(value: string): string {
  const trimmed = value.trim();
  return trimmed.includes('  ') ? trimmed.replaceAll(/ {2,}/g, ' ') : trimmed;
}

/** The path without dot segments and empty ones, encoded once more than it was sent. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  if (segments.length === 0) return '/';
  return `/${segments.map(encoded).join('/')}${path.endsWith('/') ? '/' : ''}`;
}

/** The parameters but for the signature, encoded alike and sorted. */
function canonicalQuery(query: string): string {
  const pairs: string[] = [];
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = encoded(decodeURIComponent(equals < 0 ? part : part.slice(0, equals)));
    const value = equals < 0 ? '' : encoded(decodeURIComponent(part.slice(equals + 1)));
    if (name !== 'X-Amz-Signature') pairs.push(`${name}=${value}`);
  }
  return sortedPairs(pairs).join('&');
}

/** By name, then by value: the sign between them counts less than any character of a name. */
function sortedPairs(pairs: readonly string[]): readonly string[] {
  const key = (pair: string): string => pair.replace('=', '\0');
  return pairs.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** What needs no percent-encoding, which is most. */
const PLAIN = /^[A-Za-z0-9_.~-]*$/;

/** Percent-encoding of RFC 3986. */
function encoded(text: string): string {
  if (PLAIN.test(text)) return text;
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
