import type { createLocalJWKSet, JWTPayload, JWTVerifyOptions } from 'jose';
import type { FunctionName } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import type { KeySet } from './key-sets.ts';

type Keys = ReturnType<typeof createLocalJWKSet>;

/**
 * Public keys go with these algorithms alone. With a list for each kind of key, neither `none` nor an HMAC made with a
 * public key as its secret is ever tried.
 */
const PUBLIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
const SHARED = ['HS256', 'HS384', 'HS512'];
/** Least length of a shared secret (bytes): that of the shortest hash (RFC 7518, 3.2). */
const LEAST_SECRET = 32;

/** Checks a token with an issuer's keys. Rejects with an error of jose or `LAM_ACCESS_KEYS_UNAVAILABLE`. */
export async function verifyWithKeys(token: string, keySet: KeySet, terms: JWTVerifyOptions): Promise<JWTPayload> {
  const keys = await keySet.current();
  try {
    return await verified(token, keys, terms);
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'ERR_JWKS_NO_MATCHING_KEY') throw error;
    // The issuer may have a new key.
    const renewed = await keySet.renewed();
    if (renewed === undefined) throw error;
    return verified(token, renewed, terms);
  }
}

async function verified(token: string, keys: Keys, terms: JWTVerifyOptions): Promise<JWTPayload> {
  const { jwtVerify, errors } = await import('jose');
  const options = { ...terms, algorithms: PUBLIC };
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // The token names no key, and several fit.
    let last: unknown = error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (each) {
        if (!(each instanceof errors.JWSSignatureVerificationFailed)) throw each;
        last = each;
      }
    }
    throw last;
  }
}

/** Checks a token with shared secrets. Rejects with an error of jose or `LAM_ACCESS_BAD_SECRET`. */
// oxlint-disable-next-line max-params -- the token, its secrets, whose they are, and the claims
export async function verifyWithSecrets(
  token: string,
  secrets: readonly string[],
  name: FunctionName,
  terms: JWTVerifyOptions,
): Promise<JWTPayload> {
  const { jwtVerify, errors } = await import('jose');
  let last: unknown;
  for (const secret of secrets) {
    const key = Buffer.from(secret);
    if (key.length < LEAST_SECRET)
      throw lamError('LAM_ACCESS_BAD_SECRET', {
        name,
        why: `the secret of tokens is shorter than ${LEAST_SECRET} bytes`,
      });
    try {
      return (await jwtVerify(token, key, { ...terms, algorithms: SHARED })).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      last = error;
    }
  }
  throw last;
}
