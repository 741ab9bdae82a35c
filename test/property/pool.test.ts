import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lamError } from '../../src/errors/index.ts';
import { Pool, type PoolRevision } from '../../src/pool/index.ts';
import { STUCK_MS } from '../../src/pool/capacity.ts';
import { MemoryDriver, type Script } from '../support/memory-driver.ts';
import { revision } from '../support/revisions.ts';
import { settled, VirtualClock } from '../support/virtual-clock.ts';

/** What happens to the pool, one after the other. */
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('request' as const),
      which: fc.nat(3),
      ms: fc.integer({ min: 0, max: 200 }),
      usable: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(0, 1, 10, 60, 400, 3000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), nth: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), nth: fc.nat(10) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), which: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retire' as const), which: fc.nat(3), retired: fc.boolean() }) },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

/** How the n-th sandbox behaves. */
const behaviour = fc.record({
  bootMs: fc.constantFrom(0, 5, 80, 5000),
  boot: fc.constantFrom('ok' as const, 'ok' as const, 'ok' as const, 'fails' as const, 'never' as const),
  initMs: fc.constantFrom(0, 3, 100, 3000),
  init: fc.constantFrom('ok' as const, 'ok' as const, 'ok' as const, 'fails' as const, 'exits' as const, 'never' as const),
  destroyMs: fc.constantFrom(0, 0, 40, 100_000),
});
type Behaviour = typeof behaviour extends fc.Arbitrary<infer B> ? B : never;

const BUDGET_MIB = 640;
const CORES = 2;
const MOST_BOOTS = 2;
const TIMEOUT_MS = 150;

const REVISIONS: readonly PoolRevision[] = [
  revision('a', 1, { maxConcurrency: 2, maxQueue: 3, idleTimeoutMs: 1000 }),
  revision('a', 2, { maxConcurrency: 3, maxQueue: 1, idleTimeoutMs: 60_000 }),
  revision('b', 1, { maxConcurrency: 1, maxQueue: 100, memoryMiB: 256 }),
  revision('c', 1, { maxConcurrency: 8, maxQueue: 0, memoryMiB: 64 }),
];

interface Request {
  readonly number: number;
  readonly revision: PoolRevision;
  readonly leaver: AbortController;
  state: 'waiting' | 'recalled' | 'running' | 'answered' | 'failed' | 'refused';
}

/** The real pool over real books, and what must hold of both at any time. */
class World {
  readonly clock = new VirtualClock();
  readonly driver: MemoryDriver;
  readonly pool: Pool;
  readonly requests: Request[] = [];
  /** What was wrong with an answer. */
  readonly faults: unknown[] = [];
  /** How many requests each sandbox holds now. */
  readonly leased = new Map<string, number>();
  readonly lastServed = new Map<PoolRevision, number>();

  constructor(behaviours: readonly Behaviour[]) {
    const planOf = new Map<string, Behaviour | undefined>();
    const script: Script = {
      boot: ({ id }) => {
        const plan = behaviours[planOf.size];
        planOf.set(id, plan);
        if (plan?.boot === 'never') return 'never';
        const ms = plan?.bootMs ?? 0;
        return plan?.boot === 'fails' ? { ms, error: lamError('LAM_INTERNAL', { what: 'no boot' }) } : { ms };
      },
      init: ({ id }) => {
        const plan = planOf.get(id);
        const ms = plan?.initMs ?? 0;
        if (plan?.init === 'never') return 'never';
        if (plan?.init === 'fails') return { ms, outcome: { kind: 'error', payload: Buffer.from('{}'), errorType: 'E' } };
        if (plan?.init === 'exits') return { ms, outcome: { kind: 'exit', exit: { code: 1, signal: null, outOfMemory: false } } };
        return { ms };
      },
      destroy: ({ id }) => ({ ms: planOf.get(id)?.destroyMs ?? 0 }),
    };
    this.driver = new MemoryDriver(this.clock, {
      ...script,
      invoke: async (call) => {
        await call.wait(Number(Buffer.from(call.event).toString()));
        return { kind: 'result', payload: call.event };
      },
    });
    const hooksFor = () => ({ onLog: () => undefined, onProtocolError: () => undefined });
    this.pool = new Pool({ driver: this.driver, clock: this.clock, memoryBudgetMiB: BUDGET_MIB, cores: CORES, hooksFor });
  }

  request(which: PoolRevision, ms: number, usable: boolean): void {
    const request: Request = { number: this.requests.length, revision: which, leaver: new AbortController(), state: 'waiting' };
    this.requests.push(request);
    this.#serve(request, ms, usable).catch((error: unknown) => void this.faults.push(error));
  }

  async #serve(request: Request, ms: number, usable: boolean): Promise<void> {
    for (let outcome = await this.#try(request, ms, usable); outcome === 'again';) outcome = await this.#try(request, ms, usable);
  }

  /** As the router does it: one lease, one run. `again` when it was sent ahead and did not start. */
  async #try(request: Request, ms: number, usable: boolean): Promise<'again' | 'done'> {
    const first = request.state === 'waiting';
    let lease;
    try {
      lease = await this.pool.lease(request.revision, request.leaver.signal);
    } catch {
      assert.ok(request.state === 'waiting' || request.state === 'recalled', 'a request is settled once');
      request.state = 'refused';
      return 'done';
    }
    assert.ok(request.state === 'waiting' || request.state === 'recalled', 'a request is served once');
    if ('kind' in lease) {
      request.state = 'failed';
      return 'done';
    }
    request.state = 'running';
    const sandbox = this.driver.alive.get(lease.id);
    assert.ok(sandbox !== undefined && !sandbox.condemned, 'what is handed out is alive and not being removed');
    assert.equal(lease.revision, request.revision, 'it is of the version that was asked for');
    assert.deepEqual([sandbox.spec.functionName, sandbox.spec.version], [request.revision.functionName, request.revision.version]);
    const held = (this.leased.get(lease.id) ?? 0) + 1;
    assert.ok(held <= Math.min(16, 1 + request.revision.config.maxQueue), 'no more is sent ahead than may');
    if (first) {
      assert.ok(request.number > (this.lastServed.get(request.revision) ?? -1), 'requests of a version are served in order of arrival');
      this.lastServed.set(request.revision, request.number);
    }
    this.leased.set(lease.id, held);
    const context = { requestId: String(request.number), deadlineMs: this.clock.now() + TIMEOUT_MS, functionArn: '', traceId: '' };
    const outcome = await lease.session.invoke(context, Buffer.from(String(ms)));
    const left = (this.leased.get(lease.id) ?? 0) - 1;
    if (left > 0) this.leased.set(lease.id, left);
    else this.leased.delete(lease.id);
    if (outcome.kind === 'unstarted') {
      request.state = 'recalled';
      this.pool.release(lease, true, undefined);
      return 'again';
    }
    assert.equal(sandbox.mostRunning, 1, 'it runs one at a time');
    request.state = 'answered';
    this.pool.release(lease, usable && outcome.kind === 'result', 'ranMs' in outcome ? (outcome.ranMs ?? 0) : ms);
    return 'done';
  }

  check(): void {
    const { pool, driver, clock } = this;
    assert.deepEqual(this.faults, []);
    const total = { starting: 0, idle: 0, busy: 0 };
    for (const r of REVISIONS) {
      const counts = pool.counts(r.functionName, r.version);
      for (const key of ['starting', 'idle', 'busy'] as const) {
        assert.ok(counts[key] >= 0, `${key} is never below zero`);
        total[key] += counts[key];
      }
    }
    assert.deepEqual(pool.counts(), total, 'the sum is the sum of its parts');
    assert.ok(driver.promisedMiB <= BUDGET_MIB, `${driver.promisedMiB} MiB are within the budget`);
    const now = clock.monotonic();
    const young = [...driver.starting.values()].filter(({ since }) => now - since < STUCK_MS).length;
    assert.ok(young <= MOST_BOOTS, `${young} boots at once are not more than may`);
    assert.equal(total.busy, this.leased.size, 'as many are busy as run something');
    const usable = [...driver.alive.values()].filter((s) => !s.condemned && !driver.starting.has(s.id)).length;
    assert.equal(total.idle + total.busy, usable, 'the counters equal the table');
  }

  /** Only where no group was dropped meanwhile: the old one's work goes on beside the new one's. */
  checkConcurrency(): void {
    for (const r of REVISIONS) {
      const { starting, idle, busy } = this.pool.counts(r.functionName, r.version);
      assert.ok(starting + idle + busy <= r.config.maxConcurrency, `${r.functionName}@${r.version} is within its concurrency`);
    }
  }
}

function act(world: World, a: Action): Promise<void> | void {
  const { pool, driver } = world;
  switch (a.do) {
    case 'request':
      return world.request(REVISIONS[a.which] as PoolRevision, a.ms, a.usable);
    case 'pass':
      return world.clock.advance(a.ms);
    case 'leave':
      return world.requests.at(-1 - a.nth)?.leaver.abort();
    case 'kill':
      return [...driver.alive.values()].at(a.nth)?.die({ code: null, signal: 'SIGKILL', outOfMemory: false });
    case 'drop': {
      const { functionName, version } = REVISIONS[a.which] as PoolRevision;
      return pool.drop(functionName, version, lamError('LAM_POOL_CANCELLED', { name: functionName }));
    }
    case 'retire': {
      const { functionName, version } = REVISIONS[a.which] as PoolRevision;
      return pool.setRetired(functionName, version, a.retired);
    }
    default:
      return a satisfies never;
  }
}

test('whatever happens, the pool keeps within its limits, its books and the order of arrival, and ends with nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), fc.array(behaviour, { maxLength: 30 }), async (actions, behaviours) => {
      const world = new World(behaviours);
      let dropped = false;
      for (const a of actions) {
        await act(world, a);
        dropped ||= a.do === 'drop';
        await settled();
        world.check();
        if (!dropped) world.checkConcurrency();
      }
      await world.pool.close(0);
      await settled();
      assert.equal(world.driver.alive.size, 0, 'nothing runs');
      assert.equal(world.driver.promisedMiB, 0, 'nothing is on its way');
      assert.equal(world.clock.pending, 0, 'no timer is left');
      assert.deepEqual(world.pool.counts(), { starting: 0, idle: 0, busy: 0 });
      for (const r of world.requests) assert.ok(r.state !== 'waiting' && r.state !== 'running', `request ${r.number} has an end`);
    }),
    { numRuns: 500 },
  );
});

test('left alone, every request is answered and every idle sandbox expires', async () => {
  const calm = fc.record({ which: fc.nat(3), ms: fc.integer({ min: 0, max: 300 }), passMs: fc.integer({ min: 0, max: 50 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(calm, { maxLength: 40 }), async (steps) => {
      const world = new World([]);
      for (const { which, ms, passMs } of steps) {
        world.request(REVISIONS[which] as PoolRevision, ms, true);
        await world.clock.advance(passMs);
        world.check();
        world.checkConcurrency();
      }
      await world.clock.advance(60_000);
      for (const r of world.requests) assert.ok(r.state === 'answered' || r.state === 'refused', `request ${r.number} has an end`);
      await world.clock.advance(700_000);
      assert.equal(world.driver.alive.size, 0, 'all expired');
      await world.pool.close(0);
      assert.equal(world.clock.pending, 0, 'no timer is left');
    }),
    { numRuns: 60 },
  );
});
