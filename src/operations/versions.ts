import {
  FILE_TEXT_BYTES,
  type AmendRequest,
  type PublishAnswer,
  type PublishRequest,
  type RollbackAnswer,
  type RollbackRequest,
  type FunctionName,
  type VersionDetail,
  type VersionFile,
  type VersionNumber,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { Registry } from '../registry/index.ts';
import type { ArtifactStore } from '../store/index.ts';
import type { GoLive } from './go-live.ts';

/** Versions of functions and the live pointer. */
export interface VersionOperations {
  /**
   * Publishes the next version and makes it live, after a check that its runtime can be served here and, unless `verify`
   * is false, that a sandbox can load its code; changes nothing if the live version is the same. A version that fails
   * is kept without going live, unless it would be the first. With `dryRun` it only checks. `signal` gives the change up
   * during the check. Throws `LAM_REGISTRY_INVALID_NAME`,
   * `LAM_REGISTRY_INVALID_CONFIG`, `LAM_REGISTRY_UNKNOWN_RUNTIME`, `LAM_REGISTRY_ROUTE_CONFLICT`,
   * `LAM_REGISTRY_INVALID_ALIAS`, `LAM_STORE_ARTIFACT_NOT_FOUND`, `LAM_DRIVER_RUNTIME_MISSING`,
   * `LAM_OPERATIONS_CHECK_FAILED`, `LAM_OPERATIONS_OVERTAKEN`, or what writing throws.
   */
  publish(name: FunctionName, request: PublishRequest, signal?: AbortSignal): Promise<PublishAnswer>;
  /**
   * Publishes the live version again with other code or settings, as {@link publish} does and throws. Throws
   * `LAM_REGISTRY_FUNCTION_NOT_FOUND`, and `LAM_REGISTRY_MOVED` if the live pointer is not where `onto` says.
   */
  amend(name: FunctionName, request: AmendRequest, signal?: AbortSignal): Promise<PublishAnswer>;
  /**
   * Makes an earlier version live: `request.to`, or the one that was live before the current one; changes nothing for
   * the live one. With `dryRun` it only checks. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`,
   * `LAM_REGISTRY_NO_PREVIOUS_VERSION`, `LAM_REGISTRY_VERSION_NOT_FOUND`, `LAM_REGISTRY_ROUTE_CONFLICT`,
   * `LAM_DRIVER_RUNTIME_MISSING` or `LAM_OPERATIONS_CHECK_FAILED`.
   */
  rollback(name: FunctionName, request: RollbackRequest, signal?: AbortSignal): Promise<RollbackAnswer>;
  /**
   * Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_REGISTRY_VERSION_NOT_FOUND`, or `LAM_REGISTRY_VERSION_IN_USE` for a
   * live or aliased version.
   */
  remove(name: FunctionName, version: VersionNumber): Promise<void>;
  /**
   * A version with the files of its artifact. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`,
   * `LAM_REGISTRY_VERSION_NOT_FOUND` or `LAM_STORE_ARTIFACT_LOST`.
   */
  detail(name: FunctionName, version: VersionNumber): Promise<VersionDetail>;
  /**
   * A file of a version, with its text if that is short. Throws what {@link detail} throws, and
   * `LAM_OPERATIONS_FILE_NOT_FOUND` for a path that is no file of the version.
   */
  file(name: FunctionName, version: VersionNumber, path: string): Promise<VersionFile>;
}

/** Implements {@link VersionOperations}. */
export function versionOperations(
  registry: Registry,
  goLive: GoLive,
  artifacts: Pick<ArtifactStore, 'manifest' | 'content'>,
): VersionOperations {
  return {
    publish: (name, request, signal) =>
      goLive({
        name,
        change: { kind: 'publish', request },
        commit: (mark) => registry.publish(name, request, mark),
        signal,
      }),
    amend: (name, request, signal) =>
      goLive({
        name,
        derive() {
          const whole = registry.amended(name, request);
          return {
            name,
            change: { kind: 'publish', request: whole },
            commit: (mark) => registry.publish(name, whole, mark),
            signal,
          };
        },
      }),
    rollback: (name, request, signal) =>
      goLive({
        name,
        change: { kind: 'rollback', request },
        commit: (mark) => registry.rollback(name, request, mark),
        signal,
      }),
    remove: (name, version) => registry.deleteVersion(name, version),
    async detail(name, version) {
      const info = registry.version(name, version);
      return { name, ...info, files: (await artifacts.manifest(info.artifact)).entries };
    },
    async file(name, version, path) {
      const { artifact } = registry.version(name, version);
      const { entries } = await artifacts.manifest(artifact);
      const entry = entries.find((one) => one.path === path);
      if (entry?.kind !== 'file') throw lamError('LAM_OPERATIONS_FILE_NOT_FOUND', { name, version, path });
      const { size } = entry;
      if (size > FILE_TEXT_BYTES) return { path, size, text: null };
      return { path, size, text: textOf(await artifacts.content(artifact, entry)) };
    },
  };
}

/** Decodes UTF-8; null for bytes that are no text. */
function textOf(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
