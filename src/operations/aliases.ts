import type { AliasRequest } from '../contract/index.ts';
import type { Registry } from '../registry/index.ts';

/** Named pointers to versions. */
export interface AliasOperations {
  /**
   * Points an alias at a version, making the alias if there is none. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`,
   * `LAM_REGISTRY_INVALID_ALIAS` or `LAM_REGISTRY_VERSION_NOT_FOUND`.
   */
  set(name: string, alias: string, request: AliasRequest): Promise<void>;
  /** Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND` or `LAM_REGISTRY_ALIAS_NOT_FOUND`. */
  remove(name: string, alias: string): Promise<void>;
}

/** The rooms these operations need. */
export interface AliasRooms {
  readonly registry: Registry;
}

/** Implements {@link AliasOperations}. */
export function aliasOperations({ registry }: AliasRooms): AliasOperations {
  return {
    async set(name, alias, request) {
      await registry.setAlias(name, alias, request);
    },
    async remove(name, alias) {
      await registry.deleteAlias(name, alias);
    },
  };
}
