import type { Brand } from './brand.ts';

/** An API key's name: 1 to 64 of `a-z A-Z 0-9 - _ .`, beginning with a letter or digit. */
export type ApiKeyName = Brand<string, 'ApiKeyName'>;

const API_KEY_NAME = /^[a-zA-Z0-9][a-zA-Z0-9-_.]{0,63}$/;

/** Whether a text has the form of an API key's name. */
export function isApiKeyName(text: string): text is ApiKeyName {
  return API_KEY_NAME.test(text);
}

/** What keys for Glambdar's API allow, from most to least. */
export const API_KEY_ROLES = ['admin', 'deployer', 'invoker', 'viewer'] as const;
export type ApiKeyRole = (typeof API_KEY_ROLES)[number];

/** A key for routes with `auth: api-key`, or for Glambdar's API, without the key itself. */
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
  /** Requests per UTC day; null for any number. */
  readonly quota: number | null;
  /** What it allows at Glambdar's API, where alone it is accepted then; null for a key of routes. */
  readonly role: ApiKeyRole | null;
}

/** A key and what it has used. */
export interface ListedApiKey extends ApiKeyDetail {
  /** Requests of this UTC day that count against the quota; null where there is none. */
  readonly used: number | null;
  /** When the count begins anew (milliseconds since the epoch); null where there is no quota. */
  readonly resetsAt: number | null;
}

/** Requests of one key on a UTC day. */
export interface DayUsage {
  /** Days since the epoch. */
  readonly day: number;
  readonly used: number;
}

/** Requests of a key on the day that counts now, and on the one that counted before. */
export interface KeyUsage extends DayUsage {
  readonly previous: DayUsage | null;
}

/** Creates a key. */
export interface CreateApiKeyRequest {
  readonly name: string;
  /** Days until it is refused; absent for never. */
  readonly days?: number;
  readonly by?: string;
  /** Requests per UTC day; absent or null for any number. */
  readonly quota?: number | null;
  /** Makes it a key for Glambdar's API; absent or null: one for routes. */
  readonly role?: ApiKeyRole | null;
}

/** Changes a key. */
export interface UpdateApiKeyRequest {
  /** Requests per UTC day; null for any number. */
  readonly quota: number | null;
}

/** A new key: `key` is shown once and kept nowhere. */
export interface CreateApiKeyAnswer extends ApiKeyDetail {
  readonly key: string;
}
