import { LIMITS } from '../../contract/index.ts';
import type { Handler, Head, Refusal, Reply, Service, Trailers } from '../../http/index.ts';
import { refuse } from './answers.ts';
import { isStreamed, outcomeOf } from './read-answer.ts';
import { findRoute } from './routes.ts';
import type { RuntimeApiSession } from './session.ts';

const NO_TRAILERS: Trailers = {};

/** Serves what a runtime asks again and again, and leaves everything else, streamed answers too, to `node:http`. */
export class PlainRequests implements Service {
  /** Go's client sends every answer in chunks. */
  readonly mostChunkedBytes: number = 64 * 1024;
  readonly #session: RuntimeApiSession;
  readonly #next: Handler;

  constructor(session: RuntimeApiSession) {
    this.#session = session;
    this.#next = {
      isCurrent: () => true,
      refusal: () => undefined,
      serve: (_body, reply) => session.next(reply),
    };
  }

  handlerFor(head: Head): Handler | undefined {
    const route = findRoute(head.method, head.target);
    switch (route.name) {
      case 'next':
        return head.bodyBytes === 0 && !head.isChunked ? this.#next : undefined;
      case 'response':
      case 'error':
        if (head.bodyBytes > LIMITS.payloadBytes || isStreamed(head.headers)) return undefined;
        return new PostedAnswer(this.#session, route.name, route.requestId, head);
      default:
        return undefined;
    }
  }
}

/** The head of an answer to an invocation. */
class PostedAnswer implements Handler {
  readonly isOnce = true;
  readonly #session: RuntimeApiSession;
  readonly #event: 'response' | 'error';
  readonly #requestId: string;
  readonly #head: Head;

  constructor(session: RuntimeApiSession, event: 'response' | 'error', requestId: string, head: Head) {
    this.#session = session;
    this.#event = event;
    this.#requestId = requestId;
    this.#head = head;
  }

  isCurrent(): boolean {
    return true;
  }

  refusal(): Refusal | undefined {
    const refusal = this.#session.refusalOf(this.#event, this.#requestId);
    return refusal === undefined ? undefined : (reply) => refuse(reply, refusal);
  }

  serve(body: Buffer, reply: Reply, trailers: Trailers = NO_TRAILERS): void {
    const outcome = outcomeOf(this.#event, { headers: this.#head.headers, trailers }, body);
    this.#session.answered(this.#event, this.#requestId, { outcome }, reply);
  }
}
