import { setImmediate } from 'node:timers/promises';
import { lamError } from '../errors/index.ts';
import { Machine, type MachineOptions } from './machine.ts';
import type { Policy } from './policy.ts';
import { lamAt, policyOf, SWEEP_PRICES, type PolicyName } from './roster.ts';
import type { Outcome } from './tally.ts';
import type { Trace } from './trace.ts';

/** Invocations between two turns of the event loop. */
const SLICE = 50_000;
const DAY_MS = 86_400_000;

/** The policies to compare, and the machine. */
export interface Scenario {
  readonly policies: readonly PolicyName[];
  readonly machine: MachineOptions;
  /** Requests that one sandbox serves at once, for every policy. */
  readonly concurrency: number;
  /** Also runs lam at each price of {@link SWEEP_PRICES}. */
  readonly isSweep: boolean;
}

/** lam at one price of memory. */
export interface SweepPoint {
  readonly price: number;
  readonly coldShare: number;
  readonly idleGBs: number;
  readonly addedP99Ms: number;
}

/** lam's figure divided by another policy's; below 1 lam is better. Null where the other's is 0. */
export interface Comparison {
  readonly policy: PolicyName;
  readonly coldShare: number | null;
  readonly idleGBs: number | null;
  readonly isBetterOnBoth: boolean;
}

/** The results. Contain no real times, so that the same trace and scenario give the same results. */
export interface Simulation {
  readonly trace: {
    readonly from: string;
    readonly functions: number;
    readonly invocations: number;
    readonly days: number;
  };
  readonly machine: MachineOptions & { readonly concurrency: number };
  readonly outcomes: readonly Outcome[];
  /** Empty without {@link Scenario.isSweep}. */
  readonly sweep: readonly SweepPoint[];
  /** lam against each other policy that ran; empty when lam did not. */
  readonly comparisons: readonly Comparison[];
}

/** Called with the running policy and its progress, 0 to 1. */
export type Progress = (policy: string, share: number) => void;

/**
 * Runs every policy over the same trace. Yields to the event loop regularly, so that a signal can end it.
 * @param from describes the trace in the report Throws `LAM_SIMULATOR_TRACE_EMPTY`, `LAM_SIMULATOR_MEMORY_TOO_SMALL`.
 */
export async function simulate(
  trace: Trace,
  from: string,
  scenario: Scenario,
  progress: Progress,
): Promise<Simulation> {
  check(trace, from, scenario.machine);
  const { concurrency, machine } = scenario;
  const run = (policy: Policy): Promise<Outcome> => runOne(trace, policy, machine, progress);
  const outcomes: Outcome[] = [];
  for (const name of scenario.policies) outcomes.push(await run(policyOf(name, concurrency)));
  const sweep: SweepPoint[] = [];
  for (const price of scenario.isSweep ? SWEEP_PRICES : []) {
    const { coldShare, idleGBs, addedMs } = await run(lamAt(price, concurrency));
    sweep.push({ price, coldShare, idleGBs, addedP99Ms: addedMs.p99 });
  }
  return {
    trace: {
      from,
      functions: trace.functions.length,
      invocations: trace.of.length,
      days: rounded(trace.horizonMs / DAY_MS),
    },
    machine: { ...machine, concurrency },
    outcomes,
    sweep,
    comparisons: compare(outcomes),
  };
}

async function runOne(trace: Trace, policy: Policy, options: MachineOptions, progress: Progress): Promise<Outcome> {
  const machine = new Machine(trace, policy, options);
  progress(policy.name, 0);
  while (!machine.run(SLICE)) {
    progress(policy.name, machine.arrivals / trace.of.length);
    await setImmediate();
  }
  progress(policy.name, 1);
  return machine.outcome();
}

/** Refuses empty traces, and machines too small for the largest function, whose requests would wait forever. */
function check(trace: Trace, from: string, { memoryMiB }: MachineOptions): void {
  if (trace.of.length === 0) throw lamError('LAM_SIMULATOR_TRACE_EMPTY', { from });
  const [first, ...rest] = trace.functions;
  const largest = rest.reduce((most, one) => (one.memoryMiB > (most?.memoryMiB ?? 0) ? one : most), first);
  if (largest === undefined || largest.memoryMiB <= memoryMiB) return;
  throw lamError('LAM_SIMULATOR_MEMORY_TOO_SMALL', { memoryMiB, leastMiB: largest.memoryMiB, function: largest.name });
}

function compare(outcomes: readonly Outcome[]): readonly Comparison[] {
  const lam = outcomes.find(({ policy }) => policy === 'lam');
  if (lam === undefined) return [];
  return outcomes
    .filter((other) => other !== lam)
    .map((other) => ({
      policy: other.policy as PolicyName,
      coldShare: quotient(lam.coldShare, other.coldShare),
      idleGBs: quotient(lam.idleGBs, other.idleGBs),
      isBetterOnBoth: lam.coldShare < other.coldShare && lam.idleGBs < other.idleGBs,
    }));
}

function quotient(a: number, b: number): number | null {
  return b === 0 ? null : rounded(a / b);
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
