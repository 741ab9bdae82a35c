import type { FunctionDetail, FunctionSummary } from '../contract/index.ts';
import type { LogStore } from '../logs/index.ts';
import type { Registry } from '../registry/index.ts';

/** Functions as a whole. */
export interface FunctionOperations {
  /** All functions, by name. */
  list(): readonly FunctionSummary[];
  /** Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`. */
  detail(name: string): FunctionDetail;
  /**
   * Removes a function with its versions, aliases and logs; its sandboxes end. A later function of the same name
   * continues with the next version number. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`.
   */
  remove(name: string): Promise<void>;
}

/** Rooms that these operations use. */
export interface FunctionRooms {
  readonly registry: Registry;
  readonly logs: LogStore;
}

/** Implements {@link FunctionOperations}. */
export function functionOperations({ registry, logs }: FunctionRooms): FunctionOperations {
  return {
    list: () => registry.list(),
    detail: (name) => registry.detail(name),
    async remove(name) {
      await registry.deleteFunction(name);
      // The logs follow changes of the registry anyway; deleting them here waits for that and reports a failure to the
      // caller.
      await logs.delete(name);
    },
  };
}
