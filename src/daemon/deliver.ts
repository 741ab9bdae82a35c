import type { FollowedInvocations } from './followed-invocations.ts';
import type { Router } from '../router/index.ts';
import { derivedUuid } from '../kit/index.ts';
import { knownRequestId, type RequestId } from '../contract/index.ts';
import type { RunEvent } from '../background/index.ts';
import { acceptEvent, type AcceptingRooms } from '../operations/index.ts';
import type { Deliver, EnqueueEvent, EventIdentity, FollowEvent } from '../triggers/index.ts';

/** Implements {@link Deliver}: each event becomes a router request for the live version. */
export function deliverTo(router: Router): Deliver {
  return (event, sink) =>
    router.start(
      {
        name: event.functionName,
        qualifier: undefined,
        requestId: requestIdOf(event),
        event: event.event,
        traceId: event.traceId,
        origin: { kind: 'trigger', trigger: `${event.type}:${event.trigger}`, id: event.id },
        attempt: event.attempt,
      },
      {
        started: (at) => sink.started?.(at),
        answered: ({ status, requestId, version, payload, errorType }) =>
          sink.settled(
            status === 'success'
              ? { kind: 'success', requestId, version, payload }
              : { kind: 'function-error', requestId, version, payload, errorType: errorType ?? 'Unknown' },
          ),
        failed: (error) => sink.settled({ kind: 'refused', error }),
      },
    );
}

/** Implements {@link EnqueueEvent}: each event becomes an asynchronous invocation. */
export function enqueueTo(rooms: AcceptingRooms, followed: FollowedInvocations): EnqueueEvent {
  return async (event, ended) => {
    const id = requestIdOf(event);
    // Before it is queued, so that it cannot end unnoticed.
    const forget = ended === undefined ? () => undefined : followed.add(id, ended);
    try {
      const { outcome } = await acceptEvent(rooms, acceptedOf(event, id));
      if (outcome === 'known') await followed.check(id);
      return outcome;
    } catch (error) {
      forget();
      throw error;
    }
  };
}

/** Implements {@link FollowEvent}. */
export function followIn(followed: FollowedInvocations): FollowEvent {
  return async (event, ended) => {
    const id = requestIdOf(event);
    const forget = followed.add(id, ended);
    const isKnown = await followed.check(id).catch((error: unknown) => {
      forget();
      throw error;
    });
    if (!isKnown) forget();
    return isKnown;
  };
}

function acceptedOf(event: Parameters<EnqueueEvent>[0], id: RequestId): Parameters<typeof acceptEvent>[1] {
  return {
    id,
    functionName: event.functionName,
    event: event.event,
    origin: { kind: 'trigger', trigger: `${event.type}:${event.trigger}`, id: event.id },
    traceId: event.traceId,
    notBefore: event.notBefore,
  };
}

/** Implements {@link RunEvent}: each queued event becomes a router request, with the log tail for its record. */
export function runOn(router: Router): RunEvent {
  return (event, sink) =>
    router.start(
      {
        name: event.functionName,
        qualifier: event.qualifier,
        requestId: event.id,
        event: event.event,
        traceId: event.traceId,
        clientContext: event.clientContext,
        ...(event.http === undefined ? {} : { http: event.http }),
        verbatim: event.verbatim,
        timeoutMs: event.timeoutMs,
        origin: event.origin,
        attempt: event.attempts + 1,
        wantTail: true,
      },
      {
        started: () => sink.started(),
        answered: (answer) => sink.answered(answer),
        failed: (error) => sink.failed(error),
      },
    );
}

/** Derives a request id from the event's identity, so that all attempts have the same request id, as on AWS. */
export function requestIdOf({ functionName, type, trigger, id }: EventIdentity): RequestId {
  return uuidOf([functionName, type, trigger, id]);
}

/** Derives a request id from words: always the same from the same ones. */
export function uuidOf(words: readonly string[]): RequestId {
  return knownRequestId(derivedUuid(words));
}
