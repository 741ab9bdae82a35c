import { lamError } from '../../../../errors/index.ts';
import { jsonRoute, type ControlRoute } from '../route.ts';

/** API keys. */
export const KEY_ROUTES: readonly ControlRoute[] = [
  jsonRoute({
    id: 'keys.list',
    method: 'GET',
    path: '/keys',
    summary: 'All API keys, without the keys themselves.',
    scope: 'admin',
    answer: 'ApiKeyList',
    run: ({ operations }) => operations.apiKeys.list(),
  }),
  jsonRoute({
    id: 'keys.create',
    method: 'POST',
    path: '/keys',
    summary: 'Creates an API key, which is shown in this answer alone.',
    scope: 'admin',
    isSecret: true,
    body: 'CreateApiKeyRequest',
    answer: 'CreateApiKeyAnswer',
    errors: ['LAM_OPERATIONS_INVALID_KEY_NAME', 'LAM_OPERATIONS_KEY_EXISTS', 'LAM_OPERATIONS_INVALID_VALUE'],
    run: ({ operations }, { body }) => operations.apiKeys.create(body),
  }),
  jsonRoute({
    id: 'keys.update',
    method: 'PATCH',
    path: '/keys/{key}',
    summary: 'Changes an API key from the next request on.',
    scope: 'admin',
    body: 'UpdateApiKeyRequest',
    answer: 'ListedApiKey',
    errors: ['LAM_OPERATIONS_KEY_NOT_FOUND', 'LAM_OPERATIONS_INVALID_VALUE'],
    run({ operations }, { path, body }) {
      if (Object.keys(body).length === 0)
        throw lamError('LAM_EDGE_BAD_REQUEST', {
          what: "none of 'quota', 'lifetimeMs', 'scopes' and 'functions' is given",
        });
      return operations.apiKeys.update(path.key ?? '', body);
    },
  }),
  jsonRoute({
    id: 'keys.revoke',
    method: 'DELETE',
    path: '/keys/{key}',
    summary: 'Revokes an API key with the next request.',
    scope: 'admin',
    answer: 'ApiKeyDetail',
    errors: ['LAM_OPERATIONS_KEY_NOT_FOUND'],
    run: ({ operations }, { path }) => operations.apiKeys.revoke(path.key ?? ''),
  }),
];
