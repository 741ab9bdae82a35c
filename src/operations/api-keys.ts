import { randomBytes } from 'node:crypto';
import {
  isApiKeyName,
  type ApiKeyDetail,
  type ApiKeyName,
  type CreateApiKeyAnswer,
  type CreateApiKeyRequest,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import { nearest, type Clock } from '../kit/index.ts';
import type { ApiKeyStore } from '../store/index.ts';

/** Keys for routes with `auth: api-key`. */
export interface ApiKeyOperations {
  /** All keys, sorted by name. */
  list(): readonly ApiKeyDetail[];
  /**
   * Creates a key. Throws `LAM_OPERATIONS_INVALID_KEY_NAME`, `LAM_OPERATIONS_KEY_EXISTS`,
   * `LAM_OPERATIONS_INVALID_VALUE` or a `LAM_STORE_*` error of writing.
   */
  create(request: CreateApiKeyRequest): Promise<CreateApiKeyAnswer>;
  /** Revokes a key with the next request. Throws `LAM_OPERATIONS_KEY_NOT_FOUND`. */
  revoke(name: string): Promise<ApiKeyDetail>;
}

/** Rooms that these operations use. */
export interface ApiKeyRooms {
  readonly store: { readonly apiKeys: ApiKeyStore };
  readonly clock: Clock;
}

const DAY_MS = 86_400_000;
const MOST_DAYS = 36_500;
/** Characters of a key that are shown afterwards, `lam_` included. */
const PREFIX_CHARS = 8;

/** Implements {@link ApiKeyOperations}. */
export function apiKeyOperations({ store: { apiKeys }, clock }: ApiKeyRooms): ApiKeyOperations {
  return {
    list: () => apiKeys.list(),
    async create({ name, days, by = '' }) {
      if (!isApiKeyName(name)) throw lamError('LAM_OPERATIONS_INVALID_KEY_NAME', { name });
      if (days !== undefined && (!Number.isSafeInteger(days) || days < 1 || days > MOST_DAYS))
        throw lamError('LAM_OPERATIONS_INVALID_VALUE', { what: `days must be 1 to ${MOST_DAYS}, not ${days}` });
      const key = `lam_${randomBytes(32).toString('base64url')}`;
      const createdAt = clock.now();
      const expiresAt = days === undefined ? null : createdAt + days * DAY_MS;
      const id = randomBytes(8).toString('hex');
      const detail: ApiKeyDetail = { name, id, prefix: key.slice(0, PREFIX_CHARS), createdAt, expiresAt, by };
      if (!(await apiKeys.add(detail, key))) throw lamError('LAM_OPERATIONS_KEY_EXISTS', { name });
      return { ...detail, key };
    },
    async revoke(name) {
      const revoked = await apiKeys.remove(name as ApiKeyName);
      if (revoked !== undefined) return revoked;
      const meant = nearest(
        name,
        apiKeys.list().map((key) => key.name),
      );
      throw lamError('LAM_OPERATIONS_KEY_NOT_FOUND', { name, ...(meant === undefined ? {} : { nearest: meant }) });
    },
  };
}
