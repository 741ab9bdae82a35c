import type { AliasAnswer, AliasRequest, ChangeNote, FunctionName, AliasName } from '../contract/index.ts';
import type { Registry } from '../registry/index.ts';
import type { GoLive } from './go-live.ts';

/** Named pointers to versions. */
export interface AliasOperations {
  /**
   * Points an alias at a version that passes the checks of a deploy; creates the alias if it does not exist. Throws
   * `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_REGISTRY_INVALID_ALIAS`, `LAM_REGISTRY_VERSION_NOT_FOUND`,
   * `LAM_DRIVER_RUNTIME_MISSING` or `LAM_OPERATIONS_CHECK_FAILED`.
   */
  set(name: FunctionName, alias: AliasName, request: AliasRequest, signal?: AbortSignal): Promise<AliasAnswer>;
  /** Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND` or `LAM_REGISTRY_ALIAS_NOT_FOUND`. */
  remove(name: FunctionName, alias: AliasName, note: ChangeNote): Promise<void>;
}

/** Implements {@link AliasOperations}. */
export function aliasOperations(registry: Registry, goLive: GoLive): AliasOperations {
  return {
    set: (name, alias, request, signal) =>
      goLive({
        name,
        change: { kind: 'alias', alias, request },
        commit: async (mark) => ({ alias, ...(await registry.setAlias(name, alias, request, mark)) }),
        signal,
      }),
    async remove(name, alias, note) {
      await registry.deleteAlias(name, alias, note);
    },
  };
}
