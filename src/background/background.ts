import type { DeadReason, FunctionName, RequestId } from '../contract/index.ts';
import { isLamError, messageOf, type LamError } from '../errors/index.ts';
import type { EpochMs } from '../kit/index.ts';
import type { AttemptReport, LeasedEvent, LeaseOutcome, LeaseToken, QueuedEvent } from '../queue/index.ts';
import { FairShare } from './fair-share.ts';
import { Lane } from './lane.ts';
import type { BackgroundAnswer, BackgroundOptions, FinishedEvent } from './options.ts';
import { afterFailure } from './retry-policy.ts';

/** Duration of a lease (ms). */
const LEASE_MS = 60_000;
/** Events of all functions together that run at a time, and that are leased, these included. */
const RUNNING = 256;
const LEASED = 2048;
/** Size of leased events from which on no more are leased (bytes). */
const LEASED_BYTES = 32 * 1024 * 1024;
/** Attempts without a known end after which an event is not run again. */
const MOST_INTERRUPTED = 10;
/** Pause before the queue is asked again after it failed (ms). */
const QUEUE_PAUSE_MS = 1000;

/** A leased event. */
interface Held {
  readonly lane: Lane<Held>;
  readonly event: LeasedEvent;
  readonly leasedAt: EpochMs;
  /** Whether the handler may have begun. */
  isStarted: boolean;
  /** Gives it back if it has not begun. */
  cancel: () => void;
}

/**
 * Runs the events of the queue: leases no more than functions may run, in fair shares between them, extends leases of
 * long invocations, and settles by the retry policy. Everything it knows can be lost: the queue gives events again.
 */
export class Background {
  readonly #options: BackgroundOptions;
  readonly #random: () => number;
  readonly #lanes = new Map<FunctionName, Lane<Held>>();
  /** Who may lease next, and who may start one next. */
  readonly #leaseShares = new FairShare<Lane<Held>>();
  readonly #startShares = new FairShare<Lane<Held>>();
  /** By lease, because an event can be leased anew while a run whose lease was lost goes on. */
  readonly #held = new Map<LeaseToken, Held>();
  /** For each lease that is asked for: what was cancelled since, of which its answer may hold events. */
  readonly #cancelledSince = new Set<Set<RequestId>>();
  /** Events that are leased, and those asked for. */
  #leased = 0;
  #leasedBytes = 0;
  #running = 0;
  #isPumpDue = false;
  #stops: (() => void)[] = [];
  #isStopping = false;
  #onEmpty: () => void = () => undefined;

  constructor(options: BackgroundOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /** Begins to run what is queued. */
  start(): void {
    const { queue, clock } = this.#options;
    this.#stops = [
      queue.watch({
        ready: (functionName) => {
          this.#laneOf(functionName).isReady = true;
          this.#pump();
        },
        finished: (id, state) => {
          if (state === 'CANCELLED') this.#cancelled(id);
        },
      }),
      clock.every(LEASE_MS / 3, () => this.#extend()),
    ];
  }

  /**
   * Leases no more events, and gives those back that have not begun; resolves when all that run have settled, at the
   * latest after `limitMs`. Idempotent.
   */
  async stop(limitMs: number): Promise<void> {
    this.#isStopping = true;
    const [unwatch] = this.#stops;
    unwatch?.();
    for (const lane of this.#lanes.values()) lane.close();
    for (const held of this.#held.values()) if (!held.isStarted) held.cancel();
    if (this.#leased > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.clock.after(limitMs, resolve);
        this.#onEmpty = () => {
          cancel();
          resolve();
        };
      });
    }
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  #laneOf(functionName: FunctionName): Lane<Held> {
    let lane = this.#lanes.get(functionName);
    if (lane === undefined) {
      lane = new Lane(functionName, this.#options.clock, () => this.#pump());
      this.#lanes.set(functionName, lane);
      this.#leaseShares.add(lane);
      this.#startShares.add(lane);
    }
    return lane;
  }

  /**
   * Leases and starts as many events as may be, in a microtask: once for all events that end in the same turn, because
   * the answers of a sandbox arrive many at a time.
   */
  #pump(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    queueMicrotask(() => {
      this.#isPumpDue = false;
      if (this.#isStopping) return;
      this.#leaseAhead();
      this.#startLeased();
    });
  }

  #leaseAhead(): void {
    while (this.#leasedBytes < LEASED_BYTES) {
      const share = this.#leaseShares.next(
        (lane) => {
          const { most, tokens } = this.#boundsOf(lane);
          return Math.min(LEASED - this.#leased, lane.wanted(most, tokens));
        },
        (lane) => lane.costMs,
      );
      if (share === undefined) return;
      void this.#lease(share.key, share.count);
    }
  }

  #startLeased(): void {
    for (;;) {
      const share = this.#startShares.next(
        (lane) => {
          const { most, room } = this.#boundsOf(lane);
          return Math.min(RUNNING - this.#running, lane.startable(most), room);
        },
        (lane) => lane.costMs,
      );
      if (share === undefined) return;
      for (let i = 0; i < share.count; i++) this.#start(share.key);
    }
  }

  /** How many events of a function may run at the same time, may begin now, and would by its rate alone. */
  #boundsOf({ functionName }: Lane<Held>): Readonly<Record<'most' | 'room' | 'tokens', number>> {
    const settings = this.#options.settingsOf(functionName);
    return {
      // Events of a function that is gone are leased too, to become dead letters.
      most: settings?.maxConcurrency ?? 1,
      // At least one, because only an invocation that is refused says for how long its function has to pause.
      room: Math.max(1, settings?.room ?? Infinity),
      tokens: settings?.tokens ?? Infinity,
    };
  }

  async #lease(lane: Lane<Held>, count: number): Promise<void> {
    lane.isLeasing = true;
    // A notice from now on may be of an event that the answer does not hold.
    lane.isReady = false;
    this.#leased += count;
    let left = count;
    const cancelled = new Set<RequestId>();
    this.#cancelledSince.add(cancelled);
    try {
      const { events, nextAt } = await this.#options.queue.lease(lane.functionName, count, LEASE_MS);
      left -= events.length;
      if (left === 0) lane.isReady = true;
      else if (nextAt !== undefined) lane.wakeAt(nextAt);
      for (const event of events) this.#hold(lane, event, cancelled.has(event.id));
    } catch (error) {
      if (!this.#isStopping) {
        this.#options.onTrouble(`asynchronous invocations of '${lane.functionName}' wait: ${messageOf(error)}`);
        lane.wakeAt(this.#options.clock.now() + QUEUE_PAUSE_MS);
      }
    }
    this.#cancelledSince.delete(cancelled);
    lane.isLeasing = false;
    this.#gone(lane, left);
  }

  #cancelled(id: RequestId): void {
    for (const held of this.#held.values()) if (held.event.id === id) held.cancel();
    for (const cancelled of this.#cancelledSince) cancelled.add(id);
  }

  /** Takes note that `count` events are not leased any more. */
  #gone(lane: Lane<Held>, count: number): void {
    this.#leased -= count;
    if (lane.isIdle && this.#lanes.get(lane.functionName) === lane) {
      this.#lanes.delete(lane.functionName);
      this.#leaseShares.remove(lane);
      this.#startShares.remove(lane);
    }
    if (this.#leased === 0) this.#onEmpty();
    this.#pump();
  }

  /** Keeps a leased event until it may start, or gives it back if it shall not. */
  #hold(lane: Lane<Held>, event: LeasedEvent, isCancelled: boolean): void {
    const now = this.#options.clock.now();
    const held: Held = { lane, event, leasedAt: now, isStarted: false, cancel: () => undefined };
    this.#held.set(event.token, held);
    this.#leasedBytes += event.event.byteLength;
    if (this.#isStopping || isCancelled) {
      this.#giveBack(held, now);
      return;
    }
    const remove = lane.ahead.push(held);
    held.cancel = () => {
      if (remove()) this.#giveBack(held, this.#options.clock.now());
    };
  }

  #start(lane: Lane<Held>): void {
    const held = lane.ahead.shift();
    if (held === undefined) return;
    const { event } = held;
    if (this.#options.clock.now() > event.expiresAt) this.#bury(held, 'EventAgeExceeded');
    else if (event.interrupted >= MOST_INTERRUPTED) this.#bury(held, 'Interrupted');
    else this.#run(held);
  }

  #run(held: Held): void {
    const { lane } = held;
    lane.running++;
    this.#running++;
    const ended = (): void => {
      lane.running--;
      this.#running--;
      this.#pump();
    };
    const running = this.#options.run(held.event, {
      started: () => void (held.isStarted = true),
      answered: (answer) => {
        this.#answered(held, answer);
        ended();
      },
      failed: (error) => {
        this.#failed(held, error);
        ended();
      },
    });
    held.cancel = () => running.cancel();
  }

  #answered(held: Held, answer: BackgroundAnswer): void {
    const { lane, event } = held;
    const { version, status, errorType, payload, durationMs, tail } = answer;
    const now = this.#options.clock.now();
    lane.ran(durationMs);
    this.#options.onPhase?.(event, 'run');
    const attempt: AttemptReport = {
      at: Math.round(now - durationMs),
      durationMs,
      ...(version === undefined ? {} : { version }),
      status,
      ...(errorType === undefined ? {} : { errorType }),
      payload,
      ...(tail === undefined ? {} : { log: tail }),
    };
    if (status === 'success') {
      this.#options.onPhase?.(event, 'succeeded');
      const followUps = this.#followUps(event, { answer, reason: undefined });
      this.#settle(held, () => this.#options.queue.settle(event.token, { kind: 'completed', attempt, followUps }));
      return;
    }
    this.#options.onPhase?.(event, 'failed');
    const settings = this.#options.settingsOf(event.functionName) ?? { retries: 0, retryDelayMs: 0 };
    const failed = { attempts: event.attempts + 1, expiresAt: event.expiresAt };
    const verdict = afterFailure(failed, settings, { now, random: this.#random() });
    if (verdict.kind === 'dead') this.#bury(held, verdict.reason, { attempt, answer });
    else {
      this.#options.onPhase?.(event, 'retried');
      this.#settle(held, () => this.#options.queue.settle(event.token, { ...verdict, attempt }));
    }
  }

  /** The event did not run. */
  #failed(held: Held, error: LamError): void {
    const { lane, event } = held;
    const now = this.#options.clock.now();
    if (isLamError(error) && error.kind === 'not_found') {
      const attempt = { at: now, durationMs: 0, status: 'rejected', errorType: error.code };
      this.#bury(held, 'FunctionGone', { attempt });
    } else if (error.code === 'LAM_ROUTER_LOOP') {
      const attempt = { at: now, durationMs: 0, status: 'rejected', errorType: error.awsName };
      this.#bury(held, 'RecursiveInvocation', { attempt });
    } else if (error.code === 'LAM_LIMITS_RESERVED' && error.details['reserved'] === 0) {
      this.#bury(held, 'ZeroReservedConcurrency');
    } else if (this.#isStopping || error.kind === 'cancelled') this.#giveBack(held, now);
    else {
      const { retryAfterMs } = error.details;
      const at = lane.pause(this.#random(), typeof retryAfterMs === 'number' ? retryAfterMs : undefined);
      if (at > event.expiresAt) this.#bury(held, 'EventAgeExceeded');
      else this.#giveBack(held, at);
    }
  }

  /** Puts the event back; the attempt does not count. */
  #giveBack(held: Held, notBefore: EpochMs): void {
    this.#settle(held, () => this.#options.queue.settle(held.event.token, { kind: 'again', notBefore }));
  }

  /** An event that a destination gets is no dead letter besides: it was handed on. */
  #bury(
    held: Held,
    reason: DeadReason,
    last: { readonly attempt?: AttemptReport; readonly answer?: BackgroundAnswer } = {},
  ): void {
    const { queue, clock } = this.#options;
    const { event } = held;
    this.#options.onPhase?.(event, 'dead');
    const followUps = this.#followUps(event, { answer: last.answer, reason });
    if (followUps.length === 0) {
      const death = { reason, ...(last.attempt === undefined ? {} : { attempt: last.attempt }) };
      this.#settle(held, () => queue.deadLetter(event.token, death));
      return;
    }
    const attempt = last.attempt ?? { at: clock.now(), durationMs: 0, status: 'rejected', errorType: reason };
    this.#settle(held, () => queue.settle(event.token, { kind: 'failed', attempt, followUps }));
  }

  #followUps(event: LeasedEvent, end: Pick<FinishedEvent, 'answer' | 'reason'>): readonly QueuedEvent[] {
    const attempts = event.attempts + (end.answer === undefined ? 0 : 1);
    return this.#options.followUpsOf?.({ event, attempts, ...end }) ?? [];
  }

  /** Stores an outcome; again while the queue cannot, until the lease is lost. */
  #settle(held: Held, store: () => Promise<LeaseOutcome>, isTold = false): void {
    store().then(
      () => this.#released(held),
      (error: unknown) => {
        if (this.#isStopping || (isLamError(error) && error.kind === 'unavailable')) {
          this.#released(held);
          return;
        }
        const { clock, onTrouble } = this.#options;
        const { id } = held.event;
        if (!isTold) onTrouble(`the outcome of asynchronous invocation ${id} is not stored yet: ${messageOf(error)}`);
        clock.after(QUEUE_PAUSE_MS, () => this.#settle(held, store, true));
      },
    );
  }

  #released({ lane, event }: Held): void {
    this.#held.delete(event.token);
    this.#leasedBytes -= event.event.byteLength;
    this.#gone(lane, 1);
  }

  #extend(): void {
    const { queue, clock } = this.#options;
    for (const held of this.#held.values()) {
      if (clock.now() - held.leasedAt < LEASE_MS / 3) continue;
      queue.extend(held.event.token, LEASE_MS).then(
        (outcome) => {
          if (outcome === 'lost') held.cancel();
        },
        () => undefined,
      );
    }
  }
}
