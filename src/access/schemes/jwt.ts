import type { JWTPayload, JWTVerifyOptions } from 'jose';
import type { FunctionName } from '../../contract/index.ts';
import { isLamError, lamError, type LamError } from '../../errors/index.ts';
import { Lru, type EpochMs } from '../../kit/index.ts';
import { duplicateFault, quotedText, tokenOf, unauthenticated } from '../credentials.ts';
import { parseSource, valueAt, type IdentitySource } from '../identity-source.ts';
import { contextOf, isFor, scopesOf } from '../jwt/claims.ts';
import { KeySets, type KeySet } from '../jwt/key-sets.ts';
import { CLOCK_SKEW, JWT_OPTIONS, jwtFault, type JwtOptions } from '../jwt/options.ts';
import { verifyWithKeys, verifyWithSecrets } from '../jwt/verify.ts';
import type { AccessGrant, AccessHead, AccessHost, AuthScheme, Authorizer, AccessVerdict } from '../scheme.ts';
import { secretsOf } from '../secrets.ts';

/** Accepted tokens that a route remembers. */
const MOST_TOKENS = 1000;
/** How long an accepted token is not checked again (ms). */
const REMEMBER_MS = 5 * 60_000;
/** Longest token (characters): it becomes a key of the cache. */
const MOST_CHARS = 16_384;

/** Tokens of an issuer: JWTs (RFC 7519) as bearer tokens (RFC 6750). */
export const jwt: AuthScheme<JwtOptions> = {
  summary: 'JSON Web Tokens of an issuer',
  options: JWT_OPTIONS,
  required: [],
  fault: jwtFault,
  open(host) {
    const keySets = new KeySets(host.clock, host.onTrouble);
    return (options, functionName) => new JwtAuthorizer(host, options, functionName, keySets);
  },
};

/** A token that was accepted. */
interface Accepted {
  readonly grant: AccessGrant;
  readonly from: EpochMs;
  readonly until: EpochMs;
  /** The fetch of keys, or the secrets, by which it was accepted. */
  readonly keys: unknown;
}

/** What a head says of the token. */
interface TokenRead {
  readonly token: string | undefined;
  readonly fault: LamError | undefined;
}

class JwtAuthorizer implements Authorizer {
  readonly #host: AccessHost;
  readonly #options: JwtOptions;
  readonly #functionName: FunctionName;
  readonly #source: IdentitySource;
  readonly #keySet: KeySet | undefined;
  readonly #accepted = new Lru<Accepted>(MOST_TOKENS, () => 1);
  /** Clients that stay connected send the same head again, which then is the same object. */
  readonly #read = new WeakMap<AccessHead, TokenRead>();

  // oxlint-disable-next-line max-params -- the daemon, the options, whose route it is, and the keys of all routes
  constructor(host: AccessHost, options: JwtOptions, functionName: FunctionName, keySets: KeySets) {
    const { issuer = '', jwks, secret, identitySource: [source] = [] } = options;
    this.#host = host;
    this.#options = options;
    this.#functionName = functionName;
    this.#source = (source === undefined ? undefined : parseSource(source)) ?? {
      kind: 'header',
      name: 'authorization',
    };
    this.#keySet = secret === undefined ? keySets.of(jwks === undefined ? { issuer } : { jwks }) : undefined;
  }

  early(head: AccessHead): LamError | undefined {
    return this.#readOf(head).fault;
  }

  decide({ head }: Parameters<Authorizer['decide']>[0]): AccessVerdict | Promise<AccessVerdict> {
    const { token = '' } = this.#readOf(head);
    const keys = this.#keysInUse();
    if (isLamError(keys)) return keys;
    const known = this.#accepted.get(token);
    const now = this.#host.clock.now();
    if (known !== undefined && known.keys === keys && known.from <= now && now < known.until) {
      this.#keySet?.renewIfOld();
      return known.grant;
    }
    return this.#check(token, keys, now);
  }

  /** What changes when keys or secrets do. */
  #keysInUse(): unknown {
    if (this.#keySet !== undefined) return this.#keySet.fetchedAt;
    const secrets = secretsOf(this.#host, this.#functionName, this.#options.secret ?? []);
    return isLamError(secrets) ? secrets : secrets.join('\n');
  }

  // oxlint-disable-next-line max-params -- the token, by which keys, and when
  async #check(token: string, keys: unknown, now: EpochMs): Promise<AccessVerdict> {
    let payload: JWTPayload;
    try {
      payload = await this.#verified(token, now);
    } catch (error) {
      return this.#refusal(error);
    }
    const { audience, scopes = [], clockSkew = CLOCK_SKEW } = this.#options;
    const audiences = typeof audience === 'string' ? [audience] : audience;
    if (audiences !== undefined && !isFor(payload, audiences)) return invalid('the token is for another audience');
    const own = scopesOf(payload);
    if (scopes.length > 0 && !scopes.some((scope) => own.includes(scope))) return insufficient(scopes);
    const grant: AccessGrant = { context: contextOf(payload) };
    const { exp = 0, nbf = 0 } = payload;
    const until = Math.min((exp + clockSkew) * 1000, now + REMEMBER_MS);
    this.#accepted.set(token, {
      grant,
      from: Math.min(now, (nbf - clockSkew) * 1000),
      until,
      keys,
    });
    return grant;
  }

  async #verified(token: string, now: EpochMs): Promise<JWTPayload> {
    const { issuer, clockSkew = CLOCK_SKEW, secret = [] } = this.#options;
    const terms: JWTVerifyOptions = {
      ...(issuer === undefined ? {} : { issuer }),
      clockTolerance: clockSkew,
      currentDate: new Date(now),
      requiredClaims: ['exp'],
    };
    if (this.#keySet !== undefined) return verifyWithKeys(token, this.#keySet, terms);
    const secrets = secretsOf(this.#host, this.#functionName, secret);
    if (isLamError(secrets)) throw secrets;
    return verifyWithSecrets(token, secrets, this.#functionName, terms);
  }

  #refusal(error: unknown): LamError {
    if (isLamError(error)) return error;
    return invalid(faultOf(error));
  }

  #readOf(head: AccessHead): TokenRead {
    const known = this.#read.get(head);
    if (known !== undefined) return known;
    const token = this.#tokenOf(head);
    // RFC 6750, 3.1: without a token, the challenge names no error.
    const missing =
      token === undefined ? unauthenticated('the request has no token', HOW, 'Bearer realm="lam"') : undefined;
    const read = { token, fault: duplicateFault(head, this.#source) ?? missing };
    this.#read.set(head, read);
    return read;
  }

  #tokenOf(head: AccessHead): string | undefined {
    const value = valueAt(head, this.#source);
    if (value === undefined || value.length > MOST_CHARS) return undefined;
    const { kind, name } = this.#source;
    return tokenOf(value, 'bearer') ?? (kind === 'header' && name === 'authorization' ? undefined : value);
  }
}

const HOW = 'send a token of the issuer: Authorization: Bearer TOKEN';

function invalid(why: string): LamError {
  const challenge = `Bearer realm="lam", error="invalid_token", error_description=${quotedText(why)}`;
  return unauthenticated(why, HOW, challenge);
}

function insufficient(scopes: readonly string[]): LamError {
  const challenge = `Bearer realm="lam", error="insufficient_scope", scope=${quotedText(scopes.join(' '))}`;
  return lamError('LAM_ACCESS_DENIED', { why: `the token has none of the scopes ${scopes.join(', ')}`, challenge });
}

/** Words for the errors of jose, which name no part of the token. */
const FAULTS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'the token has expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'the signature of the token is wrong',
  ERR_JWKS_NO_MATCHING_KEY: "the token is signed with a key that is not one of the issuer's",
  ERR_JOSE_ALG_NOT_ALLOWED: 'the token is signed by an algorithm that is not accepted here',
};

function faultOf(error: unknown): string {
  const { code = '', claim } = error as { readonly code?: string; readonly claim?: string };
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED')
    return claim === 'nbf' ? 'the token is not valid yet' : `the claim ${claim} of the token is not accepted`;
  return FAULTS[code] ?? 'the token is malformed';
}
