/**
 * State of a runtime as the Runtime API sees it. `started`: has not polled yet. `ready`: polls `next`. `running`:
 * received an event. `responded`: has answered it. `init-failed`: reported an init error.
 */
export type RuntimeState = 'started' | 'ready' | 'running' | 'responded' | 'init-failed';

/** Events of a runtime: its four requests, and `deliver`, an event written to an open `next`. */
export type RuntimeEvent = 'next' | 'deliver' | 'response' | 'error' | 'init-error';

const TABLE: Readonly<Record<RuntimeState, Readonly<Partial<Record<RuntimeEvent, RuntimeState>>>>> = {
  started: { next: 'ready', 'init-error': 'init-failed' },
  ready: { next: 'ready', deliver: 'running' },
  // A runtime that lost its event polls again and gets the same one.
  running: { next: 'running', response: 'responded', error: 'responded' },
  responded: { next: 'ready' },
  'init-failed': {},
};

/** The state after `event`, or undefined when AWS refuses it. */
export function nextState(state: RuntimeState, event: RuntimeEvent): RuntimeState | undefined {
  return TABLE[state][event];
}

const STATE_NAMES: Readonly<Record<RuntimeState, string>> = {
  started: 'Started',
  ready: 'Ready',
  running: 'Running',
  responded: 'RuntimeResponseSentState',
  'init-failed': 'InitError',
};

const TARGET_NAMES: Readonly<Record<RuntimeEvent, string>> = {
  next: 'Ready',
  deliver: 'Running',
  response: 'InvocationResponse',
  error: 'InvocationErrorResponse',
  'init-error': 'InitError',
};

/** How AWS words the refusal of `event` in `state`. */
export function refusalText(state: RuntimeState, event: RuntimeEvent): string {
  return `State transition from ${STATE_NAMES[state]} to ${TARGET_NAMES[event]} failed for runtime. Error: State transition is not allowed`;
}
