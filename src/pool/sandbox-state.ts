/**
 * The states of a sandbox as a table; events that it does not name are refused.
 *
 * | state | what is true |
 * | --- | --- |
 * | booting | the driver boots it |
 * | stem | booted and not bound to a function yet |
 * | initializing | it loads the code of its function |
 * | idle | warm, runs nothing |
 * | busy | runs at least one invocation |
 * | draining | takes no new work; the driver ends it once nothing runs in it |
 * | gone | the process has ended |
 */
export type SandboxStateName = 'booting' | 'stem' | 'initializing' | 'idle' | 'busy' | 'draining' | 'gone';

export type SandboxEventName =
  /** Its session can be given init; it was booted for a function. */
  | 'booted'
  /** Its session can be given init; it is a stem. */
  | 'booted-stem'
  | 'bind'
  | 'ready'
  | 'acquire'
  /** Its last invocation ended and it may be reused. */
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

/** Returns the state after `event`, or undefined when `state` refuses it. Pure. */
export function transition(state: SandboxStateName, event: SandboxEventName): SandboxStateName | undefined {
  return TABLE[state][event];
}

/** All states and events, in the order of the table in docs/ARCHITECTURE.md. */
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
