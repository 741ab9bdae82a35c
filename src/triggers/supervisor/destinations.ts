import type { DestinationSetting, FunctionName, EventOutcome } from '../../contract/index.ts';
import { isLamError, lamError } from '../../errors/index.ts';
import type { Clock } from '../../kit/index.ts';
import { DESTINATION_KINDS } from '../destination-kinds.ts';
import type { DeliveredRecord, DestinationContext, DestinationKind, OpenDestination } from '../destination.ts';
import { readDestination, type FoundDestination } from '../read-destination.ts';
import { wordsFor } from '../source/failure-words.ts';
import { variablesBy } from '../source/variables.ts';

/** How long a connection that is not used stays open (ms). */
const IDLE_MS = 30_000;

export interface DestinationsOptions {
  readonly clock: Clock;
  /** Folder of the files that destinations write. */
  readonly folder: string;
  readonly kinds?: readonly DestinationKind[];
  /** Value of a variable of a function's live version; undefined if there is none. */
  readonly variable: (functionName: FunctionName, variable: string) => string | undefined;
  readonly enqueue: DestinationContext['enqueue'];
}

/** A record and where it goes. */
export interface Delivery extends DeliveredRecord {
  readonly functionName: FunctionName;
  readonly outcome: EventOutcome;
  readonly destination: DestinationSetting;
}

interface Connection {
  readonly opened: Promise<OpenDestination>;
  /** Records on their way. */
  users: number;
  cancelClosing: () => void;
}

/** Sends records to destinations over connections that are kept while they are used. */
export class Destinations {
  readonly #options: DestinationsOptions;
  readonly #connections = new Map<string, Connection>();

  constructor(options: DestinationsOptions) {
    this.#options = options;
  }

  /**
   * Sends a record; resolves once the destination has it. Rejects with `LAM_TRIGGERS_DESTINATION_FAILED`,
   * `LAM_TRIGGERS_VARIABLE_MISSING`, or what queueing for a function rejects with.
   */
  async send(delivery: Delivery): Promise<void> {
    const found = readDestination(delivery.destination, this.#options.kinds ?? DESTINATION_KINDS);
    const context = this.#contextOf(delivery, found);
    if ('fault' in found) throw context.error(found.fault);
    try {
      await this.#send(delivery, found, context);
    } catch (error) {
      throw isLamError(error) ? error : context.error(error);
    }
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#connections].map(([key, connection]) => this.#close(key, connection)));
  }

  async #send(record: DeliveredRecord, found: FoundDestination, context: DestinationContext): Promise<void> {
    const { functionName, outcome } = context;
    // With the values of variables, which may have changed.
    const settings = JSON.stringify(found.config, (_, value: unknown) =>
      typeof value === 'string' ? context.value(value) : value,
    );
    const key = JSON.stringify([functionName, outcome, settings]);
    const kept = this.#connections.get(key);
    if (kept !== undefined) {
      const failure = await this.#over(key, kept, record);
      if (failure === undefined) return;
      // It may have been lost while nothing was sent.
      if (record.signal.aborted) throw failure.error;
    }
    const failure = await this.#over(key, this.#connections.get(key) ?? this.#open(key, found, context), record);
    if (failure !== undefined) throw failure.error;
  }

  /** Sends over a connection, which is closed after a failure. */
  async #over(key: string, connection: Connection, record: DeliveredRecord): Promise<{ error: unknown } | undefined> {
    connection.cancelClosing();
    connection.users++;
    try {
      await (await connection.opened).send(record);
    } catch (error) {
      void this.#close(key, connection);
      return { error };
    } finally {
      connection.users--;
    }
    if (connection.users === 0)
      connection.cancelClosing = this.#options.clock.after(IDLE_MS, () => void this.#close(key, connection));
    return undefined;
  }

  #open(key: string, { kind, config }: FoundDestination, context: DestinationContext): Connection {
    const connection: Connection = {
      opened: kind.load().then((opener) => opener.open(config, context)),
      users: 0,
      cancelClosing: () => undefined,
    };
    this.#connections.set(key, connection);
    return connection;
  }

  async #close(key: string, connection: Connection): Promise<void> {
    connection.cancelClosing();
    if (this.#connections.get(key) === connection) this.#connections.delete(key);
    await connection.opened.then((opened) => opened.close()).catch(() => undefined);
  }

  #contextOf(
    { functionName, outcome }: Pick<Delivery, 'functionName' | 'outcome'>,
    found: ReturnType<typeof readDestination>,
  ): DestinationContext {
    const { clock, folder, enqueue, variable } = this.#options;
    const { value, hidden } = variablesBy((name) => {
      const known = variable(functionName, name);
      if (known === undefined)
        throw lamError('LAM_TRIGGERS_VARIABLE_MISSING', { name: functionName, trigger: outcome, variable: name });
      return known;
    });
    const to = 'fault' in found ? 'its destination' : found.kind.labelOf(found.config);
    const error: DestinationContext['error'] = (what) =>
      lamError('LAM_TRIGGERS_DESTINATION_FAILED', {
        name: functionName,
        outcome,
        to: hidden(to),
        what: hidden(wordsFor(what)),
      });
    return { functionName, outcome, clock, folder, enqueue, value, error };
  }
}
