import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiKeyDetail } from '../../contract/index.ts';
import { Lru } from '../../kit/index.ts';
import { accessKeyIdOf } from './access-key-id.ts';
import type { ApiKeyStore } from './api-key-store.ts';
import type { MasterSecret } from './master-secret.ts';

/** Bytes of a secret access key: 40 characters, as AWS's have. */
const SECRET_BYTES = 30;
const MOST_SECRETS = 1000;

/** With what a request may be signed. */
export interface AwsCredential {
  readonly key: ApiKeyDetail;
  readonly secretAccessKey: string;
}

/** Credentials for some time, with the rights of the key that asked for them. */
export interface AwsSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What a session's token says. */
interface SessionFacts {
  readonly accessKeyId: string;
  readonly keyId: string;
  readonly expiresAt: number;
}

/** The credentials with which clients of AWS sign, derived from the master secret and the ids of keys. */
export class AwsCredentials {
  readonly #keys: ApiKeyStore;
  readonly #master: MasterSecret;
  /** Secrets that were derived, which clients use again and again. */
  readonly #secrets = new Lru<string>(MOST_SECRETS, () => 1);

  constructor(keys: ApiKeyStore, master: MasterSecret) {
    this.#keys = keys;
    this.#master = master;
  }

  /** The secret access key of a key that was added; null for one that cannot sign. */
  secretOf({ accessKeyId }: ApiKeyDetail): string | null {
    return accessKeyId === null ? null : this.#secret('secret access key', accessKeyId);
  }

  /**
   * Whose an access key id is; `unknown` where there is no such key, or the session token is not that of this id;
   * `expired` where key or session have expired. @param now milliseconds since the epoch
   */
  find(accessKeyId: string, sessionToken: string | undefined, now: number): AwsCredential | 'unknown' | 'expired' {
    if (!this.#master.isMade) return 'unknown';
    const session = sessionToken === undefined ? undefined : this.#sessionOf(sessionToken);
    if (sessionToken !== undefined && session?.accessKeyId !== accessKeyId) return 'unknown';
    const key = session === undefined ? this.#keys.byAccessKey(accessKeyId) : this.#keys.byId(session.keyId);
    if (key === undefined || key.accessKeyId === null) return 'unknown';
    if ((key.expiresAt ?? Infinity) <= now || (session?.expiresAt ?? Infinity) <= now) return 'expired';
    const purpose = session === undefined ? 'secret access key' : 'secret of a session';
    return { key, secretAccessKey: this.#secret(purpose, accessKeyId) };
  }

  /** Makes credentials with the rights of a key, until a time (milliseconds since the epoch). They are kept nowhere. */
  session(key: ApiKeyDetail, expiresAt: number): AwsSession {
    const accessKeyId = accessKeyIdOf(randomBytes(16).toString('hex'), 'session');
    const facts: SessionFacts = { accessKeyId, keyId: key.id, expiresAt };
    const text = Buffer.from(JSON.stringify(facts)).toString('base64url');
    return {
      accessKeyId,
      secretAccessKey: this.#secret('secret of a session', accessKeyId),
      sessionToken: `${text}.${this.#master.derive('token of a session', text).toString('base64url')}`,
      expiresAt,
    };
  }

  #secret(purpose: string, accessKeyId: string): string {
    const name = `${purpose} ${accessKeyId}`;
    const kept = this.#secrets.get(name);
    if (kept !== undefined) return kept;
    const secret = this.#master.derive(purpose, accessKeyId).subarray(0, SECRET_BYTES).toString('base64url');
    this.#secrets.set(name, secret);
    return secret;
  }

  /** What a token says that this home made; undefined for any other text. */
  #sessionOf(token: string): SessionFacts | undefined {
    const [text = '', mac = ''] = token.split('.');
    const wanted = this.#master.derive('token of a session', text);
    const given = Buffer.from(mac, 'base64url');
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as SessionFacts;
  }
}
