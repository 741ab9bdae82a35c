import { isAliasName, isDigest, type PublishBody } from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { functionPart, newFunctionPart, versionPart } from '../parameters.ts';
import { jsonRoute, type ControlRoute } from '../route.ts';
import { DONE } from './done.ts';

/** Published versions of functions. */
export const VERSION_ROUTES: readonly ControlRoute[] = [
  jsonRoute({
    id: 'versions.list',
    method: 'GET',
    path: '/functions/{name}/versions',
    summary: 'The versions of a function, newest first.',
    scope: 'read',
    answer: 'VersionList',
    errors: ['LAM_REGISTRY_FUNCTION_NOT_FOUND'],
    run: ({ operations }, call) => operations.functions.detail(functionPart(operations, call)).allVersions,
  }),
  jsonRoute({
    id: 'versions.publish',
    method: 'POST',
    path: '/functions/{name}/versions',
    summary: 'Publishes uploaded code with its settings as the next version and makes it live; creates the function.',
    scope: 'deploy',
    tagged: 'function',
    body: 'PublishBody',
    answer: 'PublishAnswer',
    errors: [
      'LAM_REGISTRY_INVALID_NAME',
      'LAM_REGISTRY_INVALID_CONFIG',
      'LAM_REGISTRY_UNKNOWN_RUNTIME',
      'LAM_REGISTRY_ROUTE_CONFLICT',
      'LAM_REGISTRY_INVALID_ALIAS',
      'LAM_STORE_ARTIFACT_NOT_FOUND',
      'LAM_DRIVER_RUNTIME_MISSING',
      'LAM_OPERATIONS_CHECK_FAILED',
      'LAM_OPERATIONS_OVERTAKEN',
    ],
    run({ operations }, call) {
      const name = newFunctionPart(call);
      checkNames(call.body);
      return operations.versions.publish(name, call.body, call.signal());
    },
  }),
  jsonRoute({
    id: 'versions.get',
    method: 'GET',
    path: '/functions/{name}/versions/{version}',
    summary: 'A version with the files of its code.',
    scope: 'read',
    answer: 'VersionDetail',
    errors: ['LAM_REGISTRY_FUNCTION_NOT_FOUND', 'LAM_REGISTRY_VERSION_NOT_FOUND', 'LAM_STORE_ARTIFACT_LOST'],
    run: ({ operations }, call) => operations.versions.detail(functionPart(operations, call), versionPart(call)),
  }),
  jsonRoute({
    id: 'versions.file',
    method: 'GET',
    path: '/functions/{name}/versions/{version}/file',
    summary: "A file of a version's code, with its text if that is short.",
    scope: 'read',
    query: ['path'],
    answer: 'VersionFile',
    errors: ['LAM_REGISTRY_FUNCTION_NOT_FOUND', 'LAM_REGISTRY_VERSION_NOT_FOUND', 'LAM_OPERATIONS_FILE_NOT_FOUND'],
    run: ({ operations }, call) =>
      operations.versions.file(functionPart(operations, call), versionPart(call), call.query.path ?? ''),
  }),
  jsonRoute({
    id: 'versions.delete',
    method: 'DELETE',
    path: '/functions/{name}/versions/{version}',
    summary: 'Removes a version that is neither live nor aliased.',
    scope: 'deploy',
    tagged: 'function',
    answer: 'Done',
    errors: ['LAM_REGISTRY_FUNCTION_NOT_FOUND', 'LAM_REGISTRY_VERSION_NOT_FOUND', 'LAM_REGISTRY_VERSION_IN_USE'],
    async run({ operations }, call) {
      await operations.versions.remove(functionPart(operations, call), versionPart(call));
      return DONE;
    },
  }),
];

/** Throws what a name that nothing can have leads to: no artifact has another name than a digest. */
function checkNames({ artifact, alias }: PublishBody): void {
  if (!isDigest(artifact)) throw lamError('LAM_STORE_ARTIFACT_NOT_FOUND', { artifact });
  if (alias !== undefined && !isAliasName(alias)) throw lamError('LAM_REGISTRY_INVALID_ALIAS', { alias });
}
