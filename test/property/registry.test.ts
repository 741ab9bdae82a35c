import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isLamError, type ErrorCode } from '../../src/errors/index.ts';
import { testRegistry, type TestRegistry } from '../unit/registry/support.ts';
import { asFunctionName, asAlias, asQualifier, asVersion } from '../support/ids.ts';

/** A simple model of a registry: versions and pointers. */
interface Model {
  readonly functions: Map<string, ModelFunction>;
  /** Highest number ever seen, of deleted functions too. */
  readonly highest: Map<string, number>;
}

/** Content of a version: its text, and its memory by layer. */
interface ModelVersion {
  readonly text: string;
  readonly input: number;
  readonly override: number | undefined;
  readonly flag: number | undefined;
}

function memoryOf({ flag, override, input }: ModelVersion): number {
  return flag ?? override ?? input;
}

interface ModelFunction {
  readonly versions: Map<number, ModelVersion>;
  live: number;
  /** Versions live before, not rolled back from; the live one last. */
  stack: number[];
  readonly aliases: Map<string, number>;
  override: number | undefined;
}

/** Held in an object because reloading replaces it. */
interface Real {
  t: TestRegistry;
}

type Command = fc.AsyncCommand<Model, Real>;

const NAMES = ['f', 'g'] as const;
const name = fc.constantFrom(...NAMES);
const anyVersion = fc.integer({ min: 1, max: 12 });

function command(text: string, run: (model: Model, real: Real) => Promise<void>): Command {
  return { check: () => true, run: async (model, real) => check(model, real, run), toString: () => text };
}

async function check(model: Model, real: Real, run: (model: Model, real: Real) => Promise<void>): Promise<void> {
  await run(model, real);
  agree(model, real);
}

/** Both apply the operation, or the real one refuses with one of `codes` and the model stays unchanged. */
async function either(possible: boolean, work: Promise<unknown>, codes: readonly ErrorCode[]): Promise<boolean> {
  const outcome = await work.then(
    () => 'done',
    (error: unknown) => (isLamError(error) ? error.code : String(error)),
  );
  if (possible) assert.equal(outcome, 'done');
  else assert.ok((codes as readonly string[]).includes(outcome), outcome);
  return possible;
}

function add(model: Model, fn: ModelFunction, of: string, version: ModelVersion): void {
  const number = (model.highest.get(of) ?? 0) + 1;
  model.highest.set(of, number);
  fn.versions.set(number, version);
  fn.live = number;
  fn.stack.push(number);
}

const publishing = fc.tuple(
  name,
  fc.constantFrom('x', 'y', 'z'),
  fc.constantFrom(128, 256),
  fc.constantFrom(512, 256, undefined),
);

const publish = publishing.map(([of, text, input, flag]) =>
  command(`publish(${of}, ${text}, ${input}, ${flag})`, async (model, real) => {
    const known = model.functions.get(of);
    const fn: ModelFunction = known ?? {
      versions: new Map(),
      live: 0,
      stack: [],
      aliases: new Map(),
      override: undefined,
    };
    if (flag !== undefined) fn.override = undefined;
    const next = { text, input, override: fn.override, flag };
    const live = fn.versions.get(fn.live);
    const same = live !== undefined && live.text === text && memoryOf(live) === memoryOf(next);
    const artifact = await real.t.artifact(text);
    const flags = flag === undefined ? {} : { memoryMiB: flag };
    const answer = await real.t.registry.publish(asFunctionName(of), { artifact, config: { memoryMiB: input }, flags });
    assert.equal(answer.unchanged, same);
    if (same) fn.versions.set(fn.live, next);
    else add(model, fn, of, next);
    model.functions.set(of, fn);
    assert.equal(answer.version, fn.live);
  }),
);

const rollback = fc.tuple(name, fc.option(anyVersion, { nil: undefined })).map(([of, to]) =>
  command(`rollback(${of}, ${to})`, async (model, real) => {
    const fn = model.functions.get(of);
    const target = to ?? fn?.stack.slice(0, -1).findLast((v) => fn.versions.has(v));
    const possible = fn !== undefined && target !== undefined && fn.versions.has(target);
    const codes = [
      'LAM_REGISTRY_FUNCTION_NOT_FOUND',
      'LAM_REGISTRY_VERSION_NOT_FOUND',
      'LAM_REGISTRY_NO_PREVIOUS_VERSION',
    ] as const;
    if (
      !(await either(
        possible,
        real.t.registry.rollback(asFunctionName(of), to === undefined ? {} : { to: asVersion(to) }),
        codes,
      )) ||
      fn === undefined ||
      target === undefined ||
      target === fn.live
    )
      return;
    fn.live = target;
    const at = fn.stack.lastIndexOf(target);
    fn.stack = at === -1 ? [...fn.stack, target] : fn.stack.slice(0, at + 1);
  }),
);

const patch = fc.tuple(name, fc.constantFrom(128, 512, undefined)).map(([of, memory]) =>
  command(`patch(${of}, ${memory})`, async (model, real) => {
    const fn = model.functions.get(of);
    const work = real.t.registry.patchConfig(
      asFunctionName(of),
      memory === undefined ? { unset: ['memoryMiB'] } : { set: { memoryMiB: memory } },
    );
    if (!(await either(fn !== undefined, work, ['LAM_REGISTRY_FUNCTION_NOT_FOUND'])) || fn === undefined) return;
    fn.override = memory;
    const live = fn.versions.get(fn.live);
    assert.ok(live);
    const next = { ...live, override: memory, flag: undefined };
    if (memoryOf(next) === memoryOf(live)) fn.versions.set(fn.live, next);
    else add(model, fn, of, next);
  }),
);

const setAlias = fc.tuple(name, fc.constantFrom('prod', 'test'), anyVersion).map(([of, alias, version]) =>
  command(`alias(${of}, ${alias}, ${version})`, async (model, real) => {
    const fn = model.functions.get(of);
    const work = real.t.registry.setAlias(asFunctionName(of), asAlias(alias), { version: asVersion(version) });
    if (
      await either(fn?.versions.has(version) === true, work, [
        'LAM_REGISTRY_FUNCTION_NOT_FOUND',
        'LAM_REGISTRY_VERSION_NOT_FOUND',
      ])
    )
      fn?.aliases.set(alias, version);
  }),
);

const deleteAlias = fc.tuple(name, fc.constantFrom('prod', 'test')).map(([of, alias]) =>
  command(`deleteAlias(${of}, ${alias})`, async (model, real) => {
    const fn = model.functions.get(of);
    const work = real.t.registry.deleteAlias(asFunctionName(of), asAlias(alias));
    if (
      await either(fn?.aliases.has(alias) === true, work, [
        'LAM_REGISTRY_FUNCTION_NOT_FOUND',
        'LAM_REGISTRY_ALIAS_NOT_FOUND',
      ])
    )
      fn?.aliases.delete(alias);
  }),
);

const deleteVersion = fc.tuple(name, anyVersion).map(([of, version]) =>
  command(`deleteVersion(${of}, ${version})`, async (model, real) => {
    const fn = model.functions.get(of);
    const possible =
      fn !== undefined &&
      fn.versions.has(version) &&
      fn.live !== version &&
      ![...fn.aliases.values()].includes(version);
    const codes = [
      'LAM_REGISTRY_FUNCTION_NOT_FOUND',
      'LAM_REGISTRY_VERSION_NOT_FOUND',
      'LAM_REGISTRY_VERSION_IN_USE',
    ] as const;
    if (await either(possible, real.t.registry.deleteVersion(asFunctionName(of), asVersion(version)), codes))
      fn?.versions.delete(version);
  }),
);

const deleteFunction = name.map((of) =>
  command(`delete(${of})`, async (model, real) => {
    await either(model.functions.has(of), real.t.registry.deleteFunction(asFunctionName(of)), [
      'LAM_REGISTRY_FUNCTION_NOT_FOUND',
    ]);
    model.functions.delete(of);
  }),
);

const gc = fc.integer({ min: 0, max: 3 }).map((keep) =>
  command(`gc(${keep})`, async (model, real) => {
    const planned = await real.t.registry.gc({ keep, dryRun: true });
    assert.deepEqual(await real.t.registry.gc({ keep }), planned);
    for (const fn of model.functions.values()) {
      const numbers = [...fn.versions.keys()].toSorted((a, b) => b - a);
      for (const version of numbers.slice(keep)) {
        if (version !== fn.live && ![...fn.aliases.values()].includes(version)) fn.versions.delete(version);
      }
    }
  }),
);

const reload = fc.constant(
  command('reload', async (_, real) => {
    real.t = await real.t.reload();
  }),
);

function agree(model: Model, { t }: Real): void {
  assert.deepEqual(
    t.registry.list().map((f) => f.name),
    [...model.functions.keys()].toSorted(),
  );
  for (const [of, fn] of model.functions) {
    const detail = t.registry.detail(asFunctionName(of));
    assert.equal(detail.live, fn.live);
    assert.equal(t.registry.resolve(asFunctionName(of)).version, fn.live);
    assert.ok(fn.versions.has(fn.live));
    assert.deepEqual(detail.aliases, Object.fromEntries(fn.aliases));
    assert.deepEqual(
      detail.allVersions.map((v) => v.version),
      [...fn.versions.keys()].toSorted((a, b) => b - a),
    );
    for (const { version, layers } of detail.allVersions) {
      const revision = t.registry.resolve(asFunctionName(of), asQualifier(String(version)));
      const modelled = fn.versions.get(version);
      assert.ok(modelled);
      assert.equal(revision.config.memoryMiB, memoryOf(modelled));
      const { flag, override } = modelled;
      const layer = flag === undefined ? (override === undefined ? 'lam.yaml' : 'config set') : 'flag';
      assert.equal(layers.settings.memoryMiB, layer);
      assert.ok(t.store.artifacts.has(revision.artifact));
    }
    replay(detail.history.toReversed(), fn);
  }
}

/** Every movement continues the previous one, and the last ones lead to the current pointers. */
function replay(history: ReturnType<TestRegistry['registry']['detail']>['history'], fn: ModelFunction): void {
  let live: number | null = null;
  let highest = 0;
  const aliases = new Map<string, number | null>();
  for (const movement of history) {
    if (movement.alias !== undefined) {
      assert.equal(movement.from, aliases.get(movement.alias) ?? null);
      aliases.set(movement.alias, movement.to);
      continue;
    }
    assert.equal(movement.from, live);
    if (movement.action !== 'rollback') {
      assert.ok((movement.to ?? 0) > highest);
      highest = movement.to ?? 0;
    }
    live = movement.to;
  }
  assert.equal(live, fn.live);
  assert.deepEqual(new Map([...aliases].filter(([, to]) => to !== null)), fn.aliases);
}

describe('the registry, for random sequences of operations', () => {
  test('agrees with a simple model, in memory and after reloading', async () => {
    const commands = [
      publish,
      publish,
      publish,
      rollback,
      rollback,
      patch,
      setAlias,
      deleteAlias,
      deleteVersion,
      deleteFunction,
      gc,
      reload,
    ];
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 25, size: 'max' }), async (sequence) => {
        const real: Real = { t: await testRegistry() };
        try {
          await fc.asyncModelRun(() => ({ model: { functions: new Map(), highest: new Map() }, real }), sequence);
        } finally {
          await real.t.remove();
        }
      }),
      { numRuns: 60 },
    );
  });
});
