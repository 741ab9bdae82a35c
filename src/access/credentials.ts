import { lamError, type LamError } from '../errors/index.ts';
import type { IdentitySource } from './identity-source.ts';
import type { AccessHead } from './scheme.ts';

/**
 * Refuses a request that has a header or query parameter with credentials more than once: servers, proxies and functions
 * differ in which one they take.
 */
export function duplicateFault({ rawHeaders, query }: AccessHead, source: IdentitySource): LamError | undefined {
  const { kind, name } = source;
  let count = 0;
  if (kind === 'querystring') count = new URLSearchParams(query).getAll(name).length;
  else for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === name) count++;
  return count > 1 ? lamError('LAM_ACCESS_DUPLICATE', { what: `${WORDS[kind]} ${name}` }) : undefined;
}

const WORDS: Readonly<Record<IdentitySource['kind'], string>> = { header: 'header', querystring: 'query parameter' };

/** Makes the refusal of a request without valid credentials. @param challenge value of `WWW-Authenticate` */
export function unauthenticated(why: string, how: string, challenge?: string): LamError {
  return lamError('LAM_ACCESS_UNAUTHENTICATED', { why, how, ...(challenge === undefined ? {} : { challenge }) });
}

/** The token of `Authorization: <scheme> <token>`; undefined for any other text. Pure. */
export function tokenOf(authorization: string, scheme: string): string | undefined {
  const space = authorization.indexOf(' ');
  if (space < 0 || authorization.slice(0, space).toLowerCase() !== scheme) return undefined;
  return authorization.slice(space + 1).trim();
}

/** A header's value if it occurs once. */
export function headerOf({ headers }: AccessHead, header: string): string | undefined {
  const value = headers[header];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Text in the quotes of a header's parameter. Pure. */
export function quotedText(text: string): string {
  return `"${text.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, "'")}"`;
}
