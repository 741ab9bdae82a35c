import { createHash } from 'node:crypto';
import { asLamError, fromWire, lamError, toWire, type WireError } from '../../../errors/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { KeptStates } from '../../kept-states.ts';

/** Keys that are remembered; for a new one the oldest is forgotten of the caller who has most. */
const MOST_KEYS = 10_000;
/** How long a key is remembered (ms). */
const KEPT_MS = 24 * 60 * 60 * 1000;
/** Longest answer that is kept (characters of JSON). */
const MOST_CHARS = 64 * 1024;
/** All kept answers together (characters of JSON): the file of states must stay one that can be read. */
const MOST_ALL_CHARS = 16 * 1024 * 1024;
const KEY = /^[\x21-\x7e]{1,255}$/;
/** Where they are among what APIs keep. */
const PREFIX = 'control:idempotency:';

/** What is kept of a request. */
interface KeptRequest {
  readonly at: number;
  /** Hash of what it does. */
  readonly of: string;
  /** Its answer; absent until it ended, and for answers that are too long or hold a secret. */
  readonly answer?: { readonly value: unknown } | { readonly error: WireError };
  readonly isDone?: true;
}

/** A request with an `Idempotency-Key`. */
export interface KeyedRequest {
  /** Who sends it: each caller has keys of its own. */
  readonly owner: string;
  readonly key: string;
  /** What it does: the same key with anything else is refused. */
  readonly parts: readonly (string | Uint8Array)[];
  /** Whether its answer holds a secret, which is not kept. */
  readonly isSecret: boolean;
}

/** Makes changes once that are sent several times with the same key, also over restarts of the daemon. */
export class IdempotentChanges {
  readonly #states: KeptStates;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #running = new Map<string, { readonly of: string; readonly answer: Promise<unknown> }>();
  /** Remembered keys by caller, oldest first. */
  readonly #known = new Map<string, Set<string>>();
  #knownCount = 0;
  /** Lengths of kept answers (characters of JSON), oldest first, and their sum. */
  readonly #answers = new Map<string, number>();
  #answerChars = 0;

  constructor(states: KeptStates, clock: Pick<Clock, 'now'>) {
    this.#states = states;
    this.#clock = clock;
    const kept = states.keys().filter((key) => key.startsWith(PREFIX));
    const times = new Map(kept.map((key) => [key, (states.get(key) as KeptRequest).at]));
    for (const name of kept.toSorted((a, b) => (times.get(a) ?? 0) - (times.get(b) ?? 0))) {
      this.#remember(name);
      const { answer } = states.get(name) as KeptRequest;
      if (answer !== undefined) this.#countAnswer(name, JSON.stringify(answer).length);
    }
  }

  /**
   * Runs a change unless one with its key was sent before, whose answer is then returned or thrown again. The key is
   * durable before the change begins. Throws `LAM_EDGE_IDEMPOTENCY_KEY`, `LAM_EDGE_IDEMPOTENCY_MISMATCH`, and
   * `LAM_EDGE_IDEMPOTENCY_UNKNOWN` where the daemon ended while the change ran, or its answer was not kept.
   */
  async once(
    { owner, key, parts, isSecret }: KeyedRequest,
    run: () => Promise<unknown>,
  ): Promise<{ readonly answer: unknown; readonly isRepeated: boolean }> {
    if (!KEY.test(key)) throw lamError('LAM_EDGE_IDEMPOTENCY_KEY', {});
    const name = `${PREFIX}${owner}:${key}`;
    const of = hashOf(parts);
    const running = this.#running.get(name);
    if (running !== undefined) {
      if (running.of !== of) throw lamError('LAM_EDGE_IDEMPOTENCY_MISMATCH', { key });
      return { answer: await running.answer, isRepeated: true };
    }
    this.#forgetOld();
    const kept = this.#states.get(name) as KeptRequest | undefined;
    if (kept !== undefined) return { answer: repeated(key, of, kept), isRepeated: true };
    const answer = this.#first(name, { at: this.#clock.now(), of }, { isSecret, run });
    this.#running.set(name, { of, answer });
    try {
      return { answer: await answer, isRepeated: false };
    } finally {
      this.#running.delete(name);
    }
  }

  async #first(
    name: string,
    begun: KeptRequest,
    { isSecret, run }: { readonly isSecret: boolean; readonly run: () => Promise<unknown> },
  ): Promise<unknown> {
    this.#remember(name);
    await this.#states.set(name, begun);
    const keep = (answer: NonNullable<KeptRequest['answer']>): void => {
      const { length } = JSON.stringify(answer);
      const isKept = !isSecret && length <= MOST_CHARS;
      // Not waited for: if it is lost, a repetition is told that the outcome is not known.
      this.#states.set(name, { ...begun, isDone: true, ...(isKept ? { answer } : {}) }).catch(() => undefined);
      if (isKept) this.#countAnswer(name, length);
    };
    try {
      const value = await run();
      keep({ value });
      return value;
    } catch (thrown) {
      const error = asLamError(thrown);
      // What may succeed later, or was not tried to its end, may be tried again.
      if (MAY_BE_REPEATED.has(error.kind)) this.#forget(name);
      else keep({ error: toWire(error) });
      throw thrown;
    }
  }

  /** Counts a kept answer. The oldest ones give way: that their changes were made stays known. */
  #countAnswer(name: string, chars: number): void {
    this.#answers.set(name, chars);
    this.#answerChars += chars;
    for (const [oldest, length] of this.#answers) {
      if (this.#answerChars <= MOST_ALL_CHARS) return;
      this.#answers.delete(oldest);
      this.#answerChars -= length;
      const { answer: _, ...rest } = this.#states.get(oldest) as KeptRequest;
      this.#states.set(oldest, rest).catch(() => undefined);
    }
  }

  #forgetOld(): void {
    const since = this.#clock.now() - KEPT_MS;
    for (const names of this.#known.values()) {
      for (const name of names) {
        const { at } = (this.#states.get(name) as KeptRequest | undefined) ?? { at: 0 };
        if (at > since) break;
        if (!this.#running.has(name)) this.#forget(name);
      }
    }
    while (this.#knownCount >= MOST_KEYS) {
      // So that no caller can make lam forget the keys of others.
      const [most] = [...this.#known.values()].toSorted((a, b) => b.size - a.size);
      const oldest = this.#oldestEnded(most ?? []);
      if (oldest === undefined) return;
      this.#forget(oldest);
    }
  }

  #oldestEnded(names: Iterable<string>): string | undefined {
    for (const name of names) if (!this.#running.has(name)) return name;
    return undefined;
  }

  #remember(name: string): void {
    const owner = ownerOf(name);
    const names = this.#known.get(owner) ?? new Set();
    if (!names.has(name)) this.#knownCount++;
    this.#known.set(owner, names.add(name));
  }

  #forget(name: string): void {
    const owner = ownerOf(name);
    const names = this.#known.get(owner);
    if (names?.delete(name) === true) this.#knownCount--;
    if (names?.size === 0) this.#known.delete(owner);
    this.#answerChars -= this.#answers.get(name) ?? 0;
    this.#answers.delete(name);
    this.#states.set(name, undefined).catch(() => undefined);
  }
}

/** The caller in the name of a kept request: its kind and name, in which there are no colons. */
function ownerOf(name: string): string {
  return name.slice(PREFIX.length).split(':', 2).join(':');
}

const MAY_BE_REPEATED: ReadonlySet<string> = new Set([
  ...['cancelled', 'unavailable', 'resource_exhausted', 'deadline_exceeded', 'internal', 'host_failure'],
]);

function repeated(key: string, of: string, kept: KeptRequest): unknown {
  if (kept.of !== of) throw lamError('LAM_EDGE_IDEMPOTENCY_MISMATCH', { key });
  const { answer, isDone = false } = kept;
  if (answer === undefined) throw lamError('LAM_EDGE_IDEMPOTENCY_UNKNOWN', { key, isDone });
  if ('error' in answer) throw fromWire(answer.error);
  return answer.value;
}

function hashOf(parts: KeyedRequest['parts']): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('base64url');
}
