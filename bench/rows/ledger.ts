/** The live pointer led to `version` from some time between these two on, ms. */
export interface Move {
  readonly version: number;
  readonly begunAt: number;
  readonly returnedAt: number;
}

/** An answer, when it was asked for and came, and the version it says it is of. */
export interface Seen {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly version: number;
  /** What its parts say they belong to; undefined when it is an error. */
  readonly tags: readonly string[] | undefined;
}

/** How many answers broke which promise. */
export interface Count {
  readonly answers: number;
  readonly failed: number;
  /** Put together from two versions, or from another one than the answer says. */
  readonly mixed: number;
  /** Of a version that was no longer live when the request was sent. */
  readonly stale: number;
}

/** Keeps book of where the live pointer led and what was answered, and holds one against the other at the end. */
export class Ledger {
  readonly #tags = new Map<number, string>();
  readonly #moves: Move[] = [];
  readonly #seen: Seen[] = [];

  /** Everything of `version` carries `tag`. */
  tagged(version: number, tag: string): void {
    this.#tags.set(version, tag);
  }

  /** Moves must be told in their order. */
  moved(move: Move): void {
    this.#moves.push(move);
  }

  see(seen: Seen): void {
    this.#seen.push(seen);
  }

  count(): Count {
    const good = this.#seen.filter((seen) => seen.tags !== undefined);
    return {
      answers: this.#seen.length,
      failed: this.#seen.length - good.length,
      mixed: good.filter(({ tags = [], version }) => tags.some((tag) => tag !== this.#tags.get(version))).length,
      stale: good.filter((seen) => !this.#mayBe(seen)).length,
    };
  }

  /** Live at the sending is what the last move led to that had returned by then, or a later one that had begun by the answer. */
  #mayBe({ sentAt, answeredAt, version }: Seen): boolean {
    const last = this.#moves.findLastIndex((move) => move.returnedAt <= sentAt);
    return this.#moves.slice(Math.max(last, 0)).some((move) => move.version === version && move.begunAt <= answeredAt);
  }
}
