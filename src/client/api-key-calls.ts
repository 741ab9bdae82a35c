import {
  CONTROL,
  type ApiKeyDetail,
  type CreateApiKeyAnswer,
  type CreateApiKeyRequest,
  type ListedApiKey,
  type UpdateApiKeyRequest,
} from '../contract/index.ts';
import type { Ask } from './transport.ts';

/** Calls about API keys. */
export interface ApiKeyCalls {
  /** All keys, without the keys themselves. */
  apiKeys(): Promise<readonly ListedApiKey[]>;
  createApiKey(request: CreateApiKeyRequest): Promise<CreateApiKeyAnswer>;
  updateApiKey(name: string, change: UpdateApiKeyRequest): Promise<ListedApiKey>;
  revokeApiKey(name: string): Promise<ApiKeyDetail>;
}

/** Makes the calls out of a client's ways to ask the daemon: without a body, and with one of JSON. */
export function apiKeyCalls(
  ask: <T>(method: Ask['method'], path: string) => Promise<T>,
  send: <T>(method: Ask['method'], path: string, value: unknown) => Promise<T>,
): ApiKeyCalls {
  return {
    apiKeys: () => ask('GET', CONTROL.apiKeys),
    createApiKey: (request) => send('POST', CONTROL.apiKeys, request),
    updateApiKey: (name, change) => send('PATCH', CONTROL.apiKey(name), change),
    revokeApiKey: (name) => ask('DELETE', CONTROL.apiKey(name)),
  };
}
