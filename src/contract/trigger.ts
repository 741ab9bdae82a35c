/**
 * A declared trigger, which invokes its function without a direct caller: its kind and the kind's settings, as JSON.
 */
export interface TriggerConfig {
  /** The kind, for instance `http`. */
  readonly type: string;
  /** Unique among the function's triggers of this kind; by default the kind derives it from the settings. */
  readonly name?: string;
  readonly [setting: string]: unknown;
}

/** Short forms in lam.yaml and `lam config set`; each stands for triggers of one kind. */
export interface ShortForms {
  /** Triggers of type `http`, each as `METHOD /path/{param}/{rest+}`. */
  readonly routes?: readonly string[];
}

/** State of a trigger that the daemon runs. */
export interface TriggerState {
  readonly type: string;
  readonly name: string;
  /** `retrying`: its start failed or it failed later; it is started again after a pause. */
  readonly state: 'starting' | 'running' | 'retrying';
  /** When it entered this state (milliseconds since the epoch). */
  readonly since: number;
  /** Error message behind `retrying`. */
  readonly cause?: string;
}
