import { randomUUID } from 'node:crypto';
import { CLIENT_LEFT, type AccessGrant, type Authorizer, type AuthorizerEvent } from '../../../access/index.ts';
import { knownRequestId, nextTraceId } from '../../../contract/index.ts';
import { asLamError, isLamError, type LamError } from '../../../errors/index.ts';
import { WrappedReply, type HeaderPairs, type Reply } from '../../../http/index.ts';
import { newTraceId } from '../../../router/index.ts';
import { traceIdOf, type RequestHead } from '../../request.ts';
import { EventTemplateV2 } from './event-v2.ts';
import type { RouteHit } from './route-table.ts';

/** Who may call a route, as far as requests with the same head share it. */
export interface RouteAccess {
  readonly authorizer: Authorizer;
  readonly head: RequestHead;
  readonly hit: RouteHit;
}

/** One request that is to be authorized. */
export interface AccessAttempt {
  readonly access: RouteAccess;
  readonly body: Uint8Array;
  readonly reply: Reply;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Answers a refusal. */
  readonly fail: (reply: Reply, error: LamError) => void;
}

/** Has a request authorized, then goes on with it, at once if the decision is known. Answers a refusal. */
export function authorized(attempt: AccessAttempt, goOn: (grant: AccessGrant, reply: Reply) => void): void {
  const { access, body, reply, now, fail } = attempt;
  const { authorizer, head, hit } = access;
  const decide = (verdict: AccessGrant | LamError): void => {
    if (isLamError(verdict)) {
      fail(reply, verdict);
      return;
    }
    const watched = verdict.answered === undefined ? reply : new WatchedReply(reply, verdict.answered);
    try {
      goOn(verdict, watched);
    } catch (thrown) {
      fail(watched, asLamError(thrown));
    }
  };
  const asEvent = (): AuthorizerEvent => eventOf(access, now);
  const verdict = authorizer.decide({ head, routeKey: hit.routeKey, body, asEvent });
  if (verdict instanceof Promise)
    verdict.then(decide).catch((thrown: unknown) => {
      fail(reply, asLamError(thrown));
    });
  else decide(verdict);
}

/** A reply whose status a grant is told, or that its client left before. */
class WatchedReply extends WrappedReply {
  #answered: ((status: number) => void) | undefined;

  constructor(reply: Reply, answered: (status: number) => void) {
    super(reply);
    this.#answered = answered;
  }

  override send(status: number, headers: HeaderPairs, body: Uint8Array): void {
    this.#tell(status);
    super.send(status, headers, body);
  }

  override start(status: number, headers: HeaderPairs, goOn?: () => void): void {
    this.#tell(status);
    super.start(status, headers, goOn);
  }

  override abandon(): void {
    this.#tell(CLIENT_LEFT);
    super.abandon();
  }

  #tell(status: number): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(status);
  }
}

/** The event of format 2.0 of a request, without a body. */
function eventOf({ head, hit }: RouteAccess, now: number): AuthorizerEvent {
  const traceId = traceIdOf(head.headers, newTraceId) ?? newTraceId(now);
  const bytes = new EventTemplateV2(head, hit).event({
    requestId: knownRequestId(randomUUID()),
    traceId: nextTraceId(traceId),
    now,
    body: NOTHING,
  });
  return { event: JSON.parse(Buffer.from(bytes).toString()) as AuthorizerEvent['event'], traceId };
}

const NOTHING = Buffer.alloc(0);
