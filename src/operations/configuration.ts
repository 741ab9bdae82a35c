import type { ConfigPatch, PublishAnswer, FunctionName } from '../contract/index.ts';
import type { Registry } from '../registry/index.ts';
import type { GoLive } from './go-live.ts';

/** Live settings, which win over those of deploys. */
export interface ConfigOperations {
  /**
   * Changes live settings, and publishes a version if the configuration changes, after a check that its runtime can be
   * served here. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_REGISTRY_INVALID_CONFIG`,
   * `LAM_REGISTRY_UNKNOWN_RUNTIME`, `LAM_REGISTRY_ROUTE_CONFLICT` or `LAM_DRIVER_RUNTIME_MISSING`.
   */
  patch(name: FunctionName, patch: ConfigPatch): Promise<PublishAnswer>;
}

/** Implements {@link ConfigOperations}. */
export function configOperations(registry: Registry, goLive: GoLive): ConfigOperations {
  return {
    patch: (name, patch) => goLive(name, { kind: 'configure', patch }, () => registry.patchConfig(name, patch)),
  };
}
