import { sourceFault } from '../identity-source.ts';
import type { AuthOption, AuthOptions } from '../scheme.ts';
import { SECRET, secretFault } from '../secrets.ts';

export interface JwtOptions extends AuthOptions {
  readonly issuer?: string;
  readonly audience?: string | readonly string[];
  readonly jwks?: string;
  readonly secret?: string | readonly string[];
  readonly scopes?: readonly string[];
  /** Seconds. */
  readonly clockSkew?: number;
  readonly identitySource?: readonly string[];
}

/** Default of `clockSkew` (seconds). */
export const CLOCK_SKEW = 30;

export const IDENTITY_SOURCE: AuthOption = {
  description:
    'Where the credentials are, in the words of API Gateway: $request.header.NAME or $request.querystring.NAME. The cache of a Lambda authorizer goes by these.',
  type: 'array',
  items: { type: 'string', minLength: 1 },
  minItems: 1,
  default: ['$request.header.Authorization'],
  examples: [['$request.header.Authorization']],
};

export const JWT_OPTIONS: Readonly<Record<string, AuthOption>> = {
  issuer: {
    description:
      '`iss` of tokens. Its keys are found in its OpenID configuration, unless `jwks` or `secret` says otherwise.',
    type: 'string',
    minLength: 1,
    examples: ['https://accounts.example.com'],
  },
  audience: {
    description: '`aud` of tokens, or `client_id` of tokens without; one of several.',
    type: ['string', 'array'],
    items: { type: 'string', minLength: 1 },
    minItems: 1,
    minLength: 1,
    examples: ['orders', ['orders', 'billing']],
  },
  jwks: {
    description: "URL of the issuer's keys (JWK set).",
    type: 'string',
    minLength: 1,
    examples: ['https://accounts.example.com/keys'],
  },
  secret: SECRET,
  scopes: {
    description: 'Scopes of which a token must have at least one, in `scope` or `scp`.',
    type: 'array',
    items: { type: 'string', minLength: 1 },
    minItems: 1,
    examples: [['orders.read']],
  },
  clockSkew: {
    description: "How far the issuer's clock may be off (seconds).",
    type: 'integer',
    minimum: 0,
    maximum: 600,
    default: CLOCK_SKEW,
    examples: [60],
  },
  identitySource: IDENTITY_SOURCE,
};

/** Returns the first fault of the options that their schema cannot express. Pure. */
export function jwtFault({ issuer, jwks, secret, identitySource = [] }: JwtOptions): string | undefined {
  if (identitySource.length > 1) return 'has several entries in identitySource; a token is at one place';
  const source = sourceFault(identitySource);
  if (source !== undefined) return source;
  if (secret !== undefined) {
    if (jwks !== undefined) return 'has jwks and secret; tokens are signed with one of them';
    const fault = secretFault(secret);
    return fault === undefined ? undefined : `has a secret ${fault}`;
  }
  if (jwks !== undefined)
    return isHttpUrl(jwks) ? undefined : `has jwks '${jwks}', which is no URL like https://HOST/keys`;
  if (issuer === undefined) return 'has neither issuer nor jwks nor secret';
  return isHttpUrl(issuer) ? undefined : `has the issuer '${issuer}', which is no URL; say where its keys are: jwks`;
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\/[^@]+$/.test(text);
}
