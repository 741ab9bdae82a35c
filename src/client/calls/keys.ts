import {
  CONTROL,
  type ApiKeyDetail,
  type AuditEntry,
  type AuditQuery,
  type CreateApiKeyAnswer,
  type CreateApiKeyRequest,
  type ListedApiKey,
  type LogQuery,
  type LogRecord,
  type UpdateApiKeyRequest,
} from '../../contract/index.ts';
import { withParameters } from '../parameters.ts';
import type { CallOptions } from '../transport.ts';
import type { Calls } from './calls.ts';

/** API keys. */
export interface ApiKeyCalls {
  /** All keys, without the keys themselves. */
  list(options?: CallOptions): Promise<readonly ListedApiKey[]>;
  /** The key is in this answer alone. */
  create(request: CreateApiKeyRequest, options?: CallOptions): Promise<CreateApiKeyAnswer>;
  update(name: string, change: UpdateApiKeyRequest, options?: CallOptions): Promise<ListedApiKey>;
  revoke(name: string, options?: CallOptions): Promise<ApiKeyDetail>;
}

/** Implements {@link ApiKeyCalls}. */
export function apiKeyCalls({ ask, send }: Calls): ApiKeyCalls {
  return {
    list: (options) => ask('GET', CONTROL.apiKeys, options),
    create: (value, options) => send({ method: 'POST', path: CONTROL.apiKeys, value }, options),
    update: (name, value, options) => send({ method: 'PATCH', path: CONTROL.apiKey(name), value }, options),
    revoke: (name, options) => ask('DELETE', CONTROL.apiKey(name), options),
  };
}

/** The audit log. */
export interface AuditCalls {
  /** Entries, oldest first; with `follow` also new ones, until the signal aborts or the reader stops. */
  read(
    query?: AuditQuery & { readonly follow?: boolean },
    options?: CallOptions,
  ): AsyncGenerator<AuditEntry, void, void>;
}

/** Implements {@link AuditCalls}. */
export function auditCalls({ stream }: Calls): AuditCalls {
  return { read: (query = {}, options = {}) => stream(withParameters(CONTROL.audit, { ...query }), options) };
}

/** Logs of functions. */
export interface LogCalls {
  /** Records, oldest first; with `follow` also new ones, until the signal aborts or the reader stops. */
  read(
    name: string,
    query?: Omit<LogQuery, 'withPosition'> & { readonly follow?: boolean },
    options?: CallOptions,
  ): AsyncGenerator<LogRecord, void, void>;
}

/** Implements {@link LogCalls}. */
export function logCalls({ stream }: Calls): LogCalls {
  return {
    read: (name, query = {}, options = {}) => stream(withParameters(CONTROL.logs(name), { ...query }), options),
  };
}
