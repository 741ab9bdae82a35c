import type { LogQuery, LogRecord, FunctionName } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { LogStore } from '../logs/index.ts';
import type { Registry } from '../registry/index.ts';

/** Logs of functions. */
export interface LogOperations {
  /**
   * Passes stored records to `onRecords`, oldest first, in batches, each after the previous call has settled. Throws
   * `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_OPERATIONS_INVALID_VALUE`, or what `onRecords` throws.
   */
  query(
    name: FunctionName,
    query: LogQuery,
    onRecords: (records: readonly LogRecord[]) => void | Promise<void>,
  ): Promise<void>;
  /**
   * Passes new records to `onRecord` until the returned function is called. Calls `onEnd` when the daemon stops and no
   * more will follow. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND` or `LAM_OPERATIONS_INVALID_VALUE`.
   */
  follow(name: FunctionName, query: LogQuery, onRecord: (record: LogRecord) => void, onEnd: () => void): () => void;
}

/** Followers of logs, which the daemon ends when it stops. */
export interface FollowerList {
  /** Registers a follower by the function that ends it. Returns a function that removes it. */
  add(end: () => void): () => void;
}

/** Rooms that these operations use. */
export interface LogRooms {
  readonly registry: Registry;
  readonly logs: LogStore;
  readonly followers: FollowerList;
}

/** Implements {@link LogOperations}. */
export function logOperations({ registry, logs, followers }: LogRooms): LogOperations {
  return {
    async query(name, query, onRecords) {
      registry.resolve(name);
      checkQuery(query);
      await logs.query(name, query, onRecords);
    },
    follow(name, query, onRecord, onEnd) {
      registry.resolve(name);
      checkQuery(query);
      const stop = logs.follow(name, query, onRecord);
      const gone = followers.add(onEnd);
      return () => {
        stop();
        gone();
      };
    },
  };
}

function checkQuery(query: LogQuery): void {
  for (const key of ['since', 'until', 'lines', 'version'] as const) {
    const value = query[key];
    if (value === undefined) continue;
    const isWhole = key === 'lines' || key === 'version';
    if (value >= 0 && (isWhole ? Number.isSafeInteger(value) : Number.isFinite(value))) continue;
    const wanted = isWhole ? 'a whole number of at least 0' : 'a time in milliseconds since the epoch';
    throw lamError('LAM_OPERATIONS_INVALID_VALUE', { what: `${key}: ${value} is not ${wanted}` });
  }
}
