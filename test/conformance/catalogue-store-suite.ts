import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nextVersionNumber } from '../../src/contract/index.ts';
import { Catalogue } from '../../src/store/index.ts';
import type { CatalogueSnapshot, CatalogueStore } from '../../src/store/catalogue/catalogue-store.ts';
import { CatalogueDraft, type CatalogueState } from '../../src/store/catalogue/state.ts';
import { recordOf } from '../unit/store/support.ts';
import { asFunctionName } from '../support/ids.ts';

/** A catalogue store under test. */
export interface CatalogueRig extends AsyncDisposable {
  readonly store: CatalogueStore;
  /** The same catalogue, as seen by another node or the next process. */
  reopened(): Promise<CatalogueStore>;
}

/** Guarantees of every catalogue store. */
export function catalogueStoreSuite(title: string, makeRig: () => Promise<CatalogueRig>): void {
  describe(`catalogue store, ${title}`, () => {
    test('stores a change under a higher revision, and calls listeners before it resolves', async () => {
      await using rig = await makeRig();
      const { store } = rig;
      const before = store.current;
      const told: string[] = [];
      store.watch((after, from) => {
        told.push('told');
        assert.equal(after, store.current);
        assert.equal(from, before);
      });
      const next = withFunctions(before.state, 'f');
      const outcome = await store.change(before.revision, next).then((said) => (told.push('said'), said));
      assert.equal(outcome, 'stored');
      assert.deepEqual(told, ['told', 'said']);
      assert.ok(store.current.revision > before.revision);
      assert.equal(store.current.state, next);
      assert.deepEqual([...(await rig.reopened()).current.state.names()], ['f']);
    });

    test('refuses a change of a revision that is no longer the newest', async () => {
      await using rig = await makeRig();
      const { store } = rig;
      const stale = store.current;
      await store.change(stale.revision, withFunctions(stale.state, 'f'));
      const newest = store.current;
      assert.equal(await store.change(stale.revision, withFunctions(stale.state, 'g')), 'moved');
      assert.equal(store.current, newest);
      assert.deepEqual([...(await rig.reopened()).current.state.names()], ['f']);
    });

    test('stores exactly one of several changes of the same revision', async () => {
      await using rig = await makeRig();
      const { store } = rig;
      const { revision, state } = store.current;
      const names = ['a', 'b', 'c', 'd'];
      const outcomes = await Promise.all(names.map((name) => store.change(revision, withFunctions(state, name))));
      assert.equal(outcomes.filter((outcome) => outcome === 'stored').length, 1);
      assert.deepEqual([...store.current.state.names()], [names[outcomes.indexOf('stored')]]);
    });

    test('keeps its revision and calls no listener if the state is the same', async () => {
      await using rig = await makeRig();
      const { store } = rig;
      const before = store.current;
      store.watch(() => assert.fail('nothing changed'));
      assert.equal(await store.change(before.revision, before.state), 'stored');
      assert.equal(store.current, before);
    });

    test('passes states to listeners in order, each with the one before, until they unsubscribe', async () => {
      await using rig = await makeRig();
      const { store } = rig;
      const seen: CatalogueSnapshot[] = [store.current];
      const stop = store.watch((after, before) => {
        assert.equal(before, seen.at(-1));
        assert.ok(after.revision > before.revision);
        seen.push(after);
      });
      const catalogue = new Catalogue(store);
      for (const name of ['a', 'b', 'c']) await catalogue.change((draft) => draft.add(recordOf(name)));
      stop();
      await catalogue.change((draft) => draft.remove(asFunctionName('a')));
      assert.equal(seen.length, 4);
    });

    test('stores every change of several catalogues over it', async () => {
      await using rig = await makeRig();
      const { store } = rig;
      const catalogues = Array.from({ length: 4 }, () => new Catalogue(store));
      const changes = catalogues.flatMap((catalogue) =>
        Array.from({ length: 10 }, () =>
          catalogue.change((draft) => (draft.retired['n'] = nextVersionNumber(draft.retired['n']))),
        ),
      );
      const counts = await Promise.all(changes);
      assert.deepEqual(
        counts.toSorted((a, b) => a - b),
        Array.from({ length: 40 }, (_, i) => i + 1),
      );
      assert.equal((await rig.reopened()).current.state.retired['n'], 40);
    });
  });
}

/** `state` with these functions besides its own. */
export function withFunctions(state: CatalogueState, ...names: readonly string[]): CatalogueState {
  const draft = new CatalogueDraft(state);
  for (const name of names) draft.add(recordOf(name));
  return draft.finish();
}
