/**
 * The life of a sandbox as a table: what is not in it is refused. A `stem` is booted and bound to no function yet.
 *
 * | state | what is true |
 * | --- | --- |
 * | booting | the driver is making it |
 * | stem | it can take any function of its runtime; nothing was told to it |
 * | initializing | its function's code is loading |
 * | idle | warm, runs nothing |
 * | busy | runs at least one invocation |
 * | stopping | no new work; the driver is ending it |
 * | gone | the process is no more; it leaves the table |
 */
export type SandboxStateName = 'booting' | 'stem' | 'initializing' | 'idle' | 'busy' | 'stopping' | 'gone';

export type SandboxEventName =
  /** The session can be given init, and the function is known already. */
  | 'booted'
  /** The session can be given init; no function yet. */
  | 'booted-stem'
  | 'bind'
  | 'ready'
  | 'lease'
  /** The last of its invocations ended well enough to go on. */
  | 'release'
  | 'condemn'
  | 'exited';

const TABLE: { readonly [S in SandboxStateName]: { readonly [E in SandboxEventName]?: SandboxStateName } } = {
  booting: { booted: 'initializing', 'booted-stem': 'stem', condemn: 'stopping', exited: 'gone' },
  stem: { bind: 'initializing', condemn: 'stopping', exited: 'gone' },
  initializing: { ready: 'idle', condemn: 'stopping', exited: 'gone' },
  idle: { lease: 'busy', condemn: 'stopping', exited: 'gone' },
  busy: { lease: 'busy', release: 'idle', condemn: 'stopping', exited: 'gone' },
  stopping: { condemn: 'stopping', exited: 'gone' },
  gone: { exited: 'gone', condemn: 'gone' },
};

/** The state after `event`, or undefined when the event is refused in `state`. Pure. */
export function transition(state: SandboxStateName, event: SandboxEventName): SandboxStateName | undefined {
  return TABLE[state][event];
}

/** All states and events, for tests and the picture in the docs. */
export const SANDBOX_STATES: readonly SandboxStateName[] = Object.keys(TABLE) as SandboxStateName[];
export const SANDBOX_EVENTS: readonly SandboxEventName[] = [
  'booted',
  'booted-stem',
  'bind',
  'ready',
  'lease',
  'release',
  'condemn',
  'exited',
];
