import type { AliasAnswer, AliasRequest, FunctionName, AliasName } from '../contract/index.ts';
import type { Registry } from '../registry/index.ts';
import type { GoLive } from './go-live.ts';

/** Named pointers to versions. */
export interface AliasOperations {
  /**
   * Points an alias at a version that can be served here; creates the alias if it does not exist. Throws
   * `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_REGISTRY_INVALID_ALIAS`, `LAM_REGISTRY_VERSION_NOT_FOUND` or
   * `LAM_DRIVER_RUNTIME_MISSING`.
   */
  set(name: FunctionName, alias: AliasName, request: AliasRequest): Promise<AliasAnswer>;
  /** Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND` or `LAM_REGISTRY_ALIAS_NOT_FOUND`. */
  remove(name: FunctionName, alias: AliasName): Promise<void>;
}

/** Implements {@link AliasOperations}. */
export function aliasOperations(registry: Registry, goLive: GoLive): AliasOperations {
  return {
    set: (name, alias, request) =>
      goLive(name, { kind: 'alias', alias, request }, async () => ({
        alias,
        ...(await registry.setAlias(name, alias, request)),
      })),
    async remove(name, alias) {
      await registry.deleteAlias(name, alias);
    },
  };
}
