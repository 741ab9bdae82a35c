import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { VersionNumber } from '../../src/contract/index.ts';
import { lamError, LamError } from '../../src/errors/index.ts';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import { joinObservers, type ObservedSandbox, type SandboxPhase } from '../../src/observer/index.ts';
import { Pool, type InitFailure, type Acquisition, type PoolRevision } from '../../src/pool/index.ts';
import { STUCK_MS } from '../../src/pool/capacity.ts';
import { invoked } from '../support/invoked.ts';
import { acquire } from '../support/acquire.ts';
import { MemoryDriver, type MemorySandbox, type Script } from '../support/memory-driver.ts';
import { revision } from '../support/revisions.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { asRequestId, asTraceId, asFunctionName } from '../support/ids.ts';

export const BUDGET_MIB = 640;
const CORES = 2;
const MOST_BOOTS = 2;
/** Of every invocation. */
const TIMEOUT_MS = 150;
/** Time that a request waits for memory held by others before it is refused. */
const MEMORY_WAIT_MS = 10_000;

/**
 * Versions that differ in every way that matters to the pool. Two versions of each function whose live pointer moves.
 */
export const REVISIONS: readonly PoolRevision[] = [
  revision('alone', 1, { maxConcurrency: 2, maxQueue: 3, idleTimeoutMs: 1000 }),
  revision('alone', 2, { maxConcurrency: 3, maxQueue: 1, idleTimeoutMs: 60_000 }),
  revision('large', 1, { maxConcurrency: 1, maxQueue: 100, memoryMiB: 256 }),
  revision('small', 1, { maxConcurrency: 8, maxQueue: 0, memoryMiB: 64 }),
  revision('many', 1, { maxConcurrency: 5, concurrency: 2, maxQueue: 4, idleTimeoutMs: 2000 }),
  revision('many', 2, { maxConcurrency: 1, concurrency: 4, maxQueue: 6 }),
  revision('kept', 1, {
    maxConcurrency: 3,
    maxQueue: 2,
    provisionedConcurrency: 2,
    idleTimeoutMs: 1000,
    memoryMiB: 64,
  }),
  revision('kept', 2, { maxConcurrency: 6, concurrency: 3, maxQueue: 2, provisionedConcurrency: 1, memoryMiB: 64 }),
  revision('native', 1, { runtime: 'provided', handler: 'bootstrap', maxConcurrency: 2, maxQueue: 2, memoryMiB: 64 }),
];

/** Success in most cases. */
function mostly<T>(...faults: readonly T[]): fc.Arbitrary<T | 'ok'> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant('ok' as const) },
    { weight: 1, arbitrary: fc.constantFrom(...faults) },
  );
}

/** Behaviour of the n-th sandbox, booted for a function or as a stem. */
export const behaviour = fc.record({
  bootMs: fc.constantFrom(0, 5, 80, 5000),
  // If it never connects, its driver fails after ten seconds, or never.
  boot: mostly('fails' as const, 'late' as const, 'never' as const),
  bindMs: fc.constantFrom(0, 0, 2, 300),
  bind: mostly('fails' as const),
  initMs: fc.constantFrom(0, 3, 100, 3000),
  init: mostly('fails' as const, 'exits' as const, 'never' as const),
  destroyMs: fc.constantFrom(0, 0, 40, 100_000),
});
export type Behaviour = typeof behaviour extends fc.Arbitrary<infer B> ? B : never;

interface Request {
  readonly number: number;
  readonly revision: PoolRevision;
  readonly leaver: AbortController;
  /** Identifies the version at that time: after a deletion the same name is another version. */
  readonly epoch: number;
  readonly since: number;
  state: 'waiting' | 'recalled' | 'running' | 'answered' | 'failed' | 'refused';
}

/** Unreleased acquisitions, by sandbox. */
interface Held {
  readonly revision: PoolRevision;
  readonly epoch: number;
  readonly sandbox: MemorySandbox;
  count: number;
  /** Whether one of them made it unusable: it must not be acquired again. */
  spoiled: boolean;
}

/** The real pool over a driver with its own counts, and the invariants of both. */
export class World {
  readonly clock: VirtualClock = new VirtualClock();
  readonly driver: MemoryDriver;
  readonly pool: Pool;
  readonly requests: Request[] = [];
  /** Versions that are verified; each takes a place in the queue of its version. */
  readonly #checks: Request[] = [];
  /** Whether all sandboxes succeed from now on. */
  isCalm = false;
  /** The version each function's live pointer leads to. */
  readonly live: Map<string, PoolRevision> = new Map();
  /** Phases that the observer received, by sandbox. */
  readonly #lives: Map<string, SandboxPhase[]> = new Map();
  /** Faults of answers. */
  readonly #faults: unknown[] = [];
  readonly #held: Map<string, Held> = new Map();
  /** Number of deletions of each version. */
  readonly #epochs: Map<PoolRevision, number> = new Map();
  readonly #lastServed: Map<PoolRevision, number> = new Map();
  readonly #served: Map<string, PoolRevision> = new Map();

  constructor(behaviours: readonly Behaviour[]) {
    this.driver = new MemoryDriver(this.clock, this.#script(behaviours));
    this.pool = new Pool({
      driver: this.driver,
      clock: this.clock,
      memoryBudgetMiB: BUDGET_MIB,
      cores: CORES,
      hooksFor: () => ({ onLog: () => undefined, onProtocolError: () => undefined }),
      observers: joinObservers([{ sandbox: (of, phase) => this.#observe(of, phase) }], (what) =>
        this.#faults.push(what),
      ),
      isLive: (r) => this.live.get(r.functionName) === r,
    });
    // As after a start of the daemon: the pool is told of provisioned functions; of the others at their first call.
    for (const r of REVISIONS) {
      if (this.live.has(r.functionName)) continue;
      this.live.set(r.functionName, r);
      if (r.config.provisionedConcurrency > 0) this.pool.setLive(r);
    }
  }

  #observe({ id, functionName, endReason }: ObservedSandbox, phase: SandboxPhase): void {
    const life = this.#lives.get(id) ?? [];
    this.#lives.set(id, life);
    const last = life.at(-1);
    assert.equal(last === undefined, phase === 'booting', `${id} begins with booting`);
    assert.notEqual(last, 'gone', `${id} is gone`);
    assert.ok(last !== 'draining' || phase === 'gone' || phase === 'booted', `${id} is ${phase} while it drains`);
    if (phase === 'busy' || phase === 'idle') assert.notEqual(last, phase);
    if (phase === 'bound' || phase === 'ready') assert.ok(functionName !== undefined && !life.includes(phase));
    assert.equal(
      endReason !== undefined,
      phase === 'draining' || phase === 'gone' || last === 'draining',
      `${id} ${phase}`,
    );
    life.push(phase);
  }

  #script(behaviours: readonly Behaviour[]): Script {
    const planOf = new Map<string, Behaviour | undefined>();
    const error = lamError('LAM_DRIVER_START_FAILED', { function: '', reason: 'as planned' });
    return {
      boot: ({ id }) => {
        const plan = this.isCalm ? undefined : behaviours[planOf.size];
        planOf.set(id, plan);
        if (plan?.boot === 'never') return 'never';
        if (plan?.boot === 'late') return { ms: 10_000, error };
        return plan?.boot === 'fails' ? { ms: plan.bootMs, error } : { ms: plan?.bootMs ?? 0 };
      },
      bind: ({ id }) => {
        const plan = planOf.get(id);
        return plan?.bind === 'fails' ? { ms: plan.bindMs, error } : { ms: plan?.bindMs ?? 0 };
      },
      init: ({ id }) => {
        const plan = planOf.get(id);
        const ms = plan?.initMs ?? 0;
        if (plan?.init === 'never') return 'never';
        if (plan?.init === 'fails')
          return { ms, outcome: { kind: 'error', payload: Buffer.from('{}'), errorType: 'E' } };
        if (plan?.init === 'exits')
          return { ms, outcome: { kind: 'exit', exit: { code: 1, signal: null, outOfMemory: false } } };
        return { ms };
      },
      destroy: ({ id }) => ({ ms: this.isCalm ? 0 : (planOf.get(id)?.destroyMs ?? 0) }),
      invoke: async (call) => {
        await call.wait(Number(Buffer.from(call.event).toString()));
        return { kind: 'result', payload: call.event };
      },
    };
  }

  /** A request arrives; `ms`: duration of its run, `usable`: whether its sandbox may be reused afterwards. */
  request(which: PoolRevision, ms: number, usable: boolean): void {
    const request: Request = {
      number: this.requests.length,
      revision: which,
      leaver: new AbortController(),
      epoch: this.#epoch(which),
      since: this.clock.monotonic(),
      state: 'waiting',
    };
    this.requests.push(request);
    this.#serve(request, ms, usable).catch((error: unknown) => void this.#faults.push(error));
  }

  /** The code of a version is loaded before it goes live. */
  verify(which: PoolRevision): void {
    const leaver = new AbortController();
    const check: Request = {
      number: -1,
      revision: which,
      leaver,
      epoch: this.#epoch(which),
      since: this.clock.monotonic(),
      state: 'waiting',
    };
    this.#checks.push(check);
    const settle = async (): Promise<void> => {
      try {
        check.state = (await this.pool.verify(which, leaver.signal)) === undefined ? 'answered' : 'failed';
      } catch (error) {
        this.#refused(check, error);
      }
    };
    settle().catch((error: unknown) => void this.#faults.push(error));
  }

  /** A function, or one version of it, is deleted. */
  drop(functionName: string, version: VersionNumber | undefined): void {
    for (const r of REVISIONS) {
      if (r.functionName === functionName && (version === undefined || r.version === version))
        this.#epochs.set(r, this.#epoch(r) + 1);
    }
    this.pool.drop(
      asFunctionName(functionName),
      version,
      lamError('LAM_REGISTRY_FUNCTION_NOT_FOUND', { name: functionName }),
    );
  }

  /** The live pointer moves, as a deploy or a rollback moves it. */
  moveLive(to: PoolRevision): void {
    const from = this.live.get(to.functionName);
    this.live.set(to.functionName, to);
    if (from !== undefined && from !== to) this.pool.setRetired(to.functionName, from.version, true);
    this.pool.setRetired(to.functionName, to.version, false);
    this.pool.setLive(to);
  }

  /** Lets time pass, and checks the invariants after every event. */
  async pass(ms: number): Promise<void> {
    const until = this.clock.monotonic() + ms;
    for (let next = this.clock.nextAt; next !== undefined && next < until; next = this.clock.nextAt) {
      await this.clock.advance(Math.max(0, next - this.clock.monotonic()));
      this.check();
    }
    await this.clock.advance(until - this.clock.monotonic());
  }

  async #serve(request: Request, ms: number, usable: boolean): Promise<void> {
    while ((await this.#try(request, ms, usable)) === 'again') {
      // The router looks the version up again, and may find that it was deleted.
      if (request.epoch === this.#epoch(request.revision)) continue;
      request.state = 'refused';
      return;
    }
  }

  /** As in the router: each acquisition runs one invocation. `again` when it was sent ahead and did not start. */
  async #try(request: Request, ms: number, usable: boolean): Promise<'again' | 'done'> {
    const isFirst = request.state === 'waiting';
    let acquired: Acquisition | InitFailure;
    try {
      acquired = await acquire(this.pool, request.revision, request.leaver.signal);
    } catch (error) {
      this.#refused(request, error);
      return 'done';
    }
    assert.ok(request.state === 'waiting' || request.state === 'recalled', 'a request is served once');
    if ('kind' in acquired) {
      request.state = 'failed';
      return 'done';
    }
    request.state = 'running';
    const held = this.#take(acquired, request, isFirst);
    const context = {
      requestId: asRequestId(String(request.number)),
      deadlineMs: this.clock.now() + TIMEOUT_MS,
      functionArn: '',
      traceId: asTraceId('-'),
    };
    const outcome = await invoked(acquired.session, context, Buffer.from(String(ms)));
    return this.#answered(request, acquired, held, { outcome, usable, ms });
  }

  #refused(request: Request, error: unknown): void {
    assert.ok(error instanceof LamError, 'it is told a failure of the catalogue');
    assert.ok(request.state === 'waiting' || request.state === 'recalled', 'a request is settled once');
    if (error.code === 'LAM_POOL_CANCELLED')
      assert.ok(request.leaver.signal.aborted, 'nobody is cancelled who did not leave');
    if (error.code === 'LAM_POOL_MEMORY_TAKEN') {
      assert.ok(this.clock.monotonic() - request.since >= MEMORY_WAIT_MS, 'memory is waited for');
    }
    if (error.code === 'LAM_POOL_THROTTLED') {
      const { maxQueue } = request.revision.config;
      assert.ok(this.#waiting(request.revision) > maxQueue, 'nobody is turned away while there is room in the queue');
    }
    request.state = 'refused';
  }

  #take(acquired: Acquisition, request: Request, isFirst: boolean): Held {
    const { revision: of, epoch } = request;
    const sandbox = this.driver.alive.get(acquired.id);
    assert.ok(sandbox !== undefined && !sandbox.condemned, 'what is handed out is alive and not being removed');
    assert.equal(acquired.revision, of, 'it is of the version that was asked for');
    assert.equal(sandbox.boundTo, of.artifact, 'it has the code of that version');
    assert.deepEqual([sandbox.initRequest?.functionName, sandbox.initRequest?.version], [of.functionName, of.version]);
    assert.equal(this.#served.get(acquired.id) ?? of, of, 'a sandbox serves one version for life');
    this.#served.set(acquired.id, of);
    let held = this.#held.get(acquired.id);
    if (held === undefined)
      this.#held.set(acquired.id, (held = { revision: of, epoch, sandbox, count: 0, spoiled: false }));
    assert.ok(!held.spoiled, 'a condemned sandbox takes no other invocation');
    held.count++;
    assert.equal(held.epoch, this.#epoch(of), 'it is not of a version that was deleted');
    const places = placesOf(of);
    const most = places > 1 ? places : Math.min(16, 1 + of.config.maxQueue);
    assert.ok(held.count <= most, `${held.count} in one sandbox are no more than ${most}`);
    if (isFirst) {
      assert.ok(
        request.number > (this.#lastServed.get(of) ?? -1),
        'requests of a version are served in order of arrival',
      );
      this.#lastServed.set(of, request.number);
    }
    return held;
  }

  // oxlint-disable-next-line max-params -- called in one place
  #answered(
    request: Request,
    acquired: Acquisition,
    held: Held,
    ran: { outcome: InvokeOutcome; usable: boolean; ms: number },
  ): 'again' | 'done' {
    const { outcome, ms } = ran;
    const { mostRunning } = held.sandbox;
    assert.ok(mostRunning <= placesOf(request.revision), `${mostRunning} ran at once in one sandbox`);
    held.count--;
    const isUnstarted = outcome.kind === 'unstarted';
    const usable = isUnstarted || (ran.usable && outcome.kind === 'result');
    // Where several run at once nothing waits in a sandbox: one that returns an invocation unstarted takes no more
    // work.
    held.spoiled ||= !usable || (isUnstarted && placesOf(request.revision) > 1);
    if (held.count === 0) this.#held.delete(acquired.id);
    request.state = isUnstarted ? 'recalled' : 'answered';
    this.pool.release(acquired, usable, isUnstarted ? undefined : 'ranMs' in outcome ? (outcome.ranMs ?? 0) : ms);
    return isUnstarted ? 'again' : 'done';
  }

  #epoch(of: PoolRevision): number {
    return this.#epochs.get(of) ?? 0;
  }

  #waiting(of: PoolRevision): number {
    return [...this.requests, ...this.#checks].filter(
      (r) => r.revision === of && r.epoch === this.#epoch(of) && (r.state === 'waiting' || r.state === 'recalled'),
    ).length;
  }

  /** Invariants whenever nothing can proceed without time passing. */
  check(): void {
    const [fault] = this.#faults;
    if (fault !== undefined) throw fault instanceof Error ? fault : new Error('an answer was wrong', { cause: fault });
    this.#checkBooks();
    this.#checkMachine();
    for (const r of REVISIONS) this.#checkLimits(r);
  }

  /** The counts of the pool equal those of the driver. */
  #checkBooks(): void {
    const { pool, driver } = this;
    const total = { starting: 0, idle: 0, busy: 0 };
    for (const r of REVISIONS) {
      const counts = pool.counts(r.functionName, r.version);
      for (const key of ['starting', 'idle', 'busy'] as const) {
        assert.ok(counts[key] >= 0, `${key} is never below zero`);
        total[key] += counts[key];
      }
    }
    assert.deepEqual(pool.counts(), total, 'the sum is the sum of its parts');
    assert.deepEqual(pool.memory, { usedMiB: driver.promisedMiB, budgetMiB: BUDGET_MIB });
    const alive = [...driver.alive.values()].filter((s) => !s.condemned);
    const stems = alive.filter((s) => s.boundTo === null);
    assert.equal(pool.stems, stems.length, 'as many stems wait as are alive without code');
    const held = [...this.#held.values()];
    const observed = [...this.#lives.values()].filter((life) => life.at(-1) === 'busy');
    assert.equal(observed.length, total.busy, 'the observer knows as many busy ones');
    assert.equal(total.busy, held.filter((h) => !h.spoiled).length, 'as many are busy as run something and may go on');
    const warm = alive.filter((s) => !driver.starting.has(s.id) && this.#held.get(s.id)?.spoiled !== true);
    assert.equal(total.idle + total.busy, warm.length, 'as many are warm as have finished their init');
    const loading = alive.filter((s) => driver.starting.has(s.id) && s.boundTo !== null);
    assert.ok(total.starting >= loading.length, `${total.starting} start, among them the ${loading.length} that load`);
    assert.ok(
      total.starting <= driver.starting.size - stems.length,
      `${total.starting} start of ${driver.starting.size}`,
    );
  }

  #checkMachine(): void {
    const { driver, clock } = this;
    assert.ok(driver.promisedMiB <= BUDGET_MIB, `${driver.promisedMiB} MiB are within the budget`);
    const now = clock.monotonic();
    // A booted stem needs no boot slot any more, also while a function loads in it.
    const isBooting = (id: string, code: string | null): boolean => code !== null || !driver.alive.has(id);
    const young = [...driver.starting].filter(
      ([id, { spec, since }]) => now - since < STUCK_MS && isBooting(id, spec.artifact),
    ).length;
    assert.ok(young <= MOST_BOOTS, `${young} boots at once are not more than may`);
  }

  #checkLimits(r: PoolRevision): void {
    const { maxConcurrency, maxQueue } = r.config;
    const name = `${r.functionName}@${r.version}`;
    const mine = [...this.#held.values()].filter((h) => h.revision === r);
    const current = mine.filter((h) => h.epoch === this.#epoch(r));
    const running = placesOf(r) > 1 ? current.reduce((sum, h) => sum + h.count, 0) : current.length;
    assert.ok(running <= maxConcurrency, `${name} runs ${running} at once`);
    // Sandboxes that a deletion left to drain do not count.
    const { starting, idle, busy } = this.pool.counts(r.functionName, r.version);
    const sandboxes = starting + idle + busy - (mine.length - current.length);
    assert.ok(sandboxes <= Math.ceil(maxConcurrency / placesOf(r)), `${name} has ${sandboxes} sandboxes`);
    assert.ok(this.#waiting(r) <= maxQueue + maxConcurrency, `${this.#waiting(r)} wait for ${name}`);
  }

  /** Without further failures and after all retries: provisioned sandboxes are warm, as far as memory allows. */
  checkKept(): void {
    const freeMiB = BUDGET_MIB - this.driver.promisedMiB;
    for (const r of this.live.values()) {
      const { provisionedConcurrency, memoryMiB } = r.config;
      const { starting, idle, busy } = this.pool.counts(r.functionName, r.version);
      if (provisionedConcurrency === 0 || freeMiB < memoryMiB || starting > 0) continue;
      assert.ok(
        idle + busy >= provisionedConcurrency,
        `${idle + busy} of ${provisionedConcurrency} of ${r.functionName}@${r.version} are kept, with ${freeMiB} MiB free`,
      );
    }
  }

  /** Without further failures: requests wait only for a sandbox that never starts. */
  checkServed(): void {
    for (const r of REVISIONS) {
      const { starting } = this.pool.counts(r.functionName, r.version);
      if (starting === 0)
        assert.equal(this.#waiting(r), 0, `${this.#waiting(r)} wait for ${r.functionName}@${r.version} in vain`);
    }
  }

  /** Asserts that everything ends after the pool was closed. */
  checkClosed(): void {
    assert.equal(this.driver.alive.size, 0, 'nothing runs');
    assert.equal(this.driver.promisedMiB, 0, 'nothing is on its way');
    assert.equal(this.clock.pending, 0, 'no timer is left');
    assert.deepEqual(this.pool.counts(), { starting: 0, idle: 0, busy: 0 });
    assert.equal(this.pool.stems, 0);
    for (const [id, life] of this.#lives) assert.equal(life.at(-1), 'gone', `${id}: ${life.join(', ')}`);
    for (const r of this.requests)
      assert.ok(!['waiting', 'running', 'recalled'].includes(r.state), `request ${r.number} has an end`);
  }
}

/** Invocations one sandbox of a version may run at once. */
function placesOf({ config }: PoolRevision): number {
  return Math.min(config.concurrency, config.maxConcurrency);
}
