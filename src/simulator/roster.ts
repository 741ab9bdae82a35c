import { EwmaKeep } from './policies/ewma.ts';
import { FixedKeep } from './policies/fixed.ts';
import { GreedyDual } from './policies/greedy-dual.ts';
import { HistogramKeep } from './policies/histogram.ts';
import { LamKeep } from './policies/lam.ts';
import type { Policy } from './policy.ts';

const TEN_MINUTES_MS = 600_000;

/** Constructors of the policies, by name. */
const MAKERS = {
  fixed: (perSandbox) => new FixedKeep('fixed', TEN_MINUTES_MS, perSandbox),
  lru: (perSandbox) => new FixedKeep('lru', Infinity, perSandbox),
  'greedy-dual': (perSandbox) => new GreedyDual(perSandbox),
  histogram: (perSandbox) => new HistogramKeep(perSandbox),
  ewma: (perSandbox) => new EwmaKeep(perSandbox),
  lam: (perSandbox) => new LamKeep({ perSandbox }),
} as const satisfies Record<string, (perSandbox: number) => Policy>;

export type PolicyName = keyof typeof MAKERS;

/** Every policy, in the order of the table. */
export const POLICY_NAMES: readonly PolicyName[] = Object.keys(MAKERS) as PolicyName[];

/** Creates a policy for one run; it is stateful. */
export function policyOf(name: PolicyName, perSandbox: number): Policy {
  return MAKERS[name](perSandbox);
}

/** Creates lam's policy with a fixed price of memory. */
export function lamAt(price: number, perSandbox: number): Policy {
  return new LamKeep({ name: `lam at ${price}`, price, perSandbox });
}

/** Prices of a sweep, each about twice the one before. */
export const SWEEP_PRICES: readonly number[] = [0.15, 0.3, 0.6, 1.2, 2.4, 4.8, 9.6];
