import type { AccessGrant } from '../../../access/index.ts';
import { newOrderedRequestId, nextTraceId } from '../../../contract/index.ts';
import { asLamError, type LamError } from '../../../errors/index.ts';
import type { HeaderPairs, Reply } from '../../../http/index.ts';
import type { Operations } from '../../../operations/index.ts';
import { newTraceId } from '../../../router/index.ts';
import type { HttpTrigger } from '../../../triggers/index.ts';
import { headerValue, type HeaderValues } from '../../request.ts';
import type { PreparedCall } from './function-run.ts';
import type { HttpForm } from './payload-formats.ts';

/** Why a request is queued and answered 202 before it runs; undefined if it is not. */
export type AsyncReason = 'setting' | 'preference' | undefined;

/** Decides whether a request is queued. A route with `async: false` is not asked for it by clients either. Pure. */
export function asyncReason(
  route: HttpTrigger | undefined,
  { isAsync }: Pick<HttpForm, 'isAsync'>,
  headers: HeaderValues,
): AsyncReason {
  if (route?.async ?? isAsync) return 'setting';
  return route?.async !== false && prefersAsync(headers) ? 'preference' : undefined;
}

/** Whether a request has the preference `respond-async` (RFC 7240, 4.1). */
function prefersAsync(headers: HeaderValues): boolean {
  const prefer = headerValue(headers, 'prefer');
  if (prefer === undefined) return false;
  return prefer.split(',').some((one) => /^\s*respond-async\s*(?:$|[;=])/i.test(one));
}

/** One request that is queued. */
export interface AsyncFunctionRequest {
  readonly operations: Pick<Operations, 'async'>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly call: PreparedCall;
  readonly reason: Exclude<AsyncReason, undefined>;
  readonly body: Uint8Array;
  readonly reply: Reply;
  /** Answers an error because of which nothing was queued. */
  readonly fail: (reply: Reply, error: LamError) => void;
  /** Who called, where the route asks. */
  readonly grant?: AccessGrant | undefined;
}

/** Queues the event of a request; answers 202 with its id once it is durable. */
export function acceptRequest(request: AsyncFunctionRequest): void {
  const { operations, now, call, reason, body, reply, fail, grant } = request;
  const requestId = newOrderedRequestId(now);
  const traceId = call.traceId ?? newTraceId(now);
  const event = call.template.event({
    // As for a run at once: the header that the function passes on counts this call.
    ...{ requestId, traceId: nextTraceId(traceId), now, body },
    authorizer: grant?.context[call.form.payload],
    identity: grant?.identity,
  });
  const { functionName: name, qualifier } = call;
  const applied: HeaderPairs = reason === 'preference' ? ['Preference-Applied', 'respond-async'] : [];
  operations.async.accept({ name, qualifier, event, traceId, requestId, http: true }).then(
    () =>
      reply.send(
        202,
        [
          ...['x-amzn-RequestId', requestId, 'x-amzn-Trace-Id', traceId],
          ...['Location', `/_lam/v1/invocations/${requestId}`],
          ...applied,
        ],
        EMPTY,
      ),
    (error: unknown) => fail(reply, asLamError(error)),
  );
}

const EMPTY = Buffer.alloc(0);
