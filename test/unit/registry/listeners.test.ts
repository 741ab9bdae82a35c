import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RegistryChange } from '../../../src/registry/index.ts';
import { asFunctionName } from '../../support/ids.ts';
import { makeRegistry, testRegistry } from './support.ts';

describe('a change of the registry', () => {
  test('reaches every listener, also when one of them throws, which is reported', async (t) => {
    const house = await testRegistry();
    t.after(() => house.remove());
    const troubles: string[] = [];
    const registry = makeRegistry(house.store, house.clock, { onTrouble: (what) => troubles.push(what) });
    const heard: RegistryChange[] = [];
    registry.onChange(() => {
      throw new Error('the first one broke');
    });
    registry.onChange((change) => heard.push(change));
    const artifact = await house.artifact('1');
    const { version } = await registry.publish(asFunctionName('hello'), { artifact, config: {} });
    assert.equal(version, 1);
    assert.deepEqual(
      heard.map(({ kind, to }) => [kind, to]),
      [['live-moved', 1]],
    );
    assert.deepEqual(troubles, ['a change was not followed everywhere: the first one broke']);
  });
});
