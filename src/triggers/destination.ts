import type { DestinationConfig, FunctionName, EventOutcome, RequestId, TraceId } from '../contract/index.ts';
import type { LamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { KindFault, TriggerSchema } from './kind.ts';

/**
 * A kind of destination, to which records of finished events are sent. Everything except {@link DestinationKind.load} is
 * data and pure functions, which the CLI also loads to check lam.yaml. The functions are called only with settings that
 * are valid by `schema`.
 */
export interface DestinationKind<C extends DestinationConfig = DestinationConfig> {
  /** Value of `type:`. */
  readonly type: string;
  readonly schema: TriggerSchema;
  /** The short form for messages, as `function:NAME`; absent in kinds without one. */
  readonly form?: string;
  /** Returns what a text in the short form stands for; undefined for any other text. */
  fromText?(text: string): C | undefined;
  /** Returns the destination in a few words, without user and password: `queue 'failed'`. */
  labelOf(config: C): string;
  /** Returns the first fault that the schema cannot express, or undefined. */
  fault(config: C): KindFault | undefined;
  /** Imports the running half, with its npm packages. Called in the daemon when the first record is sent there. */
  load(): Promise<DestinationOpener<C>>;
}

/** The running half of a kind. */
export interface DestinationOpener<C extends DestinationConfig = DestinationConfig> {
  /** Connects; after a failure nothing is left open. May reject with any error. */
  open(config: C, context: DestinationContext): Promise<OpenDestination>;
}

/** A connection to a destination. It is closed after the first failure, and when it was not used for a while. */
export interface OpenDestination {
  /**
   * Sends a record; resolves once the destination has it for good, as far as it can say so. May reject with any error;
   * the record is sent again later, so that a destination may get it twice.
   */
  send(record: DeliveredRecord): Promise<void>;
  close(): Promise<void>;
}

/** A record on its way. */
export interface DeliveredRecord {
  /** The same in all attempts at a record. */
  readonly id: RequestId;
  /** JSON in the shape of AWS's destination records. */
  readonly body: Uint8Array;
  /** Trace header for whoever gets it; it counts the functions that led here. */
  readonly traceId: TraceId;
  /** Aborted when it need not be sent any more. */
  readonly signal: AbortSignal;
}

/** The daemon as a destination sees it. */
export interface DestinationContext {
  /** The function whose events finished. */
  readonly functionName: FunctionName;
  readonly outcome: EventOutcome;
  readonly clock: Clock;
  /** Folder of the files that destinations write. */
  readonly folder: string;
  /** Returns a setting with the values of its `${NAME}`s. Throws `LAM_TRIGGERS_VARIABLE_MISSING`. */
  value(text: string): string;
  /** Makes the error of a failure. Values of variables are removed from `what`. */
  error(what: unknown): LamError;
  /** Queues a record as an event of a function. Rejects with the errors of the registry and of the queue. */
  enqueue(functionName: FunctionName, record: DeliveredRecord): Promise<void>;
}
