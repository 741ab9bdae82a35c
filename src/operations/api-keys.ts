import { randomBytes } from 'node:crypto';
import {
  isApiKeyName,
  type ApiKeyDetail,
  type ApiKeyName,
  type ApiKeyRole,
  type CreateApiKeyAnswer,
  type CreateApiKeyRequest,
  type ListedApiKey,
  type UpdateApiKeyRequest,
} from '../contract/index.ts';
import { lamError, type LamError } from '../errors/index.ts';
import { nearest, type Clock } from '../kit/index.ts';
import type { ApiKeyStore } from '../store/index.ts';

/** Keys for routes with `auth: api-key`. */
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
  /** Changes the role of a key that has one. Throws as {@link update}. */
  setRole(name: string, role: ApiKeyRole): Promise<ApiKeyDetail>;
  /** The key with a role that a caller sent; undefined for any other text, and once it has expired. */
  withRole(key: string): (ApiKeyDetail & { readonly role: ApiKeyRole }) | undefined;
  /** Whether there is a key with a role. Cheap. */
  readonly hasRoles: boolean;
  /** Revokes a key with the next request, and forgets what it used. Throws `LAM_OPERATIONS_KEY_NOT_FOUND`. */
  revoke(name: string): Promise<ApiKeyDetail>;
}

/** Rooms that these operations use. */
export interface ApiKeyRooms {
  readonly store: { readonly apiKeys: ApiKeyStore };
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
/** Characters of a key that are shown afterwards, `lam_` included. */
const PREFIX_CHARS = 8;

/** Implements {@link ApiKeyOperations}. */
export function apiKeyOperations({ store: { apiKeys }, clock, quotas }: ApiKeyRooms): ApiKeyOperations {
  const listed = (key: ApiKeyDetail): ListedApiKey =>
    key.quota === null
      ? { ...key, used: null, resetsAt: null }
      : { ...key, used: quotas.used(key.id), resetsAt: quotas.resetsAt() };
  return {
    list: () => apiKeys.list().map(listed),
    async create({ name, days, by = '', quota = null, role = null }) {
      if (!isApiKeyName(name)) throw lamError('LAM_OPERATIONS_INVALID_KEY_NAME', { name });
      if (days !== undefined && (!Number.isSafeInteger(days) || days < 1 || days > MOST_DAYS))
        throw lamError('LAM_OPERATIONS_INVALID_VALUE', { what: `days must be 1 to ${MOST_DAYS}, not ${days}` });
      checkQuota(quota, role);
      const key = `lam_${randomBytes(32).toString('base64url')}`;
      const createdAt = clock.now();
      const expiresAt = days === undefined ? null : createdAt + days * DAY_MS;
      const id = randomBytes(8).toString('hex');
      const detail: ApiKeyDetail = {
        name,
        id,
        prefix: key.slice(0, PREFIX_CHARS),
        createdAt,
        expiresAt,
        by,
        quota,
        role,
      };
      if (!(await apiKeys.add(detail, key))) throw lamError('LAM_OPERATIONS_KEY_EXISTS', { name });
      return { ...detail, key };
    },
    async update(name, { quota }) {
      checkQuota(quota, apiKeys.list().find((key) => key.name === name)?.role ?? null);
      const changed = await apiKeys.change(name as ApiKeyName, { quota });
      if (changed === undefined) throw notFound(apiKeys, name);
      return listed(changed);
    },
    async setRole(name, role) {
      if (apiKeys.list().find((key) => key.name === name)?.role === null) throw notFound(apiKeys, name);
      const changed = await apiKeys.change(name as ApiKeyName, { role });
      if (changed === undefined) throw notFound(apiKeys, name);
      return changed;
    },
    withRole: (key) => withRole(apiKeys, key, clock.now()),
    get hasRoles() {
      return apiKeys.hasRoles;
    },
    async revoke(name) {
      const revoked = await apiKeys.remove(name as ApiKeyName);
      if (revoked === undefined) throw notFound(apiKeys, name);
      quotas.forget(revoked.id);
      return revoked;
    },
  };
}

function notFound(apiKeys: ApiKeyStore, name: string): LamError {
  const meant = nearest(
    name,
    apiKeys.list().map((key) => key.name),
  );
  return lamError('LAM_OPERATIONS_KEY_NOT_FOUND', { name, ...(meant === undefined ? {} : { nearest: meant }) });
}

function withRole(apiKeys: ApiKeyStore, key: string, now: number): ReturnType<ApiKeyOperations['withRole']> {
  const found = apiKeys.identify(key);
  if (found === undefined || found.role === null) return undefined;
  return found.expiresAt !== null && found.expiresAt <= now ? undefined : { ...found, role: found.role };
}

function checkQuota(quota: number | null, role: ApiKeyRole | null): void {
  if (quota !== null && role !== null)
    throw lamError('LAM_OPERATIONS_INVALID_VALUE', {
      what: `a key with a role (${role}) has no quota: quotas are counted at routes with auth: api-key`,
    });
  if (quota !== null && !(Number.isSafeInteger(quota) && quota >= 0 && quota <= MOST_QUOTA))
    throw lamError('LAM_OPERATIONS_INVALID_VALUE', {
      what: `quota must be 0 to ${MOST_QUOTA} requests a day, or none, not ${quota}`,
    });
}
