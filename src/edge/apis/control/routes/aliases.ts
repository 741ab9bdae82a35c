import { isAliasName, type AliasDetail, type FunctionDetail } from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { aliasPart, functionPart, newAliasPart } from '../parameters.ts';
import { jsonRoute, type ControlRoute } from '../route.ts';
import { DONE } from './done.ts';

/** Named pointers to versions. */
export const ALIAS_ROUTES: readonly ControlRoute[] = [
  jsonRoute({
    id: 'aliases.list',
    method: 'GET',
    path: '/functions/{name}/aliases',
    summary: 'The aliases of a function, by name.',
    scope: 'read',
    answer: 'AliasList',
    errors: ['LAM_REGISTRY_FUNCTION_NOT_FOUND'],
    run: ({ operations }, call) => aliasesOf(operations.functions.detail(functionPart(operations, call))),
  }),
  jsonRoute({
    id: 'aliases.get',
    method: 'GET',
    path: '/functions/{name}/aliases/{alias}',
    summary: 'An alias: the version that it points at, and how it divides its requests.',
    scope: 'read',
    tagged: 'alias',
    answer: 'AliasDetail',
    errors: ['LAM_REGISTRY_FUNCTION_NOT_FOUND', 'LAM_REGISTRY_ALIAS_NOT_FOUND'],
    run({ operations }, call) {
      const name = functionPart(operations, call);
      const alias = aliasPart(call);
      const found = aliasesOf(operations.functions.detail(name)).find((one) => one.alias === alias);
      if (found === undefined) throw lamError('LAM_REGISTRY_ALIAS_NOT_FOUND', { name, alias });
      return found;
    },
  }),
  jsonRoute({
    id: 'aliases.set',
    method: 'PUT',
    path: '/functions/{name}/aliases/{alias}',
    summary: 'Points an alias at a version; creates the alias if it does not exist.',
    scope: 'deploy',
    tagged: 'alias',
    body: 'AliasRequest',
    answer: 'AliasAnswer',
    errors: [
      'LAM_REGISTRY_FUNCTION_NOT_FOUND',
      'LAM_REGISTRY_INVALID_ALIAS',
      'LAM_REGISTRY_VERSION_NOT_FOUND',
      'LAM_DRIVER_RUNTIME_MISSING',
      'LAM_OPERATIONS_CHECK_FAILED',
    ],
    run: ({ operations }, call) =>
      operations.aliases.set(functionPart(operations, call), newAliasPart(call), call.body, call.signal()),
  }),
  jsonRoute({
    id: 'aliases.delete',
    method: 'DELETE',
    path: '/functions/{name}/aliases/{alias}',
    summary: 'Removes an alias.',
    scope: 'deploy',
    tagged: 'alias',
    body: 'ChangeNote',
    answer: 'Done',
    errors: ['LAM_REGISTRY_FUNCTION_NOT_FOUND', 'LAM_REGISTRY_ALIAS_NOT_FOUND'],
    async run({ operations }, call) {
      await operations.aliases.remove(functionPart(operations, call), aliasPart(call), call.body);
      return DONE;
    },
  }),
];

function aliasesOf({ aliases, aliasRouting }: FunctionDetail): readonly AliasDetail[] {
  return Object.entries(aliases)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([alias, version]) => {
      if (!isAliasName(alias)) return [];
      const routing = Object.hasOwn(aliasRouting, alias) ? aliasRouting[alias] : undefined;
      return [{ alias, version, ...(routing === undefined ? {} : { routing }) }];
    });
}
