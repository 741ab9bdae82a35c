import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { parseLayerReference, type LayerReference } from '../../../../src/contract/index.ts';
import { isLamError } from '../../../../src/errors/index.ts';
import { LayerCatalogue, type NewLayerVersion } from '../../../../src/store/layers/layer-catalogue.ts';
import { digestFor } from '../../../support/ids.ts';

function reference(text: string): LayerReference {
  const parsed = parseLayerReference(text);
  assert.ok(parsed !== undefined);
  return parsed;
}

const { name } = reference('tools:1');
const version = (of: string): NewLayerVersion => ({
  ...{ name, artifact: digestFor(of), size: 1, files: 1, createdAt: 5, by: 'a@b', description: of },
});

describe('the published layers', () => {
  let folder = '';
  let path = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lam-layers-'));
    path = join(folder, 'layers.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('are there after a restart, with numbers that are not used again', async () => {
    const layers = await LayerCatalogue.open(path);
    assert.deepEqual([layers.names(), layers.versions(name)], [[], []]);
    assert.equal((await layers.publish(version('a'))).version, 1);
    assert.equal((await layers.publish(version('a'))).version, 1);
    assert.equal((await layers.publish(version('b'))).version, 2);
    assert.equal(await layers.remove(reference('tools:2')), true);
    assert.equal(await layers.remove(reference('tools:2')), false);
    assert.equal(await layers.remove(reference('other:1')), false);

    const again = await LayerCatalogue.open(path);
    assert.deepEqual(again.versions(name), [{ ...version('a'), version: 1 }]);
    assert.deepEqual(again.artifacts(), [digestFor('a')]);
    assert.equal((await again.publish(version('c'))).version, 3);
    await again.remove(reference('tools:1'));
    await again.remove(reference('tools:3'));
    assert.deepEqual([again.names(), again.version(reference('tools:3'))], [[], undefined]);
    assert.equal((await (await LayerCatalogue.open(path)).publish(version('d'))).version, 4);
  });

  test('change one after the other', async () => {
    const layers = await LayerCatalogue.open(path);
    const made = await Promise.all(['a', 'b', 'c'].map((of) => layers.publish(version(of))));
    assert.deepEqual(
      made.map((each) => each.version),
      [1, 2, 3],
    );
  });

  test('that cannot be written are not published', async () => {
    const layers = await LayerCatalogue.open(path);
    await layers.publish(version('a'));
    rmSync(folder, { recursive: true });
    await assert.rejects(layers.publish(version('b')));
    mkdirSync(folder);
    assert.deepEqual(
      layers.versions(name).map((each) => each.version),
      [1],
    );
  });

  const sound = { ...version('a'), version: 1 };
  for (const [what, content, code] of [
    ['is no JSON', '{', 'LAM_STORE_CORRUPT'],
    ['has no schema', '{}', 'LAM_STORE_CORRUPT'],
    ['is of a later lam', '{"schema":99,"layers":{}}', 'LAM_STORE_NEWER'],
    ['has no layers', '{"schema":1}', 'LAM_STORE_CORRUPT'],
    ['has a name that is a path', layerText('../x', sound), 'LAM_STORE_CORRUPT'],
    ['has a digest that is a path', layerText(name, { ...sound, artifact: '../x' }), 'LAM_STORE_CORRUPT'],
    ['has a number after the last', layerText(name, { ...sound, version: 2 }), 'LAM_STORE_CORRUPT'],
  ] as const)
    test(`are refused from a file that ${what}, of which a copy is kept`, async () => {
      writeFileSync(path, content);
      await assert.rejects(LayerCatalogue.open(path), (error) => isLamError(error) && error.code === code);
      assert.equal(readdirSync(folder).length, code === 'LAM_STORE_CORRUPT' ? 2 : 1);
    });
});

function layerText(layer: string, one: object): string {
  return JSON.stringify({ schema: 1, layers: { [layer]: { lastVersion: 1, versions: [one] } } });
}
