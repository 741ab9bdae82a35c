/** Protocol between daemon and sandbox: `frames` for lam's own bootstraps, `runtime-api` for AWS's HTTP API. */
export type Protocol = 'frames' | 'runtime-api';

/** Guarantees that a protocol gives to callers of a session. */
export interface ProtocolTraits {
  /** The environment is passed with init; else the process must be started with it. */
  readonly environmentWithInit: boolean;
  /** Further invocations can be sent ahead and recalled. */
  readonly queuesInside: boolean;
  /**
   * Its HTTP events of format 2.0 also have `path` and `httpMethod`: libraries for such programs were seen to read these
   * members of 1.0 in any event.
   */
  readonly httpEventsHavePath: boolean;
}

/** The traits of each protocol. */
export const PROTOCOLS: Readonly<Record<Protocol, ProtocolTraits>> = {
  frames: { environmentWithInit: true, queuesInside: true, httpEventsHavePath: false },
  'runtime-api': { environmentWithInit: false, queuesInside: false, httpEventsHavePath: true },
};
