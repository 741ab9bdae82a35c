/** What invokes a function without a direct caller, as a version declares it: its kind, and the settings of that kind. JSON. */
export interface TriggerConfig {
  /** The kind: `http` ... */
  readonly type: string;
  /** Tells triggers of one kind of one function apart; by default the kind makes it from its settings. */
  readonly name?: string;
  readonly [setting: string]: unknown;
}

/** Short forms of lam.yaml and `lam config set`: each stands for triggers of one kind. */
export interface ShortForms {
  /** Triggers of type `http`: `METHOD /path/{param}/{rest+}` each. */
  readonly routes?: readonly string[];
}

/** How a trigger that the daemon runs is doing. */
export interface TriggerState {
  readonly type: string;
  readonly name: string;
  /** `retrying`: it could not start, or failed, and is started again after a pause. */
  readonly state: 'starting' | 'running' | 'retrying';
  /** When it got into this state, milliseconds since the epoch. */
  readonly since: number;
  /** Why it is `retrying`, in words. */
  readonly cause?: string;
}
