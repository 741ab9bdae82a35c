import { timingSafeEqual } from 'node:crypto';
import { isLamError, lamError, type LamError } from '../../errors/index.ts';
import type { Clock } from '../../kit/index.ts';
import type { KeyRing, SigningCredential } from '../key-ring.ts';
import type { AccessHead } from '../scheme.ts';
import { canonicalRequest } from './canonical.ts';
import { readSignedChunks } from './chunks.ts';
import {
  signatureParts,
  STREAMED_PAYLOAD,
  timeOf,
  timeText,
  UNSIGNED_PAYLOAD,
  wrong,
  type SignatureParts,
} from './parse.ts';
import { hmac, scopeText, sha256, SigningKeys } from './signing.ts';

/** How far the clock of a client may be off, as at AWS (ms). */
const SKEW_MS = 300_000;
const MINUTE_MS = 60_000;

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

/** A request whose signature was right: whose it is, and its body without the framing of signed chunks. */
export interface VerifiedRequest extends SigningCredential {
  /** Of the key, or of a session. */
  readonly accessKeyId: string;
  /** It was signed with the credentials of a session. */
  readonly isSession: boolean;
  readonly body: Uint8Array;
}

/** What a verifier needs. */
export interface VerifierParts {
  readonly keys: Pick<KeyRing, 'credential'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Names in the scope of signatures that count. */
  readonly services: readonly string[];
  /** Whether bodies that are signed in chunks or not at all are refused. */
  readonly isBodySigned?: boolean;
}

/**
 * Verifies signatures of AWS's clients (Signature Version 4): in headers or in the query of a presigned URL. Signatures
 * may come again until they expire, as at AWS.
 */
export class SignatureVerifier {
  readonly #keys: Pick<KeyRing, 'credential'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #services: readonly string[];
  readonly #isBodySigned: boolean;
  readonly #signingKeys = new SigningKeys();
  /** How heads are signed, which are asked about before and after their body has come. */
  readonly #parts = new WeakMap<AccessHead, SignatureParts | LamError | undefined>();
  /** With which secret the signature of a head was found to be right, whatever its body is. */
  readonly #right = new WeakMap<AccessHead, string>();

  constructor({ keys, clock, services, isBodySigned = false }: VerifierParts) {
    this.#keys = keys;
    this.#clock = clock;
    this.#services = services;
    this.#isBodySigned = isBodySigned;
  }

  /** Whether a request is signed, however wrongly. */
  isSigned(head: AccessHead): boolean {
    return this.#partsOf(head) !== undefined;
  }

  /**
   * Refuses what needs no body: unknown and expired keys, a clock that is off, and a signature that is wrong whatever
   * the body is. Called before a body is read.
   */
  early(head: AccessHead): LamError | undefined {
    const known = this.#known(head);
    if (isLamError(known)) return known;
    const { parts, credential } = known;
    const { payloadHash } = parts;
    if (payloadHash === undefined || this.#right.get(head) === credential.secretAccessKey) return undefined;
    const fault = this.#signatureFault(head, parts, credential, payloadHash);
    if (fault === undefined) this.#right.set(head, credential.secretAccessKey);
    return fault;
  }

  /** Returns whose request it is, or why it is refused. */
  verify(head: AccessHead, body: Uint8Array): VerifiedRequest | LamError {
    const known = this.#known(head);
    if (isLamError(known)) return known;
    const { parts, credential } = known;
    const { payloadHash, accessKeyId } = parts;
    const isRight = payloadHash !== undefined && this.#right.get(head) === credential.secretAccessKey;
    const fault = isRight ? undefined : this.#signatureFault(head, parts, credential, payloadHash ?? sha256(body));
    if (fault !== undefined) return fault;
    const read = this.#bodyOf(head, parts, credential, body);
    return read === undefined
      ? wrong(MISMATCH, accessKeyId)
      : { ...credential, accessKeyId, isSession: parts.sessionToken !== undefined, body: read };
  }

  #partsOf(head: AccessHead): SignatureParts | LamError | undefined {
    if (this.#parts.has(head)) return this.#parts.get(head);
    const parts = signatureParts(head);
    this.#parts.set(head, parts);
    return parts;
  }

  /** The key of a request, which may not be used wrongly or at another time. */
  #known(head: AccessHead): { readonly parts: SignatureParts; readonly credential: SigningCredential } | LamError {
    const parts = this.#partsOf(head);
    if (parts === undefined) return lamError('LAM_ACCESS_UNSIGNED', {});
    if (isLamError(parts)) return parts;
    const { accessKeyId, sessionToken, service, payloadHash } = parts;
    const credential = this.#keys.credential(accessKeyId, sessionToken);
    if (credential === 'unknown') return lamError('LAM_ACCESS_CLIENT_UNKNOWN', { accessKeyId });
    if (credential === 'expired') return lamError('LAM_ACCESS_TOKEN_EXPIRED', { accessKeyId });
    if (!this.#services.includes(service))
      return wrong(`Credential should be scoped to correct service: '${this.#services[0] ?? ''}'. `, accessKeyId);
    if (this.#isBodySigned && (payloadHash === UNSIGNED_PAYLOAD || payloadHash === STREAMED_PAYLOAD))
      return wrong(MISMATCH, accessKeyId);
    return timeFault(parts, this.#clock.now()) ?? { parts, credential };
  }

  // oxlint-disable-next-line max-params -- the head, what it says, whose it is, and the hash of its body
  #signatureFault(
    head: AccessHead,
    parts: SignatureParts,
    { secretAccessKey }: SigningCredential,
    payloadHash: string,
  ): LamError | undefined {
    const request = canonicalRequest(head, parts, payloadHash);
    if (request === undefined) return wrong(MISMATCH, parts.accessKeyId);
    const text = `AWS4-HMAC-SHA256\n${parts.signedAt}\n${scopeText(parts)}\n${sha256(request)}`;
    const wanted = hmac(this.#signingKeys.of(parts, secretAccessKey), text);
    const given = Buffer.from(parts.signature, 'hex');
    // What is behind hexadecimal digits is not read.
    const isWhole = parts.signature.length === 2 * wanted.length && given.length === wanted.length;
    return isWhole && timingSafeEqual(given, wanted) ? undefined : wrong(MISMATCH, parts.accessKeyId);
  }

  /** The bytes of a body; undefined where they are not those that were signed. */
  // oxlint-disable-next-line max-params -- as before
  #bodyOf(
    head: AccessHead,
    parts: SignatureParts,
    { secretAccessKey }: SigningCredential,
    body: Uint8Array,
  ): Uint8Array | undefined {
    const { payloadHash } = parts;
    if (payloadHash === undefined || payloadHash === UNSIGNED_PAYLOAD) return body;
    if (payloadHash !== STREAMED_PAYLOAD) return sha256(body) === payloadHash ? body : undefined;
    const read = readSignedChunks(body, parts, this.#signingKeys.of(parts, secretAccessKey));
    const announced = head.headers['x-amz-decoded-content-length'];
    return announced === undefined || Number(announced) === read?.byteLength ? read : undefined;
  }
}

/** Why a signature does not count now, in AWS's words, or undefined. */
function timeFault({ signedAt, expiresMs, accessKeyId }: SignatureParts, now: number): LamError | undefined {
  const at = timeOf(signedAt) ?? 0;
  const nowText = timeText(now);
  if (at - SKEW_MS > now)
    return wrong(
      `Signature not yet current: ${signedAt} is still later than ${timeText(now + SKEW_MS)} (${nowText} + 5 min.)`,
      accessKeyId,
    );
  const lasts = expiresMs ?? SKEW_MS;
  if (at + lasts >= now) return undefined;
  const span = lasts % MINUTE_MS === 0 ? `${lasts / MINUTE_MS} min.` : `${lasts / 1000} sec.`;
  return wrong(
    `Signature expired: ${signedAt} is now earlier than ${timeText(now - lasts)} (${nowText} - ${span})`,
    accessKeyId,
  );
}
