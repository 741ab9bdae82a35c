import type { Reply } from '../../http/index.ts';
import type { Clock } from '../../kit/index.ts';

/** How long a poll beyond the maximum waits for an earlier one to close (ms): its client may just have been killed. */
const CLOSING_MS = 200;

/**
 * Open `next` requests of one runtime, oldest first. One beyond the maximum never displaces an earlier one: it takes its
 * place when that closes soon, and is refused otherwise.
 */
export class Polls {
  readonly #clock: Clock;
  readonly #refuse: (reply: Reply) => void;
  readonly #open: Reply[] = [];
  /** Those beyond the maximum, with what cancels their time-out. */
  readonly #excess = new Map<Reply, () => void>();
  #most = Infinity;

  constructor(clock: Clock, refuse: (reply: Reply) => void) {
    this.#clock = clock;
    this.#refuse = refuse;
  }

  /** Sets the maximum of open polls; refuses the newest beyond it. */
  limit(most: number): void {
    this.#most = most;
    for (const reply of this.#open.splice(most)) this.#refuse(reply);
  }

  add(reply: Reply): void {
    if (this.#open.length < this.#most) this.#open.push(reply);
    else {
      const late = (): void => {
        this.#excess.delete(reply);
        this.#refuse(reply);
      };
      this.#excess.set(reply, this.#clock.after(CLOSING_MS, late));
    }
    reply.cancelWhenGone({ cancel: () => this.#remove(reply) });
  }

  /** Removes and returns the oldest poll. */
  take(): Reply | undefined {
    const taken = this.#open.shift();
    // The runtime is at work and will poll again: the place is kept for it.
    if (taken !== undefined) this.#refuseExcess();
    return taken;
  }

  #refuseExcess(): void {
    for (const [reply, cancel] of this.#excess) {
      cancel();
      this.#refuse(reply);
    }
    this.#excess.clear();
  }

  #remove(reply: Reply): void {
    this.#excess.get(reply)?.();
    this.#excess.delete(reply);
    const at = this.#open.indexOf(reply);
    if (at === -1) return;
    this.#open.splice(at, 1);
    const [next] = this.#excess;
    if (next === undefined) return;
    const [successor, cancel] = next;
    cancel();
    this.#excess.delete(successor);
    this.#open.push(successor);
  }
}
