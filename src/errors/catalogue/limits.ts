import { entry } from '../entry.ts';

/** A rate that was met. */
export interface MetRate {
  readonly name: string;
  readonly perSecond: number;
  readonly burst: number;
  readonly retryAfterMs: number;
}

export const LIMITS = {
  LAM_LIMITS_RATE: entry<MetRate>({
    kind: 'resource_exhausted',
    fault: 'caller',
    aws: 'TooManyRequestsException',
    message: (d) => `function '${d.name}' is at its rate limit (${rate(d)})`,
    hint: (d) =>
      `try again in ${d.retryAfterMs / 1000} s, or raise the limit: lam config set ${d.name} rateLimit=${d.perSecond * 2}`,
  }),
  LAM_LIMITS_ROUTE_RATE: entry<MetRate & { route: string }>({
    kind: 'resource_exhausted',
    fault: 'caller',
    aws: 'TooManyRequestsException',
    message: (d) => `route '${d.route}' of function '${d.name}' is at its rate limit (${rate(d)})`,
    hint: (d) => `try again in ${d.retryAfterMs / 1000} s, or raise rateLimit of the route in lam.yaml and deploy`,
  }),
  LAM_LIMITS_QUOTA: entry<{ name: string; quota: number; retryAfterMs: number }>({
    kind: 'resource_exhausted',
    fault: 'caller',
    aws: 'TooManyRequestsException',
    message: (d) => `API key '${d.name}' has used its quota (${d.quota} requests a day)`,
    hint: (d) =>
      `try again after midnight UTC, or let its owner raise the quota: lam key update ${d.name} --quota ${Math.max(1, d.quota * 2)}`,
  }),
  LAM_LIMITS_RESERVED: entry<{ name: string; reserved: number }>({
    kind: 'resource_exhausted',
    fault: 'caller',
    aws: 'TooManyRequestsException',
    message: (d) =>
      d.reserved === 0
        ? `function '${d.name}' is stopped: its reserved concurrency is 0`
        : `function '${d.name}' is at its reserved concurrency (${d.reserved} running)`,
    hint: (d) =>
      d.reserved === 0
        ? `let it run again: lam config unset ${d.name} reservedConcurrency`
        : `try again shortly, or raise it: lam config set ${d.name} reservedConcurrency=${Math.min(1000, d.reserved * 2)}`,
  }),
} as const;

function rate({ perSecond, burst }: MetRate): string {
  return `${perSecond} a second, bursts of ${burst}`;
}
