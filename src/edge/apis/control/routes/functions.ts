import { functionPart } from '../parameters.ts';
import { jsonRoute, type ControlRoute } from '../route.ts';
import { DONE } from './done.ts';

/** Functions as a whole, and their settings. */
export const FUNCTION_ROUTES: readonly ControlRoute[] = [
  jsonRoute({
    id: 'functions.list',
    method: 'GET',
    path: '/functions',
    summary: 'All functions, by name.',
    scope: 'read',
    answer: 'FunctionList',
    run: ({ operations }) => operations.functions.list(),
  }),
  jsonRoute({
    id: 'functions.get',
    method: 'GET',
    path: '/functions/{name}',
    summary: 'A function with its versions, aliases, settings and history.',
    scope: 'read',
    tagged: 'function',
    answer: 'FunctionDetail',
    errors: ['LAM_REGISTRY_FUNCTION_NOT_FOUND'],
    run: ({ operations }, call) => operations.functions.detail(functionPart(operations, call)),
  }),
  jsonRoute({
    id: 'functions.delete',
    method: 'DELETE',
    path: '/functions/{name}',
    summary: 'Removes a function with its versions, aliases and logs.',
    scope: 'deploy',
    tagged: 'function',
    answer: 'Done',
    errors: ['LAM_REGISTRY_FUNCTION_NOT_FOUND'],
    async run({ operations }, call) {
      await operations.functions.remove(functionPart(operations, call));
      return DONE;
    },
  }),
  jsonRoute({
    id: 'functions.rollback',
    method: 'POST',
    path: '/functions/{name}/rollback',
    summary: 'Makes an earlier version live.',
    scope: 'deploy',
    tagged: 'function',
    body: 'RollbackRequest',
    answer: 'RollbackAnswer',
    errors: [
      'LAM_REGISTRY_FUNCTION_NOT_FOUND',
      'LAM_REGISTRY_NO_PREVIOUS_VERSION',
      'LAM_REGISTRY_VERSION_NOT_FOUND',
      'LAM_REGISTRY_ROUTE_CONFLICT',
      'LAM_DRIVER_RUNTIME_MISSING',
      'LAM_OPERATIONS_CHECK_FAILED',
    ],
    run: ({ operations }, call) =>
      operations.versions.rollback(functionPart(operations, call), call.body, call.signal()),
  }),
  jsonRoute({
    id: 'config.get',
    method: 'GET',
    path: '/functions/{name}/config',
    summary: 'The settings of a function and where each comes from.',
    scope: 'read',
    tagged: 'config',
    answer: 'ConfigDetail',
    errors: ['LAM_REGISTRY_FUNCTION_NOT_FOUND'],
    run({ operations }, call) {
      const { name, live, config, layers, overrides } = operations.functions.detail(functionPart(operations, call));
      return { name, live, config, layers, overrides };
    },
  }),
  jsonRoute({
    id: 'config.patch',
    method: 'PATCH',
    path: '/functions/{name}/config',
    summary:
      'Changes live settings, which win over those of deploys; publishes a version if the configuration changes.',
    scope: 'deploy',
    tagged: 'config',
    body: 'ConfigPatch',
    answer: 'PublishAnswer',
    errors: [
      'LAM_REGISTRY_FUNCTION_NOT_FOUND',
      'LAM_REGISTRY_INVALID_CONFIG',
      'LAM_REGISTRY_UNKNOWN_RUNTIME',
      'LAM_REGISTRY_ROUTE_CONFLICT',
      'LAM_DRIVER_RUNTIME_MISSING',
      'LAM_OPERATIONS_CHECK_FAILED',
      'LAM_OPERATIONS_OVERTAKEN',
    ],
    run: ({ operations }, call) => operations.config.patch(functionPart(operations, call), call.body, call.signal()),
  }),
];
