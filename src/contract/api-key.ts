import type { Brand } from './brand.ts';

/** An API key's name: 1 to 64 of `a-z A-Z 0-9 - _ .`, beginning with a letter or digit. */
export type ApiKeyName = Brand<string, 'ApiKeyName'>;

const API_KEY_NAME = /^[a-zA-Z0-9][a-zA-Z0-9-_.]{0,63}$/;

/** Whether a text has the form of an API key's name. */
export function isApiKeyName(text: string): text is ApiKeyName {
  return API_KEY_NAME.test(text);
}

/** A key for routes with `auth: api-key`, without the key itself. */
export interface ApiKeyDetail {
  readonly name: ApiKeyName;
  /** Never reused, also not by a later key of the same name. */
  readonly id: string;
  /** First characters of the key, to recognize it by. */
  readonly prefix: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** From when it is refused (milliseconds since the epoch); null for never. */
  readonly expiresAt: number | null;
  /** As `user@host`; empty if not known. */
  readonly by: string;
}

/** Creates a key. */
export interface CreateApiKeyRequest {
  readonly name: string;
  /** Days until it is refused; absent for never. */
  readonly days?: number;
  readonly by?: string;
}

/** A new key: `key` is shown once and kept nowhere. */
export interface CreateApiKeyAnswer extends ApiKeyDetail {
  readonly key: string;
}
