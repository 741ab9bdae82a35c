import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATALOGUE_FACTS } from '../../src/daemon/catalogue-facts.ts';
import { Catalogue } from '../../src/store/index.ts';
import { edgeHouse } from '../support/edge-house.ts';
import { recordsOf } from '../support/log-house.ts';
import { SharedCatalogue } from '../support/shared-catalogue.ts';
import { asFunctionName, asQualifier, asVersion } from '../support/ids.ts';

test('a daemon follows changes of another node in what it serves, its routes, sandboxes and logs', async () => {
  const shared = new SharedCatalogue(CATALOGUE_FACTS);
  const [ours, theirs] = [shared.node(), shared.node()];
  await using here = await edgeHouse({}, { catalogue: new Catalogue(ours) });
  await using there = await edgeHouse({}, { catalogue: new Catalogue(theirs) });
  const status = async (path: string): Promise<number> => (await here.ask(path, { method: 'POST' })).status;

  await there.publish('f', { routes: ['POST /orders'] });
  assert.deepEqual([await status('/f'), await status('/orders')], [404, 404]);
  ours.catchUp();
  assert.deepEqual([await status('/f'), await status('/orders')], [200, 200]);
  assert.equal(here.pool.counts(asFunctionName('f'), asVersion(1)).idle, 1);

  // Two changes that arrive as one: the route moves to another function, and the first one is deleted.
  await there.operations.functions.remove(asFunctionName('f'));
  await there.publish('g', { routes: ['POST /orders'] });
  ours.catchUp();
  assert.deepEqual([await status('/f'), await status('/orders'), await status('/g')], [404, 200, 200]);
  assert.deepEqual(here.pool.counts(asFunctionName('f')), { starting: 0, idle: 0, busy: 0 });
  assert.deepEqual(await recordsOf(here.logs, 'f'), []);
  assert.ok((await recordsOf(here.logs, 'g')).length > 0);

  // A local change is applied to a state that the node has not received yet.
  await there.publish('g', { memoryMiB: 256 });
  assert.equal(await here.publish('g', { memoryMiB: 512 }), 3);
  theirs.catchUp();
  assert.equal(there.registry.resolve(asFunctionName('g')).version, 3);
  assert.equal(there.registry.resolve(asFunctionName('g'), asQualifier('2')).config.memoryMiB, 256);
});
