import { lamError } from '../errors/index.ts';
import type { Challenge } from './challenge.ts';
import type { OciCredentials } from './docker-config.ts';
import { bodyOf, isHttps, mayLeadTo, type HttpAsk, type HttpCaller } from './exchange.ts';
import { connectionError, refusalText } from './failures.ts';

/** What a request does at a registry. */
export interface OciAccess {
  readonly repository: string;
  readonly action: 'pull' | 'push' | 'list';
}

/** Longest answer of a token service (bytes). */
const TOKEN_BYTES = 1024 * 1024;

/** The registry and the user that an authorization is for. */
export interface OciParty {
  readonly caller: HttpCaller;
  readonly host: string;
  readonly isSecure: boolean;
  readonly credentials: OciCredentials | undefined;
}

/** What a request to a registry carries after a challenge. */
export interface Authorization {
  /** Value of the header. */
  readonly value: string;
  /** Whether a token service knows the user: what is refused then is beyond the user's rights. */
  readonly isKnown: boolean;
}

/**
 * Answers a challenge: by the user's password, or by a token that the service at its `realm` gives for it. Throws
 * `LAM_OCI_UNAUTHORIZED`, `LAM_OCI_REFUSED` or what connecting throws.
 */
export async function authorize(party: OciParty, challenge: Challenge, access: OciAccess): Promise<Authorization> {
  const { credentials, host } = party;
  if (credentials?.kind === 'bearer') return { value: `Bearer ${credentials.token}`, isKnown: false };
  if (challenge.scheme === 'bearer')
    return { value: `Bearer ${await token(party, challenge, access)}`, isKnown: credentials !== undefined };
  if (credentials?.kind !== 'password') {
    const { repository } = access;
    throw lamError('LAM_OCI_UNAUTHORIZED', { host, repository, known: credentials !== undefined });
  }
  return { value: basic(credentials), isKnown: false };
}

/** The scope of an access in the words of token services. Pure. */
function scopeOf({ repository, action }: OciAccess): string {
  if (action === 'list') return 'registry:catalog:*';
  return `repository:${repository}:${action === 'push' ? 'pull,push' : 'pull'}`;
}

async function token(
  { caller, host, isSecure, credentials }: OciParty,
  { realm, service, scope }: Extract<Challenge, { readonly scheme: 'bearer' }>,
  access: OciAccess,
): Promise<string> {
  const url = new URL(realm);
  const refuse = (status: number, reason: string): Error =>
    lamError('LAM_OCI_REFUSED', { host, status, what: `the request for a token at '${url.origin}'`, reason });
  // A password must not leave by a worse connection than the one to the registry.
  if (!mayLeadTo(new URL(isSecure ? 'https://x' : 'http://x'), url))
    throw refuse(401, 'its token service is not asked by HTTPS');
  const fields = new URLSearchParams();
  if (service !== undefined) fields.set('service', service);
  // What is pushed is also looked for, but services give rights only for the scopes that they are asked for.
  fields.set('scope', access.action === 'push' || scope === undefined ? scopeOf(access) : scope);
  const incoming = await caller.ask(tokenAsk(url, credentials, fields)).catch((error: unknown) => {
    throw connectionError(error, url.host, isHttps(url));
  });
  const status = incoming.statusCode ?? 0;
  if (status === 401 || status === 403) {
    incoming.resume();
    throw lamError('LAM_OCI_UNAUTHORIZED', {
      host,
      repository: access.repository,
      known: credentials !== undefined,
    });
  }
  if (status !== 200) throw refuse(status, await refusalText(incoming));
  const given = tokenIn(String(await bodyOf(incoming, TOKEN_BYTES, 'the token').catch(() => '')));
  if (given === undefined) throw refuse(status, 'it has no token');
  return given;
}

/** The request of docker's clients: a form with an identity token, otherwise a query, with the password if there is one. */
function tokenAsk(url: URL, credentials: OciCredentials | undefined, fields: URLSearchParams): HttpAsk {
  if (credentials?.kind === 'identity') {
    const grant = { grant_type: 'refresh_token', client_id: 'lam', refresh_token: credentials.token };
    const body = new URLSearchParams([...fields, ...Object.entries(grant)]);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url, headers, body: Buffer.from(body.toString()) };
  }
  const at = new URL(url);
  for (const [name, value] of fields) at.searchParams.set(name, value);
  const headers = credentials?.kind === 'password' ? { authorization: basic(credentials) } : undefined;
  return { method: 'GET', url: at, ...(headers === undefined ? {} : { headers }) };
}

function tokenIn(text: string): string | undefined {
  try {
    const answer = JSON.parse(text) as { token?: unknown; access_token?: unknown };
    const found = answer.token ?? answer.access_token;
    return typeof found === 'string' && /^[\x21-\x7e]+$/.test(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function basic({ username, password }: Extract<OciCredentials, { readonly kind: 'password' }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
