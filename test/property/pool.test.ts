import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PoolRevision } from '../../src/pool/index.ts';
import { acquire } from '../support/acquire.ts';
import { revision } from '../support/revisions.ts';
import { settled } from '../support/virtual-clock.ts';
import { behaviour, BUDGET_MIB, REVISIONS, World } from './pool-world.ts';
import { asFunctionName } from '../support/ids.ts';

/** The model of the commands: functions that are deleted and not deployed again. */
interface Model {
  readonly deleted: Set<string>;
}

abstract class Command implements fc.AsyncCommand<Model, World> {
  /** A step, in the model and in the pool. */
  abstract act(model: Model, world: World): Promise<void> | void;
  abstract toString(): string;

  check(_model: Readonly<Model>): boolean {
    return true;
  }

  async run(model: Model, world: World): Promise<void> {
    await this.act(model, world);
    await settled();
    world.check();
  }
}

/** A command on one version. */
abstract class OnVersion extends Command {
  readonly which: PoolRevision;

  constructor(which: number) {
    super();
    this.which = REVISIONS[which] as PoolRevision;
  }

  override check({ deleted }: Readonly<Model>): boolean {
    return !deleted.has(this.which.functionName);
  }

  override toString(): string {
    return `${this.constructor.name} ${this.which.functionName}@${this.which.version}`;
  }
}

class Ask extends OnVersion {
  readonly ms: number;
  readonly usable: boolean;

  constructor(which: number, ms: number, usable: boolean) {
    super(which);
    this.ms = ms;
    this.usable = usable;
  }

  act(_model: Model, world: World): void {
    world.request(this.which, this.ms, this.usable);
  }

  override toString(): string {
    return `${super.toString()} for ${this.ms} ms${this.usable ? '' : ', spoiling its sandbox'}`;
  }
}

/** Many requests arrive at once; the longest runs `ms`. */
class Burst extends OnVersion {
  readonly count: number;
  readonly ms: number;

  constructor(which: number, count: number, ms: number) {
    super(which);
    this.count = count;
    this.ms = ms;
  }

  act(_model: Model, world: World): void {
    for (let i = 1; i <= this.count; i++) world.request(this.which, (this.ms * i) / this.count, true);
  }

  override toString(): string {
    return `${super.toString()} of ${this.count} for up to ${this.ms} ms`;
  }
}

class Pass extends Command {
  readonly ms: number;

  constructor(ms: number) {
    super();
    this.ms = ms;
  }

  act(_model: Model, world: World): Promise<void> {
    return world.pass(this.ms);
  }

  toString(): string {
    return `Pass ${this.ms} ms`;
  }
}

class Leave extends Command {
  readonly nth: number;

  constructor(nth: number) {
    super();
    this.nth = nth;
  }

  act(_model: Model, world: World): void {
    world.requests.at(-1 - this.nth)?.leaver.abort();
  }

  toString(): string {
    return `Leave ${this.nth}`;
  }
}

class Kill extends Command {
  readonly nth: number;

  constructor(nth: number) {
    super();
    this.nth = nth;
  }

  act(_model: Model, world: World): void {
    [...world.driver.alive.values()].at(this.nth)?.die({ code: null, signal: 'SIGKILL', outOfMemory: false });
  }

  toString(): string {
    return `Kill ${this.nth}`;
  }
}

class DeleteFunction extends OnVersion {
  act({ deleted }: Model, world: World): void {
    deleted.add(this.which.functionName);
    world.live.delete(this.which.functionName);
    world.drop(this.which.functionName, undefined);
  }
}

class DeleteVersion extends OnVersion {
  act(_model: Model, world: World): void {
    // A live version is not deleted alone.
    if (world.live.get(this.which.functionName) !== this.which) world.drop(this.which.functionName, this.which.version);
  }
}

/** A deploy or a rollback, also of what was deleted. */
class GoLive extends OnVersion {
  override check(): boolean {
    return true;
  }

  act({ deleted }: Model, world: World): void {
    deleted.delete(this.which.functionName);
    world.moveLive(this.which);
  }
}

/** An alias leads to a version, or no longer does. */
class Retire extends OnVersion {
  readonly retired: boolean;

  constructor(which: number, retired: boolean) {
    super(which);
    this.retired = retired;
  }

  act(_model: Model, world: World): void {
    const { functionName, version } = this.which;
    if (world.live.get(functionName) !== this.which) world.pool.setRetired(functionName, version, this.retired);
  }
}

/** A change loads the code of a version before it goes live. */
class Verify extends OnVersion {
  act(_model: Model, world: World): void {
    world.verify(this.which);
  }
}

class Announce extends OnVersion {
  act(_model: Model, world: World): void {
    world.pool.announce(this.which.config, this.which.runtime);
  }
}

/** A schedule announces a call of the version, which may arrive or not. */
class Expect extends OnVersion {
  readonly ms: number;

  constructor(which: number, ms: number) {
    super(which);
    this.ms = ms;
  }

  act(_model: Model, world: World): void {
    world.pool.expect(this.which, world.clock.now() + this.ms);
  }

  override toString(): string {
    return `${super.toString()} in ${this.ms} ms`;
  }
}

const passes = fc.constantFrom(0, 1, 10, 60, 400, 3000, 11_000).map((ms) => new Pass(ms));
const some = fc.shuffledSubarray([...REVISIONS.keys()], { minLength: 1 });

/** Each run uses only some of the versions, so that many steps concern each. */
const happenings = some.chain((numbers) => {
  const which = fc.constantFrom(...numbers);
  const asks = fc
    .tuple(which, fc.integer({ min: 0, max: 200 }), fc.boolean())
    .map(([n, ms, usable]) => new Ask(n, ms, usable));
  const quick = fc.tuple(which, fc.nat(2)).map(([n, ms]) => new Ask(n, ms, true));
  const bursts = fc
    .tuple(which, fc.integer({ min: 2, max: 8 }), fc.integer({ min: 0, max: 140 }))
    .map(([n, count, ms]) => new Burst(n, count, ms));
  return fc.commands(
    [
      asks,
      asks,
      quick,
      bursts,
      passes,
      passes,
      fc.nat(20).map((nth) => new Leave(nth)),
      fc.nat(10).map((nth) => new Kill(nth)),
      which.map((n) => new DeleteFunction(n)),
      which.map((n) => new DeleteVersion(n)),
      which.map((n) => new GoLive(n)),
      fc.tuple(which, fc.boolean()).map(([n, retired]) => new Retire(n, retired)),
      which.map((n) => new Announce(n)),
      which.map((n) => new Verify(n)),
      fc.tuple(which, fc.constantFrom(-10, 500, 3000, 20_000)).map(([n, ms]) => new Expect(n, ms)),
    ],
    { maxCommands: 60, size: 'max' },
  );
});

const behaviours = fc.array(behaviour, { maxLength: 30, size: 'max' });

/** Long enough for every retry, every configured idle time, and every slow end of a sandbox. */
const LONG_MS = 420_000;

test('under any sequence of events, the pool keeps its limits, its counts and the order of arrival, and leaves nothing behind', async () => {
  await fc.assert(
    fc.asyncProperty(happenings, behaviours, fc.constantFrom(0, 100, 60_000), async (commands, plans, graceMs) => {
      const world = new World(plans);
      await fc.asyncModelRun(() => ({ model: { deleted: new Set<string>() }, real: world }), commands);
      const closing = world.pool.close(graceMs);
      await world.clock.advance(graceMs);
      await closing;
      await settled();
      world.checkClosed();
    }),
    { numRuns: 400 },
  );
});

test('after the last failure all requests are served, provisioned sandboxes are warm, and no memory is lost', async () => {
  await fc.assert(
    fc.asyncProperty(happenings, behaviours, async (commands, plans) => {
      const world = new World(plans);
      await fc.asyncModelRun(() => ({ model: { deleted: new Set<string>() }, real: world }), commands);
      world.isCalm = true;
      await world.clock.advance(LONG_MS);
      world.check();
      world.checkKept();
      world.checkServed();
      for (const r of REVISIONS) world.drop(r.functionName, undefined);
      await world.clock.advance(LONG_MS);
      world.check();
      // Invocations that never end hold their memory forever; stems are evicted.
      const stuckMiB =
        world.driver.promisedMiB -
        [...world.driver.alive.values()].reduce(
          (sum, s) => sum + (s.boundTo === null ? s.spec.limits.memoryMiB : 0),
          0,
        );
      const whole = acquire(world.pool, revision('whole', 1, { memoryMiB: BUDGET_MIB - stuckMiB }));
      await world.clock.advance(1000);
      assert.equal(world.pool.counts(asFunctionName('whole')).busy, 1, `${BUDGET_MIB - stuckMiB} MiB can be had`);
      await whole;
      await world.pool.close(0);
      await settled();
      world.checkClosed();
    }),
    { numRuns: 80 },
  );
});

test('every request is answered and every idle sandbox expires', async () => {
  const steps = some.chain((numbers) =>
    fc.array(
      fc.record({
        which: fc.constantFrom(...numbers),
        ms: fc.integer({ min: 0, max: 140 }),
        passMs: fc.integer({ min: 0, max: 50 }),
      }),
      { maxLength: 60, size: 'max' },
    ),
  );
  await fc.assert(
    fc.asyncProperty(steps, async (calm) => {
      const world = new World([]);
      for (const { which: n, ms, passMs } of calm) {
        world.request(REVISIONS[n] as PoolRevision, ms, true);
        await world.pass(passMs);
        world.check();
      }
      await world.clock.advance(60_000);
      for (const r of world.requests)
        assert.ok(r.state === 'answered' || r.state === 'refused', `request ${r.number} has an end`);
      await world.clock.advance(3_600_000);
      for (const r of REVISIONS) {
        const kept = world.live.get(r.functionName) === r ? r.config.provisionedConcurrency : 0;
        assert.equal(world.pool.counts(r.functionName, r.version).idle, kept, `${r.functionName}@${r.version}`);
      }
      await world.pool.close(0);
      assert.equal(world.clock.pending, 0, 'no timer is left');
    }),
    { numRuns: 40 },
  );
});
