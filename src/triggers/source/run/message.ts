/** A message as its source delivered it, not yet acknowledged. */
export interface SourceMessage {
  /** Idempotency id: the same at each delivery where the source has one, otherwise unique to the delivery. */
  readonly id: string;
  /** What a handler calls it in `batchItemFailures`. */
  readonly itemIdentifier: string;
  /** Deliveries so far with this one, as the source counts them; 1 if it does not count. */
  readonly deliveries: number;
  /** Messages with the same key run one batch after the other, in the order of their delivery. */
  readonly key?: string | undefined;
  /** Share of the event (bytes, estimated). */
  readonly bytes: number;
  /** What filter patterns are compared with: the record with its payload decoded, and parsed if it is JSON. */
  filterable(): unknown;
}

/** Why a message becomes a dead letter. */
export interface DeathCause {
  /** Attempts so far. */
  readonly attempts: number;
  /** `errorType` of the handler's error, or the code of lam's refusal. */
  readonly errorType: string;
  readonly errorMessage: string;
}

/** Receives messages from a connection. */
export interface Inbox<M extends SourceMessage> {
  /** How many more messages can be taken now. */
  readonly room: number;
  /** Takes messages, in their order; never refuses. A source should keep to {@link room}. */
  offer(messages: readonly M[]): void;
  /** Resolves when there is room or `signal` is aborted. */
  roomFor(signal: AbortSignal): Promise<void>;
  /** All messages that are neither acknowledged nor dead. */
  held(): readonly M[];
}

/**
 * A connection to a source. A rejected promise of a method after `receive` means that the connection is unusable: the
 * trigger is stopped and started again.
 */
export interface SourceConnection<M extends SourceMessage> {
  /** Most messages held at a time; by default two batches for each place. */
  readonly capacity?: number;
  /** Further attempts that the source allows; counts for triggers without `maxRetries`. */
  readonly maxRetries?: number;
  /** Returns the handler's event for a batch, as JSON text. Pure. */
  eventOf(messages: readonly M[]): string;
  /** Starts to offer messages to `inbox`; resolves when the source has accepted that. */
  receive(inbox: Inbox<M>): Promise<void>;
  /** Ends offering, and keeps the connection. */
  pause(): Promise<void>;
  /** Confirms that messages have been handled. `answer`: the handler's, if it ran. */
  acknowledge(messages: readonly M[], answer: Uint8Array | undefined): Promise<void>;
  /** Moves a message to the source's dead letters, or drops it where there are none. */
  deadLetter(message: M, cause: DeathCause): Promise<void>;
  /** Returns unhandled messages to the source, before {@link close}. */
  release(messages: readonly M[]): Promise<void>;
  /**
   * Messages that wait at the source, without those that are held: their number, or numbers by part, such as partitions;
   * undefined if it does not know.
   */
  lag?(): Promise<number | Readonly<Record<string, number>> | undefined>;
  /** Closes the connection, also a broken one. */
  close(): Promise<void>;
}
