import type { PublishAnswer, PublishRequest, RollbackAnswer, RollbackRequest } from '../contract/index.ts';
import type { Registry } from '../registry/index.ts';

/** Says how a runtime identifier is served here, or null when exactly as asked; throws when it cannot be served. */
export type Prepare = (runtime: string, image: string | null) => Promise<string | null>;

/** Versions of functions and the live pointer. */
export interface VersionOperations {
  /**
   * Publishes the next version and makes it live; changes nothing when the live version is the same. With `dryRun` it only
   * checks. Throws `LAM_REGISTRY_INVALID_NAME`, `LAM_REGISTRY_INVALID_CONFIG`, `LAM_REGISTRY_UNKNOWN_RUNTIME`,
   * `LAM_REGISTRY_ROUTE_CONFLICT`, `LAM_REGISTRY_INVALID_ALIAS`, `LAM_STORE_ARTIFACT_NOT_FOUND`,
   * `LAM_DRIVER_RUNTIME_MISSING`, or what writing throws.
   */
  publish(name: string, request: PublishRequest): Promise<PublishAnswer>;
  /**
   * Makes an earlier version live: `request.to`, or the one that was live before the current one. Throws
   * `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_REGISTRY_NO_PREVIOUS_VERSION`, `LAM_REGISTRY_VERSION_NOT_FOUND`,
   * `LAM_REGISTRY_ALREADY_LIVE` or `LAM_REGISTRY_ROUTE_CONFLICT`.
   */
  rollback(name: string, request: RollbackRequest): Promise<RollbackAnswer>;
  /** Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_REGISTRY_VERSION_NOT_FOUND`, or `LAM_REGISTRY_VERSION_IN_USE` for a live or aliased version. */
  remove(name: string, version: number): Promise<void>;
}

/** What these operations need. */
export interface VersionRooms {
  readonly registry: Registry;
  readonly prepare: Prepare;
}

/** Implements {@link VersionOperations}. */
export function versionOperations({ registry, prepare }: VersionRooms): VersionOperations {
  return {
    async publish(name, request) {
      // Validated first by a rehearsal, so that a wrong request is not told about a missing interpreter.
      const rehearsed = await registry.publish(name, { ...request, dryRun: true });
      const notice = await prepare(request.config.runtime ?? 'nodejs', request.config.image ?? null);
      const answer = request.dryRun === true ? rehearsed : await registry.publish(name, request);
      return notice === null ? answer : { ...answer, notices: [...answer.notices, notice] };
    },
    rollback: (name, request) => registry.rollback(name, request),
    remove: (name, version) => registry.deleteVersion(name, version),
  };
}
