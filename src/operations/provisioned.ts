import type { FunctionName, Qualifier, VersionNumber } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import { setProvisioned, type Registry } from '../registry/index.ts';

/** Sandboxes of a version that are ready, whether they run something or not, and that will be. */
export interface WarmSandboxes {
  readonly ready: number;
  readonly starting: number;
}

/** Sandboxes that are kept warm for versions and aliases, besides those of the setting `provisionedConcurrency`. */
export interface ProvisionedOperations {
  /**
   * Keeps sandboxes of the version that a qualifier leads to warm, from now on; they start as memory allows. Throws
   * `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_REGISTRY_VERSION_NOT_FOUND` or `LAM_REGISTRY_ALIAS_NOT_FOUND`.
   */
  set(name: FunctionName, qualifier: Qualifier, count: number): Promise<void>;
  /** Ends that; nothing happens if there is none. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`. */
  remove(name: FunctionName, qualifier: Qualifier): Promise<void>;
  /** Sandboxes of a version now. Throws what {@link set} throws. */
  warm(name: FunctionName, version: VersionNumber): WarmSandboxes;
}

/** Rooms that these operations use. */
export interface ProvisionedRooms {
  readonly registry: Registry;
  readonly clock: Clock;
  /** Sandboxes of a version. */
  readonly warm: (name: FunctionName, version: VersionNumber) => WarmSandboxes;
}

/** Implements {@link ProvisionedOperations}. */
export function provisionedOperations({ registry, clock, warm }: ProvisionedRooms): ProvisionedOperations {
  return {
    async set(name, qualifier, count) {
      registry.resolve(name, qualifier);
      await registry.changeRecord(name, (record) => {
        const isThere = Object.hasOwn(record.versions, qualifier) || Object.hasOwn(record.aliases, qualifier);
        if (!isThere) throw lamError('LAM_REGISTRY_ALIAS_NOT_FOUND', { name, alias: qualifier });
        setProvisioned(record, qualifier, { count, modifiedAt: clock.now() });
      });
    },
    remove: (name, qualifier) => registry.changeRecord(name, (record) => setProvisioned(record, qualifier, undefined)),
    warm: (name, version) => {
      registry.version(name, version);
      return warm(name, version);
    },
  };
}
