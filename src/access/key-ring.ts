import type { ApiKeyDetail } from '../contract/index.ts';

/** Whose a signature is, and with what it was made. */
export interface SigningCredential {
  readonly key: ApiKeyDetail;
  readonly secretAccessKey: string;
}

/** Credentials for some time. */
export interface SigningSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The API keys with scopes, as wire APIs ask for them. Each answer counts for the request at hand only. */
export interface KeyRing {
  /** Whether there is any. Cheap. */
  readonly hasScopes: boolean;
  /** Whether one of them signs requests of AWS's clients. Cheap. */
  readonly hasSigning: boolean;
  /** The key that a caller sent; undefined for any other text, for keys of routes, and once it has expired. */
  identify(key: string): ApiKeyDetail | undefined;
  /** Whose an access key id is; `unknown` also where a session token is not that of this id. */
  credential(accessKeyId: string, sessionToken: string | undefined): SigningCredential | 'unknown' | 'expired';
  /** Makes credentials with the rights of a key, until a time (milliseconds since the epoch). */
  session(key: ApiKeyDetail, expiresAt: number): SigningSession;
}
