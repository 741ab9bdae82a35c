import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { nextVersionNumber } from '../../src/contract/index.ts';
import { LowdbCatalogueStore } from '../../src/store/catalogue/lowdb-store.ts';
import { Catalogue } from '../../src/store/index.ts';
import { SharedCatalogue } from '../support/shared-catalogue.ts';
import { lam, recordOf } from '../unit/store/support.ts';
import { catalogueStoreSuite, withFunctions } from './catalogue-store-suite.ts';
import { asFunctionName, asVersion } from '../support/ids.ts';

catalogueStoreSuite('in a file with lowdb', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lam-catalogue-'));
  const reopened = (): Promise<LowdbCatalogueStore> => LowdbCatalogueStore.open(join(folder, 'catalogue.json'));
  return {
    store: await reopened(),
    reopened,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
});

catalogueStoreSuite('shared by two nodes', () => {
  const shared = new SharedCatalogue();
  return Promise.resolve({
    store: shared.node(),
    reopened: () => Promise.resolve(shared.node()),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});

describe('a catalogue shared by two nodes', () => {
  test('repeats a change on the newer state when the other node was first', async () => {
    const shared = new SharedCatalogue();
    const [here, there] = [shared.node(), shared.node()];
    await there.change(there.current.revision, withFunctions(there.current.state, 'theirs'));
    const seen: string[][] = [];
    await new Catalogue(here).change((draft) => {
      seen.push([...draft.names()]);
      draft.add(recordOf('ours'));
    });
    assert.deepEqual(seen, [[], ['theirs']]);
    there.catchUp();
    assert.deepEqual([...there.current.state.names()], ['theirs', 'ours']);
  });

  test('stores every change of two nodes that write concurrently', async () => {
    const shared = new SharedCatalogue();
    const nodes = [shared.node(), shared.node()].map((node) => new Catalogue(node));
    await Promise.all(
      nodes.flatMap((catalogue) =>
        Array.from({ length: 20 }, () =>
          catalogue.change((draft) => (draft.retired['n'] = nextVersionNumber(draft.retired['n']))),
        ),
      ),
    );
    assert.equal(shared.node().current.state.retired['n'], 40);
  });

  test('rejects a change when the other node is first at every attempt', async () => {
    const shared = new SharedCatalogue();
    const [here, there] = [shared.node(), shared.node()];
    here.beforeChange = () => {
      there.catchUp();
      return there.change(there.current.revision, withFunctions(there.current.state, `f${there.current.revision}`));
    };
    let runs = 0;
    const change = new Catalogue(here).change((draft) => {
      runs++;
      draft.add(recordOf('ours'));
    });
    await assert.rejects(change, lam('LAM_STORE_CONTENDED', '32 attempts'));
    assert.equal(runs, 32);
    assert.equal(shared.node().current.state.has(asFunctionName('ours')), false);
  });

  test('names only the functions that differ, after one change and after several that arrive together', async () => {
    const shared = new SharedCatalogue();
    const [here, there] = [shared.node(), shared.node()];
    const [ours, theirs] = [new Catalogue(here), new Catalogue(there)];
    const heard: (readonly string[])[] = [];
    ours.watch(({ names }) => heard.push(names));
    await theirs.change((draft) => {
      for (const name of ['a', 'b', 'c']) draft.add(recordOf(name));
    });
    here.catchUp();
    await theirs.change((draft) => draft.remove(asFunctionName('b')));
    await theirs.change((draft) => draft.add(recordOf('d')));
    await theirs.change((draft) => (draft.retired['z'] = asVersion(1)));
    here.catchUp();
    await ours.change((draft) => draft.add(recordOf('a', 2)));
    await theirs.change((draft) => (draft.retired['z'] = asVersion(2)));
    here.catchUp();
    assert.deepEqual(heard, [['a', 'b', 'c'], ['b', 'd'], ['a']]);
  });
});
