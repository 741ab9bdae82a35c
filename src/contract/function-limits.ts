import type { ConfigInput, FunctionConfig } from './function-config.ts';

/** Settings of a function as a whole: a change counts at once, for all its versions, and makes no new one. */
export const LIMIT_FIELDS = ['rateLimit', 'burst', 'reservedConcurrency'] as const;

/** The limits of a function. */
export type FunctionLimits = Pick<FunctionConfig, (typeof LIMIT_FIELDS)[number]>;

/** No limits, as configurations of versions have them. */
export const NO_LIMITS: FunctionLimits = { rateLimit: null, burst: null, reservedConcurrency: null };

/** Requests that were refused since the daemon started, by the limit that they met. */
export interface ThrottleCounts {
  readonly rate: number;
  readonly concurrency: number;
}

/** The settings without those that are limits. Pure. */
export function withoutLimits(settings: ConfigInput): ConfigInput {
  return Object.fromEntries(Object.entries(settings).filter(([field]) => !isLimit(field)));
}

/** Whether a setting is a limit. */
export function isLimit(field: string): field is (typeof LIMIT_FIELDS)[number] {
  return (LIMIT_FIELDS as readonly string[]).includes(field);
}
