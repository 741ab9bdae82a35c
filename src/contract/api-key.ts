import type { Brand } from './brand.ts';

/** An API key's name: 1 to 64 of `a-z A-Z 0-9 - _ .`, beginning with a letter or digit. */
export type ApiKeyName = Brand<string, 'ApiKeyName'>;

const API_KEY_NAME = /^[a-zA-Z0-9][a-zA-Z0-9-_.]{0,63}$/;

/** Whether a text has the form of an API key's name. */
export function isApiKeyName(text: string): text is ApiKeyName {
  return API_KEY_NAME.test(text);
}

/** What a key may allow: to invoke; to deploy, delete and configure; to read about functions and their logs; everything. */
export const KEY_SCOPES = ['invoke', 'deploy', 'read', 'admin'] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** Words for scopes that are had together, from most to least. They are Glambdar's roles. */
export const API_KEY_ROLES = ['admin', 'deployer', 'invoker', 'viewer'] as const;
export type ApiKeyRole = (typeof API_KEY_ROLES)[number];

/** The scopes that each role stands for. */
export const ROLE_SCOPES: Readonly<Record<ApiKeyRole, readonly KeyScope[]>> = {
  admin: ['admin'],
  deployer: ['invoke', 'deploy', 'read'],
  invoker: ['invoke', 'read'],
  viewer: ['read'],
};

/** The role that stands for exactly these scopes; null if none does. Pure. */
export function roleOf(scopes: readonly KeyScope[]): ApiKeyRole | null {
  if (scopes.includes('admin')) return 'admin';
  const isSame = (role: ApiKeyRole): boolean =>
    ROLE_SCOPES[role].length === scopes.length && ROLE_SCOPES[role].every((scope) => scopes.includes(scope));
  return API_KEY_ROLES.find(isSame) ?? null;
}

const FUNCTION_PATTERN = /^[a-zA-Z0-9-_]{1,64}\*?$/;

/** Whether a text names functions: one by its name, or all that begin alike, as `orders-*`. */
export function isFunctionPattern(text: string): boolean {
  return FUNCTION_PATTERN.test(text);
}

/** Whether one of some patterns names a function; none at all name every function. Pure. */
export function namesFunction(patterns: readonly string[], name: string): boolean {
  if (patterns.length === 0) return true;
  return patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name));
}

/** What a key allows, and of which functions. */
export interface KeyRights {
  /** Empty for a key of routes with `auth: api-key`, which no API accepts. */
  readonly scopes: readonly KeyScope[];
  /** Names or beginnings of names (`orders-*`); empty for all functions. */
  readonly functions: readonly string[];
}

/** A key for routes with `auth: api-key`, or for APIs, without the key itself. */
export interface ApiKeyDetail extends KeyRights {
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
  /** The word for its scopes; null if there is none. */
  readonly role: ApiKeyRole | null;
  /** By which clients of AWS name it; null for a key that cannot sign their requests. */
  readonly accessKeyId: string | null;
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
  /** Milliseconds until it is refused, in place of days. */
  readonly lifetimeMs?: number;
  readonly by?: string;
  /** Requests per UTC day; absent or null for any number. */
  readonly quota?: number | null;
  /** A word for scopes, in place of them. */
  readonly role?: ApiKeyRole | null;
  /** What it allows at APIs; absent or empty: it is a key for routes. */
  readonly scopes?: readonly KeyScope[];
  /** Names or beginnings of names (`orders-*`); absent or empty for all functions. */
  readonly functions?: readonly string[];
  /** Whether it also signs requests of AWS's clients; by default each key with scopes does. */
  readonly aws?: boolean;
}

/** Changes what is given of a key. */
export interface UpdateApiKeyRequest {
  /** Requests per UTC day; null for any number. */
  readonly quota?: number | null;
  /** Of a key that has some. */
  readonly scopes?: readonly KeyScope[];
  readonly functions?: readonly string[];
  /** Milliseconds from now until it is refused; null for never. */
  readonly lifetimeMs?: number | null;
}

/** A new key: `key` and `secretAccessKey` are shown once and kept nowhere. */
export interface CreateApiKeyAnswer extends ApiKeyDetail {
  readonly key: string;
  /** With which clients of AWS sign; null for a key that cannot sign their requests. */
  readonly secretAccessKey: string | null;
}
