import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LIVE_TRIGGERS, type Registry, type RegistryChange } from '../../src/registry/index.ts';
import { isLamError } from '../../src/errors/index.ts';
import { Catalogue } from '../../src/store/index.ts';
import { SharedCatalogue, type CatalogueNode } from '../support/shared-catalogue.ts';
import { makeRegistry, testRegistry, type TestRegistry } from '../unit/registry/support.ts';
import { asFunctionName, asQualifier } from '../support/ids.ts';

/** One node: its registry, and the state that a listener derives from its events alone. */
interface Node {
  readonly store: CatalogueNode;
  readonly registry: Registry;
  readonly live: Map<string, number>;
}

type Step =
  | { readonly kind: 'catch-up'; readonly node: number }
  | { readonly kind: 'publish'; readonly node: number; readonly name: string; readonly memoryMiB: number }
  | { readonly kind: 'rollback' | 'delete' | 'gc'; readonly node: number; readonly name: string };

const node = fc.nat(1);
const name = fc.constantFrom('f', 'g', 'h');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('publish'), node, name, memoryMiB: fc.integer({ min: 128, max: 140 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('rollback', 'delete', 'gc'), node, name }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('catch-up'), node }) },
) as fc.Arbitrary<Step>;

function nodeOf(t: TestRegistry, shared: SharedCatalogue): Node {
  const store = shared.node();
  const registry = makeRegistry({ catalogue: new Catalogue(store), artifacts: t.store.artifacts }, t.clock);
  const live = new Map<string, number>();
  registry.onChange((change) => follow(live, change, registry));
  return { store, registry, live };
}

/** Each event continues the previous one of its function, and readers see its change already. */
function follow(live: Map<string, number>, change: RegistryChange, registry: Registry): void {
  const { name: of, kind, from, to } = change;
  if (kind === 'version-deleted') {
    assert.notEqual(live.get(of), from);
    assert.throws(() => registry.resolve(of, asQualifier(String(from))));
    return;
  }
  assert.equal(live.get(of) ?? null, from);
  if (to === null) live.delete(of);
  else {
    live.set(of, to);
    assert.equal(registry.resolve(of).version, to);
  }
}

async function run(t: TestRegistry, nodes: readonly Node[], done: Step): Promise<void> {
  const at = nodes[done.node];
  if (at === undefined) return;
  const { registry, store } = at;
  t.clock.time++;
  try {
    if (done.kind === 'catch-up') store.catchUp();
    else if (done.kind === 'publish')
      await registry.publish(asFunctionName(done.name), {
        artifact: await t.artifact('code'),
        config: { memoryMiB: done.memoryMiB },
      });
    else if (done.kind === 'rollback') await registry.rollback(asFunctionName(done.name), {});
    else if (done.kind === 'delete') await registry.deleteFunction(asFunctionName(done.name));
    else await registry.gc({ keep: 1 });
  } catch (error) {
    assert.ok(isLamError(error) && error.code.startsWith('LAM_REGISTRY_'), String(error));
  }
}

describe('two nodes that change one catalogue', () => {
  test('converge, by the versions they serve and the events they emit, whichever states were skipped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const t = await testRegistry();
        try {
          const shared = new SharedCatalogue([LIVE_TRIGGERS]);
          const nodes = [nodeOf(t, shared), nodeOf(t, shared)];
          for (const done of steps) await run(t, nodes, done);
          const truth = shared.node().current.state;
          for (const { store, registry, live } of nodes) {
            store.catchUp();
            assert.deepEqual(live, new Map([...truth.names()].map((of) => [of, truth.outline(of)?.live])));
            for (const of of truth.names()) {
              assert.equal(registry.resolve(of).version, truth.outline(of)?.live);
              for (const version of Object.keys(truth.record(of)?.versions ?? {}))
                assert.equal(registry.resolve(of, asQualifier(version)).version, Number(version));
            }
          }
        } finally {
          await t.remove();
        }
      }),
      { numRuns: 60 },
    );
  });
});
