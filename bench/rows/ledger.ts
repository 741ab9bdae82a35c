/** The live pointer moved to `version` between these two times (ms). */
export interface Move {
  readonly version: number;
  readonly begunAt: number;
  readonly returnedAt: number;
}

/** An answer, the times of request and answer, and the version that it names. */
export interface Seen {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly version: number;
  /** The tags of its parts; undefined for an error. */
  readonly tags: readonly string[] | undefined;
}

/** Numbers of wrong answers, by kind. */
export interface Count {
  readonly answers: number;
  readonly failed: number;
  /** Mixed from two versions, or of another one than the answer names. */
  readonly mixed: number;
  /** Of a version that was no longer live when the request was sent. */
  readonly stale: number;
}

/** Records the moves of the live pointer and the answers, and compares them at the end. */
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

  /**
   * The live version at the time of sending is that of the last move that had returned by then, or of a later one that
   * had begun before the answer.
   */
  #mayBe({ sentAt, answeredAt, version }: Seen): boolean {
    const last = this.#moves.findLastIndex((move) => move.returnedAt <= sentAt);
    return this.#moves.slice(Math.max(last, 0)).some((move) => move.version === version && move.begunAt <= answeredAt);
  }
}
