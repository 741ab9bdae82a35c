import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { diskUse, manifestOf, testHome, uploadOf, usedOnly, type Files, type TestHome } from '../support.ts';
import type { Digest } from '../../../../src/contract/index.ts';
import { digestFor } from '../../../support/ids.ts';

describe('collecting artifacts', () => {
  let home: TestHome;
  const digests: Digest[] = [];
  before(async () => {
    home = await testHome();
    for (const files of [
      { shared: 's'.repeat(9000), a: 'a'.repeat(9000) },
      { shared: 's'.repeat(9000), b: 'b'.repeat(9000) },
    ]) {
      const { artifact } = await home.artifacts.ingest(manifestOf(files), { bytes: uploadOf(files) });
      digests.push(artifact);
    }
  });
  after(() => home.remove());

  test('keeps what the plan of an upload named', async () => {
    assert.deepEqual(await home.artifacts.collect(usedOnly(), false), { artifacts: [], objects: [], bytes: 0 });
    for (const digest of digests) home.artifacts.settle(digest);
  });

  test('keeps a pinned artifact until it is released', async () => {
    const release = home.artifacts.pin(digests[1] ?? digestFor(''));
    const garbage = await home.artifacts.collect(usedOnly(digests[0] ?? digestFor('')), true);
    assert.deepEqual(garbage.artifacts, []);
    release();
    release();
  });

  test('keeps artifacts used elsewhere, and all of them when that is unknown', async () => {
    const named = (): Set<Digest> => new Set([digests[0] ?? digestFor('')]);
    const elsewhere = (): Promise<Set<Digest>> => Promise.resolve(new Set([digests[1] ?? digestFor('')]));
    const empty = { artifacts: [], objects: [], bytes: 0 };
    assert.deepEqual(await home.artifacts.collect({ named, elsewhere }, false), empty);
    const unknown = (): Promise<Set<Digest>> => Promise.reject(new RangeError('a node does not answer'));
    await assert.rejects(home.artifacts.collect({ named, elsewhere: unknown }, false), RangeError);
    assert.deepEqual(
      digests.map((digest) => home.artifacts.has(digest)),
      [true, true],
    );
  });

  test('frees exactly what the dry run announced', async () => {
    const used = usedOnly(digests[0] ?? digestFor(''));
    const planned = await home.artifacts.collect(used, true);
    assert.deepEqual(planned.artifacts, [digests[1]]);
    assert.equal(planned.objects.length, 1);
    assert.equal(home.artifacts.has(digests[1] ?? digestFor('')), true);
    const before = await diskUse(home.paths.home);
    assert.deepEqual(await home.artifacts.collect(used, false), planned);
    const freed = before - (await diskUse(home.paths.home));
    // The answer includes folders; diskUse counts files only.
    assert.ok(freed >= 12_288 && freed <= planned.bytes, `${freed} of ${planned.bytes}`);
    assert.equal(home.artifacts.has(digests[1] ?? digestFor('')), false);
    assert.deepEqual(await readdir(home.paths.artifacts), [digests[0]]);
    assert.deepEqual(await readdir(home.paths.staging), []);
    assert.deepEqual(await home.artifacts.collect(used, false), { artifacts: [], objects: [], bytes: 0 });
  });

  test('may run during uploads and removes nothing that they need', async () => {
    const uploads = Array.from({ length: 12 }, async (_, n) => {
      const files: Files = { shared: 's'.repeat(9000), own: `upload ${n}` };
      const manifest = manifestOf(files);
      const { missing } = await home.artifacts.plan(manifest);
      return home.artifacts.ingest(manifest, { bytes: uploadOf(files, missing) });
    });
    const collections = Array.from({ length: 5 }, () => home.artifacts.collect(usedOnly(), false));
    const [answers] = await Promise.all([Promise.all(uploads), Promise.all(collections)]);
    for (const { artifact } of answers) assert.equal(home.artifacts.has(artifact), true);
  });
});
