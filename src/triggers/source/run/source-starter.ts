import { isLamError, lamError, type LamError } from '../../../errors/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { RunningTrigger, TriggerHost, TriggerReport, TriggerStarter } from '../../running.ts';
import { wordsFor } from '../failure-words.ts';
import { compilePattern } from '../filter-pattern.ts';
import { SOURCE_DEFAULTS, type SourceConfig } from '../settings.ts';
import { variablesBy } from '../variables.ts';
import { trialOf, type EventShape } from './event-shape.ts';
import type { SourceConnection, SourceMessage } from './message.ts';
import { Pump, type PumpSettings } from './pump.ts';

/** Pause between two measurements of lag (ms). */
const LAG_EVERY_MS = 5000;
/** Longest time until a source has accepted a consumer (ms). */
const START_MS = 30_000;

/** The running half of an event source. */
export interface RunningSource<C extends SourceConfig, M extends SourceMessage> {
  /** What it is called in errors: `RabbitMQ`. */
  readonly source: string;
  /** Address of the broker for errors, without user and password. `value` resolves references. */
  at(config: C, value: (text: string) => string): string;
  /** Settings that follow from others. */
  implied?(config: C): Partial<SourceConfig>;
  /** Its events without a connection. */
  readonly shape?: EventShape<C>;
  /** Connects; after a failure nothing is left open. May reject with any error. */
  connect(context: SourceContext<C>): Promise<SourceConnection<M>>;
}

/** What a source needs to connect. */
export interface SourceContext<C extends SourceConfig> {
  readonly config: C;
  readonly settings: PumpSettings;
  readonly host: Pick<TriggerHost, 'home' | 'functionName' | 'name' | 'clock' | 'signal' | 'arns'>;
  /** Returns a setting with the values of its `${NAME}`s. Throws `LAM_TRIGGERS_VARIABLE_MISSING`. */
  value(text: string): string;
  /** Makes an error of the source: what failed, and why. Values of variables are removed from `what`. */
  error(code: SourceErrorCode, what: unknown): LamError;
  /** Reports that the connection is lost. */
  lost(what: unknown): void;
}

/** Errors of a source. */
export type SourceErrorCode =
  | 'LAM_TRIGGERS_SOURCE_UNREACHABLE'
  | 'LAM_TRIGGERS_SOURCE_DENIED'
  | 'LAM_TRIGGERS_SOURCE_MISSING'
  | 'LAM_TRIGGERS_SOURCE_SILENT'
  | 'LAM_TRIGGERS_SOURCE_LOST';

/** Makes a kind's starter from its connections: the pump between source and function, and what is shown of it. */
export function sourceStarter<C extends SourceConfig, M extends SourceMessage>(
  source: RunningSource<C, M>,
): TriggerStarter<C> {
  const { shape } = source;
  return {
    start: (config, host) => startSource(source, config, host),
    ...(shape === undefined
      ? {}
      : { trial: (config, about, given) => trialOf(shape, { config, about, given }, matcherOf(config)) }),
  };
}

async function startSource<C extends SourceConfig, M extends SourceMessage>(
  source: RunningSource<C, M>,
  config: C,
  host: TriggerHost,
): Promise<RunningTrigger<C>> {
  const settings = pumpSettings({ ...config, ...source.implied?.(config) });
  const context = contextOf(source, { config, settings, host });
  const asSourceError = (code: SourceErrorCode, error: unknown): LamError =>
    isLamError(error) ? error : context.error(code, error);
  let connection: SourceConnection<M>;
  try {
    connection = await source.connect(context);
  } catch (error) {
    throw asSourceError('LAM_TRIGGERS_SOURCE_UNREACHABLE', error);
  }
  const failed = (error: unknown): void => host.failed(asSourceError('LAM_TRIGGERS_SOURCE_LOST', error));
  const maxRetries = config.maxRetries ?? connection.maxRetries ?? settings.maxRetries;
  const pump = new Pump<M>({
    settings: { ...settings, maxRetries },
    connection,
    host: {
      clock: host.clock,
      fire: (event, sink) => host.fire(event, sink),
      count: (phase, count) => host.count(phase, count),
      failed,
    },
  });
  let lag: Pick<TriggerReport, 'lag' | 'lags'> = {};
  const measure = async (): Promise<void> => {
    const measured = connection.lag?.();
    if (measured !== undefined) lag = await measured.then(reportOf, () => lag);
  };
  try {
    await within(host.clock, connection.receive(pump), () =>
      context.error('LAM_TRIGGERS_SOURCE_SILENT', 'it accepts no consumer'),
    );
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw asSourceError('LAM_TRIGGERS_SOURCE_UNREACHABLE', error);
  }
  void measure();
  const cancelMeasuring =
    connection.lag === undefined ? undefined : host.clock.every(LAG_EVERY_MS, () => void measure());
  return {
    async stop() {
      cancelMeasuring?.();
      // Each step also after a failed one: the connection may be broken.
      await connection.pause().catch(() => undefined);
      const left = await pump.drain();
      await connection.release(left).catch(() => undefined);
      await connection.close().catch(() => undefined);
    },
    report: () => ({ ...pump.now, ...lag }),
  };
}

/** What is shown of a lag: its sum, and its parts if there are any. */
function reportOf(
  measured: number | Readonly<Record<string, number>> | undefined,
): Pick<TriggerReport, 'lag' | 'lags'> {
  if (typeof measured !== 'object') return measured === undefined ? {} : { lag: measured };
  return { lag: Object.values(measured).reduce((sum, part) => sum + part, 0), lags: measured };
}

/** Rejects with `late` if a promise is not settled in time. */
async function within(clock: Clock, promise: Promise<void>, late: () => LamError): Promise<void> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const cancel = clock.after(START_MS, () => reject(late()));
  await Promise.race([promise, expired]).finally(cancel);
}

function contextOf<C extends SourceConfig, M extends SourceMessage>(
  { source, at }: RunningSource<C, M>,
  { config, settings, host }: { config: C; settings: PumpSettings; host: TriggerHost },
): SourceContext<C> {
  const { functionName, name } = host;
  const { value, hidden } = variablesBy((variable) => {
    const found = host.variable(variable);
    if (found === undefined)
      throw lamError('LAM_TRIGGERS_VARIABLE_MISSING', { name: functionName, trigger: name, variable });
    return found;
  });
  const error: SourceContext<C>['error'] = (code, what) =>
    lamError(code, { name: functionName, source, at: at(config, value), what: hidden(wordsFor(what)) });
  return { config, settings, host, value, error, lost: (what) => host.failed(error('LAM_TRIGGERS_SOURCE_LOST', what)) };
}

function pumpSettings(config: SourceConfig): PumpSettings {
  const { batchSize, batchWindow, parallelism, maxRetries, retryDelay, itemFailures } = {
    ...SOURCE_DEFAULTS,
    ...config,
  };
  const matches = matcherOf(config);
  return {
    batchSize,
    windowMs: batchWindow * 1000,
    parallelism,
    maxRetries,
    retryDelayMs: retryDelay * 1000,
    countsItemFailures: itemFailures,
    matches: (message) => matches(() => message.filterable()),
  };
}

/** Returns the test of a trigger's filters, which makes what they see only if there are any. */
function matcherOf({ filters = [] }: SourceConfig): (filterable: () => unknown) => boolean {
  // The declaration has been checked, so each compiles.
  const tests = filters.map((pattern) => compilePattern(pattern)).filter((test) => typeof test === 'function');
  return (filterable) => {
    if (tests.length === 0) return true;
    const record = filterable();
    return tests.some((test) => test(record));
  };
}
