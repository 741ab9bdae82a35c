import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ConfigInput } from '../../../src/contract/index.ts';
import { LIVE_TRIGGERS, type Registry, type RegistryChange } from '../../../src/registry/index.ts';
import { Catalogue } from '../../../src/store/index.ts';
import { SharedCatalogue, type CatalogueNode } from '../../support/shared-catalogue.ts';
import { DeployedTriggers } from '../../../src/triggers/supervisor/index.ts';
import { lam } from '../store/support.ts';
import { makeRegistry, testRegistry, type TestRegistry } from './support.ts';
import { asFunctionName, asAlias, asQualifier, asVersion } from '../../support/ids.ts';

describe('a registry whose catalogue another node changes', () => {
  let t: TestRegistry;
  let node: CatalogueNode;
  let here: Registry;
  let there: Registry;
  let heard: RegistryChange[];
  beforeEach(async () => {
    t = await testRegistry();
    const shared = new SharedCatalogue([LIVE_TRIGGERS]);
    node = shared.node();
    const over = (store: CatalogueNode): Registry =>
      makeRegistry({ catalogue: new Catalogue(store), artifacts: t.store.artifacts }, t.clock);
    here = over(node);
    there = over(shared.node());
    heard = [];
    here.onChange((change) => heard.push(change));
  });
  afterEach(() => t.remove());

  const deploy = async (on: Registry, name: string, text: string, config: ConfigInput = {}): Promise<number> => {
    t.clock.time++;
    return (await on.publish(asFunctionName(name), { artifact: await t.artifact(text), config })).version;
  };

  test('serves remote changes and reports them like local ones', async () => {
    const deployed = new DeployedTriggers(here);
    await deploy(there, 'f', '1', { routes: ['GET /f'] });
    assert.equal(here.has(asFunctionName('f')), false);
    node.catchUp();
    assert.equal(here.resolve(asFunctionName('f')).version, 1);
    assert.deepEqual(deployed.of(asFunctionName('f')), [{ type: 'http', route: 'GET /f' }]);
    await deploy(there, 'f', '2');
    node.catchUp();
    await here.rollback(asFunctionName('f'), {});
    assert.deepEqual(
      heard.map(({ kind, from, to }) => [kind, from, to]),
      [
        ['live-moved', null, 1],
        ['live-moved', 1, 2],
        ['live-moved', 2, 1],
      ],
    );
    assert.deepEqual([deployed.revision, deployed.of(asFunctionName('f')).length], [3, 1]);
  });

  test('keeps known revisions as the same objects and resolves new ones immediately', async () => {
    await deploy(here, 'f', '1');
    await here.setAlias(asFunctionName('f'), asAlias('prod'), { version: asVersion(1) });
    const first = here.resolve(asFunctionName('f'));
    assert.equal(here.resolve(asFunctionName('f'), asQualifier('prod')), first);
    await assert.rejects(
      there.setAlias(asFunctionName('f'), asAlias('prod'), { version: asVersion(2) }),
      lam('LAM_REGISTRY_VERSION_NOT_FOUND'),
    );
    await deploy(there, 'f', '2');
    await there.setAlias(asFunctionName('f'), asAlias('prod'), { version: asVersion(2) });
    node.catchUp();
    assert.equal(here.resolve(asFunctionName('f'), asQualifier('1')), first);
    assert.equal(here.resolve(asFunctionName('f')).version, 2);
    assert.equal(here.resolve(asFunctionName('f'), asQualifier('prod')), here.resolve(asFunctionName('f')));
  });

  test('reports the result of several changes that arrive together', async () => {
    for (const text of ['1', '2', '3']) await deploy(here, 'f', text);
    await deploy(here, 'gone', '1');
    heard.length = 0;
    await deploy(there, 'f', '4');
    await there.deleteVersion(asFunctionName('f'), asVersion(3));
    await there.rollback(asFunctionName('f'), { to: asVersion(2) });
    await there.deleteVersion(asFunctionName('f'), asVersion(1));
    await deploy(there, 'passing', '1');
    await there.deleteFunction(asFunctionName('passing'));
    await there.deleteFunction(asFunctionName('gone'));
    await deploy(there, 'new', '1');
    await deploy(there, 'new', '2');
    node.catchUp();
    assert.deepEqual(heard, [
      { name: 'gone', kind: 'deleted', from: 1, to: null },
      { name: 'f', kind: 'live-moved', from: 3, to: 2 },
      { name: 'f', kind: 'version-deleted', from: 1, to: null },
      { name: 'f', kind: 'version-deleted', from: 3, to: null },
      { name: 'new', kind: 'live-moved', from: null, to: 2 },
    ]);
    assert.throws(() => here.resolve(asFunctionName('gone')), lam('LAM_REGISTRY_FUNCTION_NOT_FOUND'));
    assert.throws(() => here.resolve(asFunctionName('f'), asQualifier('1')), lam('LAM_REGISTRY_VERSION_NOT_FOUND'));
  });

  test('reports a function that was deleted and created again as both', async () => {
    await deploy(here, 'f', '1');
    heard.length = 0;
    await there.deleteFunction(asFunctionName('f'));
    await deploy(there, 'f', '1');
    node.catchUp();
    assert.deepEqual(heard, [
      { name: 'f', kind: 'deleted', from: 1, to: null },
      { name: 'f', kind: 'live-moved', from: null, to: 2 },
    ]);
  });

  test('validates against the newest state, even before it has arrived', async () => {
    await deploy(there, 'theirs', '1', { routes: ['GET /x'] });
    const artifact = await t.artifact('2');
    await assert.rejects(
      here.publish(asFunctionName('ours'), { artifact, config: { routes: ['GET /x'] } }),
      lam('LAM_REGISTRY_ROUTE_CONFLICT', 'theirs'),
    );
    assert.deepEqual(
      heard.map(({ name }) => name),
      ['theirs'],
    );
    await deploy(there, 'later', '1');
    await assert.rejects(here.rollback(asFunctionName('later'), {}), lam('LAM_REGISTRY_NO_PREVIOUS_VERSION'));
    assert.equal(await deploy(here, 'theirs', '2'), 2);
  });
});
