import { randomBytes } from 'node:crypto';
import {
  isApiKeyName,
  isFunctionPattern,
  KEY_SCOPES,
  ROLE_SCOPES,
  type ApiKeyDetail,
  type ApiKeyName,
  type CreateApiKeyAnswer,
  type CreateApiKeyRequest,
  type KeyRights,
  type KeyScope,
  type ListedApiKey,
  type UpdateApiKeyRequest,
} from '../contract/index.ts';
import { lamError, type LamError } from '../errors/index.ts';
import { nearest, type Clock } from '../kit/index.ts';
import type { ApiKeyChange, ApiKeyStore, AwsCredentials, MasterSecret } from '../store/index.ts';

/** API keys: those of routes with `auth: api-key`, and those with scopes, which APIs accept. */
export interface ApiKeyOperations {
  /** All keys and what they have used, sorted by name. */
  list(): readonly ListedApiKey[];
  /**
   * Creates a key. Throws `LAM_OPERATIONS_INVALID_KEY_NAME`, `LAM_OPERATIONS_KEY_EXISTS`,
   * `LAM_OPERATIONS_INVALID_VALUE` or a `LAM_STORE_*` error of writing.
   */
  create(request: CreateApiKeyRequest): Promise<CreateApiKeyAnswer>;
  /**
   * Changes a key from the next request on. Throws `LAM_OPERATIONS_KEY_NOT_FOUND`, `LAM_OPERATIONS_INVALID_VALUE` or a
   * `LAM_STORE_*` error of writing.
   */
  update(name: string, change: UpdateApiKeyRequest): Promise<ListedApiKey>;
  /** Revokes a key with the next request, and forgets what it used. Throws `LAM_OPERATIONS_KEY_NOT_FOUND`. */
  revoke(name: string): Promise<ApiKeyDetail>;
}

/** Rooms that these operations use. */
export interface ApiKeyRooms {
  readonly store: {
    readonly apiKeys: ApiKeyStore;
    readonly masterSecret: MasterSecret;
    readonly awsCredentials: AwsCredentials;
  };
  readonly clock: Clock;
  readonly quotas: KeyQuotas;
}

/** What is counted of keys with a quota. */
interface KeyQuotas {
  /** Requests of this UTC day. */
  used(keyId: string): number;
  /** When the next UTC day begins (ms since the epoch). */
  resetsAt(): number;
  forget(keyId: string): void;
}

const DAY_MS = 86_400_000;
const MOST_DAYS = 36_500;
const MOST_QUOTA = 1_000_000_000;
const MOST_PATTERNS = 100;
/** Characters of a key that are shown afterwards, `lam_` included. */
const PREFIX_CHARS = 8;
/** Names every function, as no pattern at all does. */
const EVERY = '*';

/** Implements {@link ApiKeyOperations}. */
export function apiKeyOperations({ store, clock, quotas }: ApiKeyRooms): ApiKeyOperations {
  const { apiKeys, masterSecret, awsCredentials } = store;
  const listed = (key: ApiKeyDetail): ListedApiKey =>
    key.quota === null
      ? { ...key, used: null, resetsAt: null }
      : { ...key, used: quotas.used(key.id), resetsAt: quotas.resetsAt() };
  return {
    list: () => apiKeys.list().map(listed),
    async create(request) {
      const { name, by = '', quota = null } = request;
      if (!isApiKeyName(name)) throw lamError('LAM_OPERATIONS_INVALID_KEY_NAME', { name });
      const lifetimeMs = lifetimeOf(request);
      const rights = rightsOf(request);
      checkRights(rights, quota);
      const key = `lam_${randomBytes(32).toString('base64url')}`;
      const createdAt = clock.now();
      const expiresAt = lifetimeMs === null ? null : createdAt + lifetimeMs;
      const id = randomBytes(8).toString('hex');
      const aws = rights.scopes.length > 0 && request.aws !== false;
      if (aws) await masterSecret.make();
      const prefix = key.slice(0, PREFIX_CHARS);
      if (!(await apiKeys.add({ name, id, prefix, createdAt, expiresAt, by, quota, ...rights, aws }, key)))
        throw lamError('LAM_OPERATIONS_KEY_EXISTS', { name });
      const detail = apiKeys.byId(id) ?? notFound(apiKeys, name);
      return { ...detail, key, secretAccessKey: awsCredentials.secretOf(detail) };
    },
    async update(name, change) {
      const found = apiKeys.list().find((key) => key.name === name) ?? notFound(apiKeys, name);
      const changed = await apiKeys.change(found.name, changeOf(found, change, clock.now()));
      return listed(changed ?? notFound(apiKeys, name));
    },
    async revoke(name) {
      const revoked = (await apiKeys.remove(name as ApiKeyName)) ?? notFound(apiKeys, name);
      quotas.forget(revoked.id);
      return revoked;
    },
  };
}

/** Throws `LAM_OPERATIONS_KEY_NOT_FOUND`. */
function notFound(apiKeys: ApiKeyStore, name: string): never {
  const meant = nearest(
    name,
    apiKeys.list().map((key) => key.name),
  );
  throw lamError('LAM_OPERATIONS_KEY_NOT_FOUND', { name, ...(meant === undefined ? {} : { nearest: meant }) });
}

/** Checks what is to be changed of a key. Throws `LAM_OPERATIONS_INVALID_VALUE`. */
function changeOf(key: ApiKeyDetail, change: UpdateApiKeyRequest, now: number): ApiKeyChange {
  const { quota = key.quota, scopes = key.scopes, functions = key.functions, lifetimeMs } = change;
  if (scopes.length > 0 !== key.scopes.length > 0)
    throw invalid(
      key.scopes.length > 0
        ? `'${key.name}' must keep a scope: a key of routes is made without`
        : `'${key.name}' is a key of routes, which has no scopes: create one with them`,
    );
  const rights = normal({ scopes, functions });
  checkRights(rights, quota);
  if (lifetimeMs === undefined) return { quota, ...rights };
  const lifetime = lifetimeMs === null ? null : lifetimeOf({ lifetimeMs });
  return { quota, ...rights, expiresAt: lifetime === null ? null : now + lifetime };
}

/** How long a key lasts (ms); null for ever. Throws `LAM_OPERATIONS_INVALID_VALUE`. */
function lifetimeOf({ days, lifetimeMs }: Pick<CreateApiKeyRequest, 'days' | 'lifetimeMs'>): number | null {
  if (days !== undefined && (!Number.isSafeInteger(days) || days < 1 || days > MOST_DAYS))
    throw invalid(`days must be 1 to ${MOST_DAYS}, not ${days}`);
  const lasts = lifetimeMs ?? (days === undefined ? undefined : days * DAY_MS);
  if (lasts === undefined) return null;
  if (!Number.isSafeInteger(lasts) || lasts < 1000 || lasts > MOST_DAYS * DAY_MS)
    throw invalid(`a key lasts 1 second to ${MOST_DAYS} days, not ${lasts} ms`);
  return lasts;
}

/** Throws `LAM_OPERATIONS_INVALID_VALUE` for scopes beside a role. */
function rightsOf({ role = null, scopes = [], functions = [] }: CreateApiKeyRequest): KeyRights {
  if (role !== null && scopes.length > 0) throw invalid('give a role or scopes, not both: a role stands for scopes');
  return normal({ scopes: role === null ? scopes : ROLE_SCOPES[role], functions });
}

/** In one order and each once; `*` stands for all functions. */
function normal({ scopes, functions }: KeyRights): KeyRights {
  const given = new Set<KeyScope>(scopes);
  return {
    scopes: KEY_SCOPES.filter((scope) => given.has(scope)),
    functions: functions.includes(EVERY) ? [] : [...new Set(functions)],
  };
}

function checkRights({ scopes, functions }: KeyRights, quota: number | null): void {
  const wrong = functions.find((pattern) => !isFunctionPattern(pattern));
  if (wrong !== undefined)
    throw invalid(`'${wrong}' names no functions: write a name, or how names begin, as in orders-*`);
  if (functions.length > MOST_PATTERNS)
    throw invalid(`a key names at most ${MOST_PATTERNS} functions, not ${functions.length}`);
  if (functions.length > 0 && scopes.length === 0)
    throw invalid('a key of routes is accepted at routes that name it: limit it there (auth: keys), or give it scopes');
  if (functions.length > 0 && scopes.includes('admin'))
    throw invalid('a key with the scope admin can make keys for every function, so it cannot be limited to some');
  if (quota !== null && scopes.length > 0)
    throw invalid(`a key with scopes (${scopes.join(', ')}) has no quota: quotas are counted at routes`);
  if (quota !== null && !(Number.isSafeInteger(quota) && quota >= 0 && quota <= MOST_QUOTA))
    throw invalid(`quota must be 0 to ${MOST_QUOTA} requests a day, or none, not ${quota}`);
}

function invalid(what: string): LamError {
  return lamError('LAM_OPERATIONS_INVALID_VALUE', { what });
}
