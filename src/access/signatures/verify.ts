import { createHmac, timingSafeEqual } from 'node:crypto';
import type { EpochMs } from '../../kit/index.ts';
import { SIGNATURES, type SignatureName } from './list.ts';
import type { SignatureScheme, SignedRequest } from './scheme.ts';

/** What signatures are checked against. */
export interface SignatureTerms {
  /** Its name, or a scheme that is in no list. */
  readonly scheme: SignatureName | SignatureScheme;
  /** The signature must be of one of them; two while a secret is rotated. */
  readonly secrets: readonly string[];
  readonly now: EpochMs;
  /** How far the time of a signature may be from now, in either direction (seconds). */
  readonly tolerance: number;
}

/** An authentic request. */
export interface VerifiedSignature {
  /** The sender's id of the message, where the scheme has one. */
  readonly id: string | undefined;
  /** Seconds since the epoch. */
  readonly timestamp: number | undefined;
  /** The same for each copy of the request and for no other one. Retries of senders that sign the time differ. */
  readonly fingerprint: string;
}

/**
 * Why a request is refused: without a signature, with one that is none, with one of another secret or content, or with
 * one that is older or newer than allowed. `bad-secret`: the fault is in the secret, not in the request.
 */
export interface SignatureFault {
  readonly fault: 'missing' | 'malformed' | 'forged' | 'stale' | 'bad-secret';
  /** Header or secret and what is wrong with it, as a sentence without its end. Contains no secret. */
  readonly why: string;
}

/**
 * Checks that a request was signed with one of the secrets, recently. Compares in constant time. Does not know whether
 * the request is a copy; see `ReplayMemory`. Pure.
 */
export function verifySignature(request: SignedRequest, terms: SignatureTerms): VerifiedSignature | SignatureFault {
  const scheme = typeof terms.scheme === 'string' ? SIGNATURES[terms.scheme] : terms.scheme;
  const keys: Uint8Array[] = [];
  for (const secret of terms.secrets) {
    const key = scheme.keyOf(secret);
    if (typeof key === 'string') return { fault: 'bad-secret', why: `the secret of the webhook ${key}` };
    keys.push(key);
  }
  const claim = scheme.read(request);
  if ('fault' in claim) {
    const { fault, header } = claim;
    return { fault, why: `the header ${header} ${fault === 'missing' ? 'is missing' : 'is malformed'}` };
  }
  const { prefix, signatures, timestamp, id } = claim;
  let right: Uint8Array | undefined;
  for (const key of keys) {
    const expected = createHmac('sha256', key).update(prefix).update(request.body).digest();
    // No early end, so that the time does not tell which one was right.
    for (const given of signatures) if (timingSafeEqual(expected, given)) right = expected;
  }
  if (right === undefined) return { fault: 'forged', why: `the signature in ${scheme.header} does not match` };
  if (timestamp !== undefined && Math.abs(terms.now / 1000 - timestamp) > terms.tolerance)
    return { fault: 'stale', why: `the signature is more than ${terms.tolerance} s from the present` };
  return { id, timestamp, fingerprint: Buffer.from(right).toString('base64') };
}
