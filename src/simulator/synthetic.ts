import { Random } from './random.ts';
import { guessFunction, TraceBuilder, type Trace } from './trace.ts';

export interface SyntheticOptions {
  readonly seed: number;
  readonly functions: number;
  readonly days: number;
  /** Approximate number; the rates are scaled to it. */
  readonly invocations: number;
}

const DAY_MS = 86_400_000;
/** Range of the functions' rates, in powers of ten (Azure 2019, in Shahrad et al., ATC'20). */
const DECADES = 8;
/** A timer fires at one of these periods, s. */
const PERIODS_S = [60, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 604_800];

type Trigger = 'http' | 'session' | 'queue' | 'event' | 'timer' | 'flow';

/**
 * Share of the functions by caller: HTTP 55 %, queues 15 %, events 2 %, timers 16 % as in Azure 2019, the rest
 * workflows and the like. Half of the HTTP functions are called by many callers independently, half by few in sessions.
 */
const MIX: readonly (readonly [Trigger, number])[] = [
  ['http', 0.275],
  ['session', 0.275],
  ['queue', 0.15],
  ['event', 0.02],
  ['timer', 0.16],
  ['flow', 0.12],
];

interface Plan {
  readonly name: string;
  readonly trigger: Trigger;
  /** Relative to the busiest: 1 down to 1e-8. */
  readonly share: number;
  readonly medianMs: number;
  readonly random: Random;
}

/** Generates a trace from a seed; docs/simulator.md lists its assumptions. Same options, same trace. */
export function syntheticTrace(options: SyntheticOptions): Trace {
  const plans = Array.from({ length: options.functions }, (_, at) => plan(options.seed, at));
  const spanMs = options.days * DAY_MS;
  const top = topRate(plans, options.invocations / spanMs);
  const builder = new TraceBuilder();
  for (const p of plans) {
    const rate = rateOf(p, top);
    if (rate <= 0) continue;
    // Bounds the sandboxes that a busy function needs.
    const medianMs = Math.min(p.medianMs, 4 / rate);
    const add = (startMs: number): void => {
      if (startMs < spanMs)
        builder.add(p.name, startMs, Math.max(0.1, Math.min(900_000, p.random.logNormal(medianMs, 0.5))));
    };
    ARRIVALS[p.trigger](p.random, rate, spanMs, add);
  }
  return builder.build((name) => guessFunction(options.seed, name));
}

function plan(seed: number, at: number): Plan {
  const random = new Random(`${seed}#${at}`);
  const share = 10 ** (-DECADES * random.next());
  let left = random.next();
  const [trigger] = MIX.find(([, part]) => (left -= part) < 0) ?? ['http' as const];
  // Half of the functions take 0.3 s or less, a quarter more than 1.4 s: as in the models of orcbench 0.1.4.
  const medianMs = Math.max(1, Math.min(300_000, random.logNormal(300, 2.1)));
  return { name: `${trigger}-${String(at).padStart(5, '0')}`, trigger, share, medianMs, random };
}

/** Invocations per ms. A timer has the period nearest to its rate; timers slower than a week never fire. */
function rateOf({ trigger, share }: Plan, top: number): number {
  const rate = share * top;
  if (trigger !== 'timer') return rate;
  const periodS = PERIODS_S.find((s) => s * 1000 * rate >= 1) ?? 0;
  return periodS === 0 ? 0 : 1 / (periodS * 1000);
}

/** Returns the rate of the busiest function for which the sum of all is `rate`, per ms. */
function topRate(plans: readonly Plan[], rate: number): number {
  let low = 0;
  let high = rate * 1e9;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    let sum = 0;
    for (const p of plans) sum += rateOf(p, middle);
    if (sum < rate) low = middle;
    else high = middle;
  }
  return high;
}

type Arrivals = (random: Random, rate: number, spanMs: number, add: (startMs: number) => void) => void;

/** Independent callers: a Poisson process whose rate varies by 60 % over the day. */
function independent(random: Random, rate: number, spanMs: number, add: (startMs: number) => void): void {
  const swing = 0.6;
  const phase = random.next() * 2 * Math.PI;
  const most = rate * (1 + swing);
  for (let at = random.exponential(1 / most); at < spanMs; at += random.exponential(1 / most)) {
    if (random.next() * (1 + swing) <= 1 + swing * Math.sin((2 * Math.PI * at) / DAY_MS + phase)) add(at);
  }
}

/** Independent series of calls. */
function series(mean: number, gapMs: (random: Random) => number): Arrivals {
  return (random, rate, spanMs, add) =>
    independent(random, rate / mean, spanMs, (startMs) => {
      let at = startMs;
      for (let left = random.geometric(mean); left > 0; left--) {
        add(at);
        at += gapMs(random);
      }
    });
}

const ARRIVALS: Readonly<Record<Trigger, Arrivals>> = {
  http: independent,
  // A session of a person or client: eight calls, some seconds apart.
  session: series(8, (random) => random.logNormal(5000, 1.2)),
  // A batch of messages: sixteen at once, the default of Azure's queue trigger.
  queue: series(16, (random) => random.exponential(50)),
  event: series(2, (random) => random.exponential(1000)),
  // One step calls the next.
  flow: series(5, (random) => random.logNormal(1000, 1)),
  timer: (random, rate, spanMs, add) => {
    const period = 1 / rate;
    // Never early; late by the delay of a busy scheduler.
    for (let at = random.next() * period; at < spanMs; at += period) add(at + random.exponential(200));
  },
};
