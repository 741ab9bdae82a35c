import { recordOf, type BackgroundSettings, type FinishedEvent, type RunEvent } from '../background/index.ts';
import {
  LATEST,
  deliveriesOf,
  deliveryOf,
  nextTraceId,
  type Arns,
  type DestinationSetting,
  type FunctionName,
  type EventOutcome,
} from '../contract/index.ts';
import { asLamError, lamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import { acceptEvent, type AcceptingRooms } from '../operations/index.ts';
import type { InvocationQueue, LeasedEvent, QueuedEvent } from '../queue/index.ts';
import type { Registry } from '../registry/index.ts';
import { newTraceId } from '../router/index.ts';
import { Destinations } from '../triggers/supervisor/index.ts';
import { uuidOf } from './deliver.ts';

/** Rooms that deliveries are wired to. */
export interface DeliveryRooms {
  readonly queue: InvocationQueue;
  readonly registry: Registry;
  readonly arns: Arns;
  readonly clock: Clock;
  /** Folder of the files that destinations write. */
  readonly folder: string;
  /** As in {@link AcceptingRooms}. */
  readonly onAccepted?: AcceptingRooms['onAccepted'];
}

/** How records are sent: more than half an hour of attempts, then they are dead letters. */
export const DELIVERY_SETTINGS: BackgroundSettings = { maxConcurrency: 16, retries: 30, retryDelayMs: 1000 };
/** How long a record may wait (ms). */
const DELIVERY_AGE_MS = 24 * 3_600_000;

/** Sends the records of finished events to the destinations of their functions. */
export class Deliveries {
  readonly #rooms: DeliveryRooms;
  readonly #destinations: Destinations;

  constructor(rooms: DeliveryRooms) {
    this.#rooms = rooms;
    const { registry } = rooms;
    this.#destinations = new Destinations({
      clock: rooms.clock,
      folder: rooms.folder,
      variable: (name, key) => (registry.has(name) ? registry.resolve(name).config.environment[key] : undefined),
      enqueue: async (functionName, { id, body, traceId }) => {
        const origin = { kind: 'trigger', trigger: 'destination', id } as const;
        const own = uuidOf(['destination', functionName, id]);
        await acceptEvent(rooms, { id: own, functionName, event: body, origin, traceId });
      },
    });
  }

  /** The record of a finished event as an event of its own; none without a destination. Records have none themselves. */
  followUpsOf(finished: FinishedEvent): readonly QueuedEvent[] {
    const { event, reason } = finished;
    const outcome: EventOutcome = reason === undefined ? 'onSuccess' : 'onFailure';
    // A loop ends here: its last event stays a dead letter.
    if (reason === 'RecursiveInvocation') return [];
    const destination = event.destination === undefined ? this.#destinationOf(event.functionName, outcome) : undefined;
    if (destination === undefined) return [];
    const now = this.#rooms.clock.now();
    return [
      {
        id: uuidOf(['record', event.id, event.token]),
        functionName: deliveriesOf(event.functionName, outcome),
        event: recordOf(finished, { functionArn: qualifiedArn(this.#rooms.arns, event), now }),
        origin: { kind: 'trigger', trigger: outcome, id: event.id },
        // As a function that was called by this one gets it.
        traceId: nextTraceId(event.traceId ?? newTraceId(now)),
        destination,
        expiresAt: now + DELIVERY_AGE_MS,
      },
    ];
  }

  /** Sends a record. */
  run: RunEvent = (event, sink) => {
    const { clock } = this.#rooms;
    const abort = new AbortController();
    const begun = clock.now();
    sink.started();
    const answer = { errorType: undefined, tail: undefined };
    this.#send(event, abort.signal).then(
      () =>
        sink.answered({ ...answer, status: 'success', payload: EMPTY, durationMs: Math.max(0, clock.now() - begun) }),
      (thrown: unknown) => {
        const error = asLamError(thrown);
        if (abort.signal.aborted) sink.failed(lamError('LAM_POOL_CANCELLED', { name: event.functionName }));
        else
          sink.answered({
            ...answer,
            status: 'failure',
            errorType: error.code,
            payload: Buffer.from(JSON.stringify({ errorType: error.code, errorMessage: error.message })),
            durationMs: Math.max(0, clock.now() - begun),
          });
      },
    );
    return { cancel: () => abort.abort() };
  };

  close(): Promise<void> {
    return this.#destinations.close();
  }

  /** As the function says now, so that a mistake can be corrected; else as it said when the event finished. */
  async #send(event: LeasedEvent, signal: AbortSignal): Promise<void> {
    const { id, event: body, traceId = newTraceId() } = event;
    const { functionName, outcome } = deliveryOf(event.functionName) ?? {
      functionName: event.functionName,
      outcome: 'onFailure' as const,
    };
    const destination = this.#destinationOf(functionName, outcome) ?? event.destination ?? '';
    await this.#destinations.send({ functionName, outcome, destination, id, body, traceId, signal });
  }

  #destinationOf(functionName: FunctionName, outcome: EventOutcome): DestinationSetting | undefined {
    const { registry } = this.#rooms;
    return registry.has(functionName) ? (registry.resolve(functionName).config[outcome] ?? undefined) : undefined;
  }
}

const EMPTY = new Uint8Array(0);

/** AWS names the version that was asked for, `$LATEST` if none was. */
function qualifiedArn(arns: Arns, { functionName, qualifier }: LeasedEvent): string {
  return arns.function(functionName, qualifier ?? LATEST);
}
