import type { AccessHead } from './scheme.ts';

const SOURCE = /^\$request\.(header|querystring)\.([A-Za-z0-9_-]+)$/;

/** Where a credential is in a request, in API Gateway's words. */
export interface IdentitySource {
  readonly kind: 'header' | 'querystring';
  /** Headers in lower case. */
  readonly name: string;
}

/** Parses `$request.header.NAME` or `$request.querystring.NAME`; undefined for any other text. Pure. */
export function parseSource(text: string): IdentitySource | undefined {
  const [, kind, name = ''] = SOURCE.exec(text) ?? [];
  if (kind === 'header') return { kind, name: name.toLowerCase() };
  return kind === 'querystring' ? { kind, name } : undefined;
}

/** Returns what is wrong with identity sources, as words to follow them. Pure. */
export function sourceFault(texts: readonly string[]): string | undefined {
  const wrong = texts.find((text) => parseSource(text) === undefined);
  return wrong === undefined
    ? undefined
    : `has the identitySource '${wrong}'; write $request.header.NAME or $request.querystring.NAME`;
}

/** The value at a source; undefined where there is none. Pure. */
export function valueAt({ headers, query }: AccessHead, { kind, name }: IdentitySource): string | undefined {
  if (kind === 'querystring') return new URLSearchParams(query).get(name) ?? undefined;
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
