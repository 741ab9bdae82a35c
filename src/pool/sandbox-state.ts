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
 * | draining | takes no new work; the driver ends it once nothing runs in it |
 * | gone | the process is no more; it leaves the table |
 */
export type SandboxStateName = 'booting' | 'stem' | 'initializing' | 'idle' | 'busy' | 'draining' | 'gone';

export type SandboxEventName =
  /** The session can be given init, and the function is known already. */
  | 'booted'
  /** The session can be given init; no function yet. */
  | 'booted-stem'
  | 'bind'
  | 'ready'
  | 'acquire'
  /** The last of its invocations ended well enough to go on. */
  | 'release'
  | 'drain'
  | 'exited';

const TABLE: { readonly [S in SandboxStateName]: { readonly [E in SandboxEventName]?: SandboxStateName } } = {
  booting: { booted: 'initializing', 'booted-stem': 'stem', drain: 'draining', exited: 'gone' },
  stem: { bind: 'initializing', drain: 'draining', exited: 'gone' },
  initializing: { ready: 'idle', drain: 'draining', exited: 'gone' },
  idle: { acquire: 'busy', drain: 'draining', exited: 'gone' },
  busy: { acquire: 'busy', release: 'idle', drain: 'draining', exited: 'gone' },
  draining: { drain: 'draining', exited: 'gone' },
  gone: { exited: 'gone', drain: 'gone' },
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
  'acquire',
  'release',
  'drain',
  'exited',
];
