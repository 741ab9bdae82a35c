import type { LogQuery, LogRecord, FunctionName } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { LogStore } from '../logs/index.ts';
import type { Registry } from '../registry/index.ts';

/** What one sandbox printed on one day (UTC). */
export interface LogOrigin extends Pick<LogRecord, 'version' | 'sandbox'> {
  /** Times of the first and the last record (ms since the epoch). */
  readonly first: number;
  readonly last: number;
  /** Size of the texts in UTF-8. */
  readonly bytes: number;
}

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
  /**
   * Who printed the stored records, in the order of the first ones. Reads all of them. Throws
   * `LAM_REGISTRY_FUNCTION_NOT_FOUND`.
   */
  origins(name: FunctionName): Promise<readonly LogOrigin[]>;
  /** Size of the stored records by function (bytes). */
  storedBytes(): Promise<Readonly<Record<string, number>>>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

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
    async origins(name) {
      registry.resolve(name);
      const found = new Map<string, LogOrigin>();
      await logs.query(name, {}, (records) => {
        for (const record of records) addTo(found, record);
      });
      return [...found.values()];
    },
    storedBytes: async () => (await logs.sizes()).sizes,
  };
}

function addTo(found: Map<string, LogOrigin>, { version, sandbox, time, text }: LogRecord): void {
  const key = `${version} ${sandbox} ${Math.floor(time / DAY_MS)}`;
  const { first, last, bytes } = found.get(key) ?? { first: time, last: time, bytes: 0 };
  const size = bytes + Buffer.byteLength(text);
  found.set(key, { version, sandbox, first: Math.min(first, time), last: Math.max(last, time), bytes: size });
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
