/** Header values by name in lower case. */
export type SignedHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A signed request, as far as signatures are about it. */
export interface SignedRequest {
  readonly headers: SignedHeaders;
  /** As received: any change of a byte breaks the signature. */
  readonly body: Uint8Array;
}

/** What a request claims, not checked yet. */
export interface SignatureClaim {
  /** What was signed before the body. */
  readonly prefix: string;
  /** SHA-256 HMACs, 32 bytes each; one of them must be right. */
  readonly signatures: readonly Uint8Array[];
  /** When the sender signed it (seconds since the epoch); undefined in schemes that do not say. */
  readonly timestamp: number | undefined;
  /** The sender's id of the message; undefined in schemes without. Not always signed. */
  readonly id: string | undefined;
}

/** Why a request cannot be checked: a header is `missing`, or is not in the form of the scheme. */
export interface UnreadableSignature {
  readonly fault: 'missing' | 'malformed';
  /** The header. */
  readonly header: string;
}

/** How a sender of webhooks signs them: HMAC-SHA256 with a shared secret. */
export interface SignatureScheme {
  /** Header with the signature. */
  readonly header: string;
  /** Returns what the request claims. Pure. */
  read(request: SignedRequest): SignatureClaim | UnreadableSignature;
  /** Returns the key that a secret stands for, or what is wrong with the secret, as words to follow it. Pure. */
  keyOf(secret: string): Uint8Array | string;
}

/** The value of a header that occurs once; a fault otherwise. Pure. */
export function soleHeader({ headers }: SignedRequest, header: string): string | UnreadableSignature {
  const value = headers[header];
  if (value === undefined || value === '') return { fault: 'missing', header };
  return typeof value === 'string' ? value : { fault: 'malformed', header };
}

/** Bytes of a SHA-256 HMAC in hexadecimal digits; undefined for any other text. Pure. */
export function hexDigest(text: string): Uint8Array | undefined {
  return /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : undefined;
}

/** Seconds since the epoch in decimal digits; undefined for any other text. Pure. */
export function epochSeconds(text: string): number | undefined {
  return /^[0-9]{1,12}$/.test(text) ? Number(text) : undefined;
}

/** The bytes of a secret, for schemes that use it as it is. Pure. */
export function textKey(secret: string): Uint8Array | string {
  return secret === '' ? 'is empty' : Buffer.from(secret);
}
