import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepLogsInStep } from '../../../src/daemon/logs-in-step.ts';
import { LIVE_TRIGGERS } from '../../../src/registry/index.ts';
import { Catalogue } from '../../../src/store/index.ts';
import { logHouse, recordsOf } from '../../support/log-house.ts';
import { SharedCatalogue } from '../../support/shared-catalogue.ts';
import { makeRegistry, testRegistry } from '../registry/support.ts';
import { asSandboxId, asFunctionName, asVersion } from '../../support/ids.ts';

test('the logs of a function deleted by another node are removed before a new function of its name prints', async (t) => {
  const home = await testRegistry();
  t.after(() => home.remove());
  await using house = await logHouse();
  const shared = new SharedCatalogue([LIVE_TRIGGERS]);
  const [here, there] = [shared.node(), shared.node()];
  const over = (store: typeof here): typeof home.registry =>
    makeRegistry({ catalogue: new Catalogue(store), artifacts: home.store.artifacts }, home.clock);
  const [ours, theirs] = [over(here), over(there)];
  keepLogsInStep(ours, house.logs, (what) => assert.fail(what));
  const publish = async (registry: typeof ours, name: string): Promise<void> => {
    home.clock.time++;
    await registry.publish(asFunctionName(name), { artifact: await home.artifact('code'), config: {} });
  };
  for (const name of ['f', 'g']) await publish(ours, name);
  const print = (name: string, text: string): void =>
    house.logs.append(
      asFunctionName(name),
      { version: asVersion(1), sandbox: asSandboxId('s') },
      'stdout',
      text,
      '',
      1,
    );
  for (const name of ['f', 'g']) print(name, 'old');
  await theirs.deleteFunction(asFunctionName('f'));
  await publish(theirs, 'f');
  here.catchUp();
  print('f', 'new');
  const texts = async (name: string): Promise<string[]> => (await recordsOf(house.logs, name)).map((r) => r.text);
  assert.deepEqual([await texts('f'), await texts('g')], [['new'], ['old']]);
});
