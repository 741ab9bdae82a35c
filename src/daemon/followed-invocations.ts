import type { AsyncDetail, AsyncState, RequestId } from '../contract/index.ts';
import { messageOf } from '../errors/index.ts';
import type { InvocationQueue } from '../queue/index.ts';
import type { EventEnded } from '../triggers/index.ts';

const FINAL: ReadonlySet<AsyncState> = new Set<AsyncState>(['COMPLETED', 'FAILED', 'CANCELLED']);

/** Asynchronous invocations whose end triggers wait for. */
export class FollowedInvocations {
  readonly #queue: InvocationQueue;
  readonly #waiting = new Map<RequestId, Set<EventEnded>>();

  constructor(queue: InvocationQueue) {
    this.#queue = queue;
    queue.watch({ finished: (id, state) => this.#finished(id, state) });
  }

  /** Calls `ended` once when the invocation ends from now on. Returns a function that forgets it. */
  add(id: RequestId, ended: EventEnded): () => void {
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(ended));
    return () => {
      waiting.delete(ended);
      if (waiting.size === 0 && this.#waiting.get(id) === waiting) this.#waiting.delete(id);
    };
  }

  /** Reports the end of an invocation that has ended already. Resolves to false if the queue does not know it. */
  async check(id: RequestId): Promise<boolean> {
    const found = await this.#queue.get(id);
    if (found !== undefined && FINAL.has(found.state)) this.#report(id, found.state, found);
    return found !== undefined;
  }

  #finished(id: RequestId, state: AsyncState): void {
    if (!this.#waiting.has(id)) return;
    if (state === 'COMPLETED') {
      this.#report(id, state, undefined);
      return;
    }
    this.#queue.get(id).then(
      (found) => this.#report(id, state, found),
      (error: unknown) => this.#report(id, state, undefined, messageOf(error)),
    );
  }

  #report(id: RequestId, state: AsyncState, found: AsyncDetail | undefined, instead?: string): void {
    const waiting = this.#waiting.get(id) ?? [];
    this.#waiting.delete(id);
    const why = instead ?? whyOf(state, found);
    const end = { isSuccess: state === 'COMPLETED', ...(why === undefined ? {} : { why }) };
    for (const ended of waiting) ended(end);
  }
}

/** Why an invocation failed, in a few words. */
function whyOf(state: AsyncState, found: AsyncDetail | undefined): string | undefined {
  if (state === 'COMPLETED') return undefined;
  if (state === 'CANCELLED') return 'cancelled';
  return found?.history.at(-1)?.errorType ?? found?.dead ?? found?.history.at(-1)?.status;
}
