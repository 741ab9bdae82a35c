import type {
  PublishAnswer,
  PublishRequest,
  RollbackAnswer,
  RollbackRequest,
  FunctionName,
  VersionNumber,
} from '../contract/index.ts';
import type { Registry } from '../registry/index.ts';
import type { GoLive } from './go-live.ts';

/** Versions of functions and the live pointer. */
export interface VersionOperations {
  /**
   * Publishes the next version and makes it live, after a check that its runtime can be served here; changes nothing if
   * the live version is the same. With `dryRun` it only checks. Throws `LAM_REGISTRY_INVALID_NAME`,
   * `LAM_REGISTRY_INVALID_CONFIG`, `LAM_REGISTRY_UNKNOWN_RUNTIME`, `LAM_REGISTRY_ROUTE_CONFLICT`,
   * `LAM_REGISTRY_INVALID_ALIAS`, `LAM_STORE_ARTIFACT_NOT_FOUND`, `LAM_DRIVER_RUNTIME_MISSING`, or what writing throws.
   */
  publish(name: FunctionName, request: PublishRequest): Promise<PublishAnswer>;
  /**
   * Makes an earlier version live: `request.to`, or the one that was live before the current one. With `dryRun` it only
   * checks. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_REGISTRY_NO_PREVIOUS_VERSION`,
   * `LAM_REGISTRY_VERSION_NOT_FOUND`, `LAM_REGISTRY_ALREADY_LIVE`, `LAM_REGISTRY_ROUTE_CONFLICT` or
   * `LAM_DRIVER_RUNTIME_MISSING`.
   */
  rollback(name: FunctionName, request: RollbackRequest): Promise<RollbackAnswer>;
  /**
   * Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_REGISTRY_VERSION_NOT_FOUND`, or `LAM_REGISTRY_VERSION_IN_USE` for a
   * live or aliased version.
   */
  remove(name: FunctionName, version: VersionNumber): Promise<void>;
}

/** Implements {@link VersionOperations}. */
export function versionOperations(registry: Registry, goLive: GoLive): VersionOperations {
  return {
    publish: (name, request) => goLive(name, { kind: 'publish', request }, () => registry.publish(name, request)),
    rollback: (name, request) => goLive(name, { kind: 'rollback', request }, () => registry.rollback(name, request)),
    remove: (name, version) => registry.deleteVersion(name, version),
  };
}
