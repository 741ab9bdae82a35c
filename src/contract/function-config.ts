import { DEFAULT_EVENT_AGE_MS } from './async-invocation.ts';
import type { DestinationSetting, EventVersion } from './destination.ts';
import type { Digest } from './ids.ts';
import type { ShortForms, TriggerConfig } from './trigger.ts';

/**
 * What a function reaches, where the driver can tell them apart. `on`: the internet, but neither other sandboxes nor this
 * machine. `open`: these as well. `none`: loopback only.
 */
export const NETWORKS = ['on', 'open', 'none'] as const;
export type NetworkReach = (typeof NETWORKS)[number];

/** Formats of the events that HTTP requests become, and of the answers to them, as AWS calls them. */
export const PAYLOAD_FORMATS = ['1.0', '2.0'] as const;
export type PayloadFormat = (typeof PAYLOAD_FORMATS)[number];

/** The layers of a function, whose files it finds below `/opt`. */
export interface FunctionLayers {
  /** As the author named them, in order: folders and zips of the project, published layer versions. */
  readonly sources: readonly string[];
  /** All of them merged, where a later one wins over an earlier one (AWS's rule). */
  readonly artifact: Digest;
}

/** Everything about a version but its code. Immutable once published; part of the revision's identity. */
export interface FunctionConfig {
  /** A runtime identifier as the author wrote it: `nodejs`, `nodejs22.x`, `python3`, `python3.11`, `provided` ... */
  readonly runtime: string;
  /** `file.export` for nodejs and python3; passed on as `_HANDLER` for provided. */
  readonly handler: string;
  readonly description: string;
  /** Time limit of one invocation's handler (ms); init does not count. */
  readonly timeoutMs: number;
  readonly memoryMiB: number;
  /** Processor cores, fractions allowed. */
  readonly cpus: number;
  /** Limit on processes and threads together. */
  readonly pids: number;
  /** Size of `/tmp` (MiB). */
  readonly tmpMiB: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly network: NetworkReach;
  /** Payload format of its HTTP events. */
  readonly payload: PayloadFormat;
  /** Docker image to run in, or null for the runtime's own base. */
  readonly image: string | null;
  /** Invocations that one sandbox may run at the same time. */
  readonly concurrency: number;
  /** Invocations that all sandboxes of the function may run at the same time; further requests are queued. */
  readonly maxConcurrency: number;
  /** Queue length; requests beyond it are answered 429. */
  readonly maxQueue: number;
  /** Provisioned sandboxes: how many of the live version are kept warm without requests. */
  readonly provisionedConcurrency: number;
  /** How long an idle sandbox stays warm (ms); null lets the pool decide from the arrival times of requests. */
  readonly idleTimeoutMs: number | null;
  /** Invocations per second that are admitted in the long run, of all versions; further ones are refused. Null for no limit. */
  readonly rateLimit: number | null;
  /** Invocations that the rate limit admits at once; null for those of a second. */
  readonly burst: number | null;
  /** Invocations of all versions that may run or wait at the same time; further ones are refused. 0 stops the function. */
  readonly reservedConcurrency: number | null;
  /** Null for none. */
  readonly layers: FunctionLayers | null;
  /** Triggers, which invoke it without a direct caller. */
  readonly triggers: readonly TriggerConfig[];
  /** Whether its HTTP requests are queued and answered 202. */
  readonly async: boolean;
  /** Further attempts at an event that fails. */
  readonly maximumRetryAttempts: number;
  /** How long an event may wait for its last attempt (ms). */
  readonly maximumEventAgeMs: number;
  readonly eventVersion: EventVersion;
  /** Where the records of events go that succeeded, and that failed for good; null for nowhere. */
  readonly onSuccess: DestinationSetting | null;
  readonly onFailure: DestinationSetting | null;
  /** Events that may wait; further ones are answered 429. */
  readonly maximumQueuedEvents: number;
  /** Dead letters that are kept; while there are as many, events are answered 507. */
  readonly maximumDeadLetters: number;
}

/** Settings that the author made; other fields take their defaults. */
export type ConfigInput = Partial<FunctionConfig> & ShortForms;

/** A complete configuration as answers show it: triggers with a short form appear in both forms. */
export type ShownConfig = FunctionConfig & Required<ShortForms>;

/** Settings given as flags of one deploy. Triggers and layers cannot be. */
export type FlagSettings = Omit<ConfigInput, 'triggers' | 'layers' | keyof ShortForms>;

/** AWS Lambda's defaults where AWS has one (128 MiB, 3 s, 512 MiB of /tmp, 1024 processes and threads). */
export const DEFAULT_CONFIG: FunctionConfig = {
  runtime: 'nodejs',
  handler: 'index.handler',
  description: '',
  timeoutMs: 3000,
  memoryMiB: 128,
  cpus: 1,
  pids: 1024,
  tmpMiB: 512,
  environment: {},
  network: 'on',
  payload: '2.0',
  image: null,
  concurrency: 1,
  maxConcurrency: 64,
  maxQueue: 1024,
  provisionedConcurrency: 0,
  idleTimeoutMs: null,
  rateLimit: null,
  burst: null,
  reservedConcurrency: null,
  layers: null,
  triggers: [],
  async: false,
  maximumRetryAttempts: 2,
  maximumEventAgeMs: DEFAULT_EVENT_AGE_MS,
  eventVersion: 'run',
  onSuccess: null,
  onFailure: null,
  maximumQueuedEvents: 2_000_000,
  maximumDeadLetters: 10_000,
};

/** Inclusive bounds of the numeric settings, in the unit of the field. */
export const CONFIG_BOUNDS = {
  timeoutMs: [1, 900_000],
  memoryMiB: [64, 32_768],
  cpus: [0.05, 64],
  pids: [16, 65_536],
  tmpMiB: [1, 10_240],
  concurrency: [1, 1000],
  maxConcurrency: [1, 1000],
  maxQueue: [0, 100_000],
  provisionedConcurrency: [0, 1000],
  idleTimeoutMs: [0, 86_400_000],
  maximumRetryAttempts: [0, 1000],
  maximumEventAgeMs: [1000, 14 * 86_400_000],
  maximumQueuedEvents: [0, 100_000_000],
  maximumDeadLetters: [0, 10_000_000],
  rateLimit: [0.001, 100_000],
  burst: [1, 100_000],
  reservedConcurrency: [0, 1000],
} as const satisfies Partial<Record<keyof FunctionConfig, readonly [number, number]>>;

/** Whether an invocation may have this time limit (ms): whole milliseconds, within the bounds of functions' own. Pure. */
export function isTimeLimit(timeoutMs: number): boolean {
  const [least, most] = CONFIG_BOUNDS.timeoutMs;
  return Number.isInteger(timeoutMs) && timeoutMs >= least && timeoutMs <= most;
}

/**
 * Environment variables that a function may not set, because the runtime sets them: AWS's list without the credentials,
 * which AWS takes from a role and which only the author can give here.
 */
export const RESERVED_ENVIRONMENT: ReadonlySet<string> = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_MAX_CONCURRENCY',
  'AWS_LAMBDA_RUNTIME_API',
  'LAMBDA_TASK_ROOT',
  'LAMBDA_RUNTIME_DIR',
]);
