import type { JWTPayload } from 'jose';
import type { AccessGrant } from '../scheme.ts';

/** Scopes of a token, from `scope` (text) or `scp` (list or text). Pure. */
export function scopesOf({ scope, scp }: JWTPayload): readonly string[] {
  const value: unknown = scope ?? scp;
  if (Array.isArray(value)) return value.filter((one) => typeof one === 'string');
  return typeof value === 'string' ? value.split(' ').filter((one) => one !== '') : [];
}

/** Whether a token is for one of these audiences: by `aud`, or by `client_id` where it has none. Pure. */
export function isFor({ aud, client_id: client }: JWTPayload, audiences: readonly string[]): boolean {
  const own: readonly unknown[] = aud === undefined ? [client] : typeof aud === 'string' ? [aud] : aud;
  return own.some((one) => typeof one === 'string' && audiences.includes(one));
}

/** `requestContext.authorizer` of a token. As with API Gateway, claims are texts. Pure. */
export function contextOf(payload: JWTPayload): AccessGrant['context'] {
  const claims = Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, claimText(value)]));
  const scopes = scopesOf(payload);
  const jwt = { claims, scopes: scopes.length === 0 ? null : scopes };
  return { '1.0': JSON.stringify(jwt), '2.0': JSON.stringify({ jwt }) };
}

/** Lists as `[a b]`, objects as JSON. */
function claimText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(claimText).join(' ')}]`;
  return JSON.stringify(value);
}
