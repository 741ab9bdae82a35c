import type { ConfigPatch, PublishAnswer, FunctionName } from '../contract/index.ts';
import { setsLimitsAlone, type Registry } from '../registry/index.ts';
import type { GoLive } from './go-live.ts';

/** Live settings, which win over those of deploys. */
export interface ConfigOperations {
  /**
   * Changes live settings, and publishes a version if the configuration changes, after the checks of a
   * deploy. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_REGISTRY_INVALID_CONFIG`,
   * `LAM_REGISTRY_UNKNOWN_RUNTIME`, `LAM_REGISTRY_ROUTE_CONFLICT`, `LAM_DRIVER_RUNTIME_MISSING`,
   * `LAM_OPERATIONS_CHECK_FAILED` or `LAM_OPERATIONS_OVERTAKEN`.
   */
  patch(name: FunctionName, patch: ConfigPatch, signal?: AbortSignal): Promise<PublishAnswer>;
}

/** Implements {@link ConfigOperations}. */
export function configOperations(registry: Registry, goLive: GoLive): ConfigOperations {
  return {
    // Limits make no version, so they need not wait until one that is being checked is live.
    patch: async (name, patch, signal) =>
      setsLimitsAlone(patch)
        ? registry.patchConfig(name, patch)
        : goLive({
            name,
            change: { kind: 'configure', patch },
            commit: (mark) => registry.patchConfig(name, patch, mark),
            signal,
          }),
  };
}
