import { startsWanted } from '../pool/policy/index.ts';
import { EventHeap } from './event-heap.ts';
import { AGE, FINISH, KINDS, RECONCILE, READY, REFILL, STEM_BOOTED, TICK } from './event-kinds.ts';
import { FunctionState } from './function-state.ts';
import type { Policy, PolicyMachine } from './policy.ts';
import { SimulatedSandbox } from './sandbox.ts';
import { StemShelf, type ShelfOwner } from './stem-shelf.ts';
import { Tally, type Outcome } from './tally.ts';
import type { Trace } from './trace.ts';

/** Capacity and start times of the simulated machine. */
export interface MachineOptions {
  readonly memoryMiB: number;
  readonly cores: number;
  /** Time to boot a sandbox, without the function's own init. */
  readonly bootMs: number;
  /** Time to bind a stem to a function, without its init. */
  readonly stemMs: number;
  /** Memory limit of a stem. */
  readonly stemMiB: number;
}

/** Most sandboxes of one function. */
const MOST_SANDBOXES = 1000;

/** Simulates a machine that serves a trace under a policy, in virtual time. Usable for one run. */
export class Machine implements PolicyMachine, ShelfOwner {
  readonly trace: Trace;
  readonly options: MachineOptions;
  readonly #policy: Policy;
  readonly #states: readonly FunctionState[];
  readonly #heap: EventHeap = new EventHeap();
  readonly #tally: Tally;
  readonly #shelf: StemShelf | undefined;
  readonly #idle: Set<SimulatedSandbox> = new Set();
  /** By id; ids of ended ones are reused. */
  readonly #sandboxes: SimulatedSandbox[] = [];
  readonly #spareIds: number[] = [];
  /** Functions with a queue that lacked memory. */
  readonly #blocked: Set<number> = new Set();
  #isFreed = false;
  #next = 0;
  #usedMiB = 0;
  now = 0;

  constructor(trace: Trace, policy: Policy, options: MachineOptions) {
    this.trace = trace;
    this.options = options;
    this.#policy = policy;
    this.#tally = new Tally(trace.of.length);
    this.#states = trace.functions.map(() => new FunctionState());
    this.#shelf = policy.stems === true ? new StemShelf(this, options.stemMiB, options.bootMs) : undefined;
    policy.attach(this);
    if (policy.tickMs > 0) this.#heap.push(policy.tickMs, TICK);
    this.#shelf?.refill();
  }

  /** Memory of everything except stems (MiB). */
  get usedMiB(): number {
    return this.#usedMiB;
  }

  get budgetMiB(): number {
    return this.options.memoryMiB;
  }

  /** Memory of everything, stems included, MiB. */
  get heldMiB(): number {
    return this.#usedMiB + (this.#shelf?.heldMiB ?? 0);
  }

  /** Number of invocations that have arrived. */
  get arrivals(): number {
    return this.#next;
  }

  /** Serves up to `most` further invocations. Returns whether the trace is over. */
  run(most: number): boolean {
    const { starts, horizonMs } = this.trace;
    const until = Math.min(starts.length, this.#next + most);
    for (;;) {
      const arrival = this.#next < starts.length ? (starts[this.#next] ?? 0) : Infinity;
      const due = this.#heap.nextTime;
      if (due <= arrival) {
        if (
          this.#next === starts.length &&
          (due === Infinity || (due > horizonMs && this.#tally.served === starts.length))
        )
          return true;
        this.now = due;
        this.#happen(this.#heap.pop());
      } else {
        if (this.#next === until) return false;
        this.now = arrival;
        this.#arrive(this.#next++);
      }
      if (this.#isFreed) this.#unblock();
    }
  }

  /** Returns the outcome; called once, when the trace is over. */
  outcome(): Outcome {
    this.now = Math.max(this.now, this.trace.horizonMs);
    for (const sandbox of this.#idle) {
      this.#rent(sandbox);
      if (sandbox.isAhead && !sandbox.isUsed) this.#tally.prewarmsWasted++;
    }
    this.#shelf?.settle();
    this.#tally.stemIdle = this.#shelf?.idle ?? 0;
    return this.#tally.outcome(this.#policy.name);
  }

  free(of: number): readonly SimulatedSandbox[] {
    return this.#stateOf(of).free;
  }

  busy(of: number): number {
    return this.#stateOf(of).busy;
  }

  all(of: number): number {
    return this.#stateOf(of).all;
  }

  coldMs(of: number): number {
    return this.options.bootMs + (this.trace.functions[of]?.initMs ?? 0);
  }

  memoryMiB(of: number): number {
    return this.trace.functions[of]?.memoryMiB ?? 0;
  }

  startAhead(of: number): boolean {
    if (this.heldMiB + this.memoryMiB(of) > this.options.memoryMiB) return false;
    this.#start(of, this.coldMs(of), true);
    this.#tally.prewarms++;
    return true;
  }

  rotate(of: number): void {
    const { free } = this.#stateOf(of);
    const first = free.shift();
    if (first !== undefined) free.push(first);
  }

  end(sandbox: SimulatedSandbox): void {
    const state = this.#stateOf(sandbox.of);
    this.#rent(sandbox);
    this.#idle.delete(sandbox);
    if (sandbox.isFree) state.free.splice(state.free.indexOf(sandbox), 1);
    state.all--;
    if (sandbox.isAhead && !sandbox.isUsed) this.#tally.prewarmsWasted++;
    sandbox.isEnded = true;
    this.#spareIds.push(sandbox.id);
    this.#usedMiB -= sandbox.memoryMiB;
    this.#isFreed = true;
  }

  reconcileNow(of: number): void {
    this.#reconcile(of);
  }

  refillAt(time: number): void {
    this.#heap.push(time, REFILL);
  }

  bootedAt(time: number): void {
    this.#heap.push(time, STEM_BOOTED);
  }

  #stateOf(of: number): FunctionState {
    return this.#states[of] as FunctionState;
  }

  #happen(event: number): void {
    const subject = Math.floor(event / KINDS);
    switch (event % KINDS) {
      case FINISH:
        this.#finish(this.#sandboxes[subject] as SimulatedSandbox);
        break;
      case READY:
        this.#ready(this.#sandboxes[subject] as SimulatedSandbox);
        break;
      case RECONCILE:
        if (this.#stateOf(subject).reconcileAt === this.now) {
          this.#stateOf(subject).reconcileAt = Infinity;
          this.#reconcile(subject);
        }
        break;
      case AGE:
        if (this.#stateOf(subject).ageAt === this.now) {
          this.#stateOf(subject).ageAt = Infinity;
          this.#pump(subject);
        }
        break;
      case TICK:
        this.#policy.tick?.(this.now);
        this.#heap.push(this.now + this.#policy.tickMs, TICK);
        break;
      case REFILL:
        this.#shelf?.refill();
        break;
      default:
        this.#shelf?.booted();
        this.#isFreed = true;
    }
  }

  #arrive(request: number): void {
    const of = this.trace.of[request] ?? 0;
    const state = this.#stateOf(of);
    this.#policy.arrived(of, this.now);
    const sandbox = state.queue.size > 0 ? undefined : this.#pick(state);
    if (sandbox !== undefined) {
      this.#serve(sandbox, request);
      return;
    }
    state.queue.push(request);
    this.#pump(of);
  }

  #pick({ free }: FunctionState): SimulatedSandbox | undefined {
    return this.#policy.reuse === 'newest' ? free.at(-1) : free[0];
  }

  #serve(sandbox: SimulatedSandbox, request: number): void {
    const { perSandbox, reuse } = this.#policy;
    const state = this.#stateOf(sandbox.of);
    const came = this.trace.starts[request] ?? 0;
    if (sandbox.active === 0) {
      this.#rent(sandbox);
      this.#idle.delete(sandbox);
      state.busy++;
    }
    sandbox.active++;
    sandbox.isUsed = true;
    if (sandbox.active >= perSandbox) {
      if (sandbox.isFree) this.#unfree(sandbox, state);
    } else if (reuse === 'in-turn' && sandbox.isFree) {
      this.#unfree(sandbox, state);
      state.free.push(sandbox);
      sandbox.isFree = true;
    }
    this.#tally.answered(request, this.now - came, sandbox.readyAt > came);
    const durationMs = this.trace.durations[request] ?? 0;
    state.service.add(durationMs);
    this.#heap.push(this.now + durationMs, sandbox.id * KINDS + FINISH);
    this.#policy.served?.(sandbox.of, state.busy, this.now);
  }

  #unfree(sandbox: SimulatedSandbox, { free }: FunctionState): void {
    if (free.at(-1) === sandbox) free.pop();
    else free.splice(free.indexOf(sandbox), 1);
    sandbox.isFree = false;
  }

  #finish(sandbox: SimulatedSandbox): void {
    const state = this.#stateOf(sandbox.of);
    sandbox.active--;
    if (sandbox.active === 0) state.busy--;
    this.#offer(sandbox, state);
  }

  #ready(sandbox: SimulatedSandbox): void {
    const state = this.#stateOf(sandbox.of);
    state.starting--;
    if (sandbox.waiter >= 0) this.#serve(sandbox, sandbox.waiter);
    sandbox.waiter = -1;
    this.#offer(sandbox, state);
  }

  /** Handles a sandbox that can serve a request: serves the queue, else marks it free. */
  #offer(sandbox: SimulatedSandbox, state: FunctionState): void {
    while (state.queue.size > 0 && sandbox.active < this.#policy.perSandbox)
      this.#serve(sandbox, state.queue.shift() ?? 0);
    if (state.queue.size > 0) this.#pump(sandbox.of);
    if (sandbox.active >= this.#policy.perSandbox) return;
    if (sandbox.active === 0) {
      sandbox.idleSince = this.now;
      this.#idle.add(sandbox);
    }
    if (!sandbox.isFree) {
      if (state.free.length < this.#policy.mostFree) {
        state.free.push(sandbox);
        sandbox.isFree = true;
      } else if (sandbox.active === 0) {
        this.end(sandbox);
        return;
      }
    }
    if (sandbox.active > 0) return;
    sandbox.priority = this.#policy.becameIdle(sandbox, this.now);
    if (this.#blocked.size > 0) this.#isFreed = true;
    this.#reconcile(sandbox.of);
  }

  #reconcile(of: number): void {
    const state = this.#stateOf(of);
    const again = this.#policy.reconcile(of, this.now);
    // Never twice at the same time, regardless of rounding.
    const at = Math.max(again, this.now + 1);
    if (at >= state.reconcileAt) return;
    state.reconcileAt = at;
    this.#heap.push(at, of * KINDS + RECONCILE);
  }

  /** Starts sandboxes for the queue of a function. */
  #pump(of: number): void {
    const state = this.#stateOf(of);
    const isLate = this.#policy.binding === 'late';
    for (let wanted = isLate ? this.#lateStarts(state, of) : state.queue.size; wanted > 0; wanted--) {
      if (!this.#makeRoom(of)) {
        this.#blocked.add(of);
        return;
      }
      const hasStem = this.#shelf?.take() ?? false;
      const bootMs = hasStem ? this.options.stemMs : this.options.bootMs;
      if (hasStem) this.#tally.stemHits++;
      const sandbox = this.#start(of, bootMs + (this.trace.functions[of]?.initMs ?? 0), false);
      if (!isLate) sandbox.waiter = state.queue.shift() ?? -1;
    }
    this.#blocked.delete(of);
  }

  #lateStarts(state: FunctionState, of: number): number {
    const oldest = state.queue.peek();
    if (oldest === undefined) return 0;
    const oldestWaitMs = this.now - (this.trace.starts[oldest] ?? 0);
    const coldMs = this.coldMs(of);
    const stemMs = this.options.stemMs + (this.trace.functions[of]?.initMs ?? 0);
    const stemReady = this.#shelf?.ready ?? 0;
    const giveUpAt = this.now - oldestWaitMs + (stemReady > 0 ? stemMs : coldMs) + 1;
    if (giveUpAt > this.now && giveUpAt < state.ageAt) {
      state.ageAt = giveUpAt;
      this.#heap.push(giveUpAt, of * KINDS + AGE);
    }
    return startsWanted({
      waiting: state.queue.size,
      oldestWaitMs,
      busy: state.busy,
      starting: state.starting,
      serviceMs: state.service.value,
      coldMs,
      headroom: MOST_SANDBOXES - state.all,
      bootSlots: Infinity,
      cores: this.options.cores,
      concurrency: this.#policy.perSandbox,
      stemReady,
      stemMs,
    });
  }

  #start(of: number, takesMs: number, isAhead: boolean): SimulatedSandbox {
    const id = this.#spareIds.pop() ?? this.#sandboxes.length;
    const sandbox = new SimulatedSandbox(id, this.now + takesMs, isAhead, { of, memoryMiB: this.memoryMiB(of) });
    this.#sandboxes[id] = sandbox;
    const state = this.#stateOf(of);
    state.starting++;
    state.all++;
    this.#usedMiB += sandbox.memoryMiB;
    this.#tally.starts++;
    this.#heap.push(sandbox.readyAt, id * KINDS + READY);
    return sandbox;
  }

  /** Returns whether memory for another sandbox is free; evicts those of lowest priority if that suffices. */
  #makeRoom(of: number): boolean {
    let missing = this.heldMiB + this.memoryMiB(of) - this.options.memoryMiB;
    // A ready stem will be bound, which frees its memory.
    if ((this.#shelf?.ready ?? 0) > 0) missing -= this.options.stemMiB;
    if (missing <= 0) return true;
    missing -= this.#shelf?.evict(missing) ?? 0;
    if (missing <= 0) return true;
    const evicted = this.#policy.evict(missing, this.#idle);
    for (const sandbox of evicted) {
      this.#tally.evictions++;
      this.end(sandbox);
    }
    return evicted.length > 0;
  }

  /** Adds the time that it was idle. */
  #rent(sandbox: SimulatedSandbox): void {
    if (!this.#idle.has(sandbox)) return;
    this.#tally.idle += sandbox.memoryMiB * (this.now - sandbox.idleSince);
    sandbox.idleSince = this.now;
  }

  #unblock(): void {
    this.#isFreed = false;
    for (const of of this.#blocked) {
      const before = this.#usedMiB;
      this.#pump(of);
      if (this.#blocked.has(of) && this.#usedMiB === before) return;
    }
  }
}
