import type { ConfigPatch, PublishAnswer } from '../contract/index.ts';
import type { Registry } from '../registry/index.ts';

/** Live settings, which win over those of deploys. */
export interface ConfigOperations {
  /**
   * Changes live settings, and publishes a version with them when that makes a difference. Throws
   * `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_REGISTRY_INVALID_CONFIG`, `LAM_REGISTRY_UNKNOWN_RUNTIME` or
   * `LAM_REGISTRY_ROUTE_CONFLICT`.
   */
  patch(name: string, patch: ConfigPatch): Promise<PublishAnswer>;
}

/** The rooms these operations need. */
export interface ConfigRooms {
  readonly registry: Registry;
}

/** Implements {@link ConfigOperations}. */
export function configOperations({ registry }: ConfigRooms): ConfigOperations {
  return {
    patch: (name, patch) => registry.patchConfig(name, patch),
  };
}
