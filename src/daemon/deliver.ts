import { createHash } from 'node:crypto';
import type { Router } from '../router/index.ts';
import type { Deliver, TriggerEvent } from '../triggers/index.ts';
import { knownRequestId, type RequestId } from '../contract/index.ts';

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

/** Derives a UUID (version 8) from the event's identity, so that all attempts have the same request id, as on AWS. */
function requestIdOf({ functionName, type, trigger, id }: TriggerEvent): RequestId {
  const hash = createHash('sha256')
    .update(JSON.stringify([functionName, type, trigger, id]))
    .digest();
  hash[6] = ((hash[6] as number) & 0x0f) | 0x80;
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)];
  return knownRequestId(parts.join('-'));
}
