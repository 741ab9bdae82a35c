import type { Target } from './target.ts';

/** One request after the other over one connection, until `count` are answered or `limitMs` have passed. */
export interface SequentialTask {
  readonly kind: 'sequential';
  readonly target: Target;
  readonly count: number;
  readonly limitMs: number;
}

/** Requests at fixed times whatever the answers do, over kept-alive connections. */
export interface OpenLoopTask {
  readonly kind: 'open-loop';
  readonly target: Target;
  readonly perSecond: number;
  readonly seconds: number;
}

/** Task of the generator's process, as JSON in its first argument. */
export type LoadTask = SequentialTask | OpenLoopTask;

/** Its output. */
export interface LoadReport {
  /** Nanoseconds, in the order of the answers. */
  readonly latencies: readonly number[];
  /** Answers that were not 200, and requests that got none. */
  readonly errors: number;
}

/**
 * When request `index` of an open loop is due (ms after its start). Latency counts from then, not from sending, which
 * avoids coordinated omission. Pure.
 */
export function dueAt(index: number, perSecond: number): number {
  return (index * 1000) / perSecond;
}
