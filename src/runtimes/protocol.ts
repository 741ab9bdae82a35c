/** How the code inside a sandbox is spoken to: `frames` for lam's own bootstraps, `runtime-api` for AWS's HTTP contract. */
export type Protocol = 'frames' | 'runtime-api';

/** What callers of a session may rely on. */
export interface ProtocolTraits {
  /** Environment arrives with init; else the process must be started with it. */
  readonly environmentWithInit: boolean;
  /** Invocations beyond those that run can be sent ahead and taken back. */
  readonly queuesInside: boolean;
  /** All that the code prints before it answers is read before its answer; else pipes may be read after it. */
  readonly ordersOutput: boolean;
}

/** The traits of each protocol. */
export const PROTOCOLS: Readonly<Record<Protocol, ProtocolTraits>> = {
  frames: { environmentWithInit: true, queuesInside: true, ordersOutput: true },
  'runtime-api': { environmentWithInit: false, queuesInside: false, ordersOutput: false },
};
