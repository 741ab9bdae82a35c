/** Protocol between daemon and sandbox: `frames` for lam's own bootstraps, `runtime-api` for AWS's HTTP API. */
export type Protocol = 'frames' | 'runtime-api';

/** Guarantees that a protocol gives to callers of a session. */
export interface ProtocolTraits {
  /** The environment is passed with init; else the process must be started with it. */
  readonly environmentWithInit: boolean;
  /** Further invocations can be sent ahead and recalled. */
  readonly queuesInside: boolean;
  /** Output printed before an answer is read before that answer; else pipes may be read after it. */
  readonly ordersOutput: boolean;
}

/** The traits of each protocol. */
export const PROTOCOLS: Readonly<Record<Protocol, ProtocolTraits>> = {
  frames: { environmentWithInit: true, queuesInside: true, ordersOutput: true },
  'runtime-api': { environmentWithInit: false, queuesInside: false, ordersOutput: false },
};
