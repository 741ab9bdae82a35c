import type { Counter, Histogram, Registry } from 'prom-client';

/** Upper bounds of the first release's histogram (ms): ten of them, 100 apart. */
const BUCKETS = Array.from({ length: 10 }, (_, at) => 10 + at * 100);

interface Made {
  readonly registry: Registry;
  readonly total: Counter<'function'>;
  readonly durations: Histogram<'function'>;
  readonly byStatus: Counter<'function' | 'status'>;
  readonly seconds: Histogram<'function'>;
}

/** What is counted of an invocation that has ended. */
interface EndedInvocation {
  readonly functionName: string;
  /** As in `ObservedInvocation`. */
  readonly outcome: string | undefined;
  /** Undefined if it did not run. */
  readonly durationMs: number | undefined;
}

/** An invocation that ran. */
interface Ran {
  readonly name: string;
  readonly status: string;
  readonly durationMs: number;
}

/** What is answered to a scraper. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/**
 * Mini-Lambda's metrics of all invocations that ran, whoever asked for them: those of its first release, and of later
 * ones. An `Observer`. Loads prom-client, which keeps them, when it is made.
 */
export class MiniMetrics {
  readonly #made: Promise<Made> = make();
  #ready: Made | undefined;
  /** What ran before prom-client was loaded. */
  readonly #early: Ran[] = [];

  constructor() {
    void this.#made.then((made) => {
      this.#ready = made;
      for (const ran of this.#early.splice(0)) count(made, ran);
    });
  }

  settled({ functionName, outcome, durationMs }: EndedInvocation): void {
    if (outcome === undefined || durationMs === undefined) return;
    const ran = { name: functionName, status: outcome, durationMs };
    if (this.#ready === undefined) this.#early.push(ran);
    else count(this.#ready, ran);
  }

  async text(): Promise<MetricsText> {
    const { registry } = await this.#made;
    return { contentType: registry.contentType, text: await registry.metrics() };
  }
}

function count({ total, durations, byStatus, seconds }: Made, { name, status, durationMs }: Ran): void {
  total.inc({ function: name });
  durations.observe({ function: name }, durationMs);
  byStatus.inc({ function: name, status });
  seconds.observe({ function: name }, durationMs / 1000);
}

async function make(): Promise<Made> {
  const { Counter, Histogram, Registry } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    total: new Counter({
      name: 'Total_Invocations',
      help: 'Number of function invocations',
      labelNames: ['function'],
      registers,
    }),
    durations: new Histogram({
      // "Invocation Duration ms" in its README; names of metrics have no blanks.
      name: 'Invocation_Duration_ms',
      help: 'Invocation latency in ms',
      labelNames: ['function'],
      buckets: BUCKETS,
      registers,
    }),
    byStatus: new Counter({
      name: 'mini_lambda_invocations_total',
      help: 'Number of function invocations by how they ended',
      labelNames: ['function', 'status'],
      registers,
    }),
    seconds: new Histogram({
      name: 'mini_lambda_invocation_duration_seconds',
      help: 'Invocation latency in seconds',
      labelNames: ['function'],
      registers,
    }),
  };
}
