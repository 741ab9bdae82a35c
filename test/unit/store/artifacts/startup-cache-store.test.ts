import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '../../../../src/kit/clock.ts';
import { ArtifactStore, df } from '../../../../src/store/index.ts';
import { CatalogueState } from '../../../../src/store/catalogue/state.ts';
import { StartupCacheStore } from '../../../../src/store/artifacts/startup-cache-store.ts';
import { lam, manifestOf, testHome, uploadOf, type TestHome, usedOnly } from '../support.ts';
import type { Digest } from '../../../../src/contract/index.ts';
import { digestFor } from '../../../support/ids.ts';

const NODE = 'node 26.10.0';
const MIB = 1024 * 1024;

describe('start-up caches', () => {
  let home: TestHome;
  let digest: Digest;
  beforeEach(async () => {
    home = await testHome();
    const files = { 'index.js': 'code' };
    digest = (await home.artifacts.ingest(manifestOf(files), { bytes: uploadOf(files) })).artifact;
    home.artifacts.settle(digest);
  });
  afterEach(() => home.remove());

  /** A new store over the same folder, as after a restart. */
  const afresh = async (): Promise<StartupCacheStore> =>
    new StartupCacheStore(home.paths, await ArtifactStore.open(home.paths, { clock: systemClock }));
  const fileOf = async (): Promise<string> => {
    const folder = home.paths.artifact(digest);
    return join(folder, (await readdir(folder)).find((name) => name.startsWith('startup-')) ?? 'none');
  };

  test('are found by artifact and interpreter, also after a restart', async () => {
    const caches = await afresh();
    assert.equal(await caches.get(digest, NODE), undefined);
    const bytes = randomBytes(300_000);
    await caches.put(digest, NODE, bytes);
    for (const some of [caches, await afresh()]) {
      assert.deepEqual(Buffer.from((await some.get(digest, NODE)) ?? []), bytes);
      assert.equal(await some.get(digest, 'node 26.11.0'), undefined);
      assert.equal(await some.get(digestFor('0'.repeat(64)), NODE), undefined);
    }
    const newer = randomBytes(10);
    const lent = Buffer.from(newer);
    await caches.put(digest, NODE, lent);
    lent.fill(0);
    assert.deepEqual(Buffer.from((await caches.get(digest, NODE)) ?? []), newer);
    await caches.put(digest, 'python 3.11.2', bytes);
    const again = await afresh();
    assert.deepEqual(Buffer.from((await again.get(digest, NODE)) ?? []), newer);
    assert.deepEqual(Buffer.from((await again.get(digest, 'python 3.11.2')) ?? []), bytes);
    assert.deepEqual(await readdir(home.paths.staging), []);
  });

  test('are read once for concurrent callers', async () => {
    await (await afresh()).put(digest, NODE, randomBytes(1000));
    const caches = await afresh();
    const [first, ...more] = await Promise.all(Array.from({ length: 5 }, () => caches.get(digest, NODE)));
    assert.equal(first?.length, 1000);
    for (const one of more) assert.equal(one, first);
  });

  test('count as missing when truncated, changed or of another interpreter', async () => {
    const bytes = randomBytes(5000);
    await (await afresh()).put(digest, NODE, bytes);
    const file = await fileOf();
    const good = await readFile(file);
    const flipped = Buffer.from(good);
    flipped[2500] = (flipped[2500] ?? 0) ^ 1;
    const bad: readonly Buffer[] = [
      good.subarray(0, 3000),
      good.subarray(0, 5),
      Buffer.alloc(0),
      Buffer.alloc(good.length),
      flipped,
    ];
    for (const content of [...bad, Buffer.concat([good, Buffer.from('x')])]) {
      await writeFile(file, content);
      assert.equal(await (await afresh()).get(digest, NODE), undefined);
    }
    await (await afresh()).put(digest, NODE, bytes);
    assert.deepEqual(Buffer.from((await (await afresh()).get(digest, NODE)) ?? []), bytes);
    // The checksum covers the interpreter, so its file is invalid for another one.
    const caches = await afresh();
    await caches.put(digest, 'python 3.11.2', randomBytes(8));
    const names = (await readdir(home.paths.artifact(digest))).filter((name) => name.startsWith('startup-'));
    for (const name of names) await writeFile(join(home.paths.artifact(digest), name), good);
    assert.equal(await (await afresh()).get(digest, 'python 3.11.2'), undefined);
  });

  test('are not kept when empty, too large or of an unknown artifact', async () => {
    const caches = await afresh();
    await caches.put(digest, NODE, new Uint8Array());
    await caches.put(digest, NODE, new Uint8Array(16 * MIB + 1));
    await caches.put(digestFor('0'.repeat(64)), NODE, new Uint8Array(10));
    assert.equal(await caches.get(digest, NODE), undefined);
    assert.equal(await fileOf(), join(home.paths.artifact(digest), 'none'));
    await caches.put(digest, NODE, new Uint8Array(16 * MIB));
    assert.equal((await stat(await fileOf())).size, 16 * MIB + 12);
    assert.equal((await caches.get(digest, NODE))?.length, 16 * MIB);
  });

  test('are removed and counted with their artifact', async () => {
    const totals = async (): Promise<number> => {
      const around = { logsOf: () => 0, logs: 0, reclaimable: 0 };
      return (await df(home.paths, CatalogueState.of([]), home.artifacts, around)).artifacts;
    };
    const before = await totals();
    const caches = new StartupCacheStore(home.paths, home.artifacts);
    await caches.put(digest, NODE, randomBytes(100_000));
    assert.ok((await totals()) >= before + 100_000);
    const { artifacts, bytes } = await home.artifacts.collect(usedOnly(), false);
    assert.deepEqual([artifacts, bytes >= 100_000], [[digest], true]);
    await caches.put(digest, NODE, randomBytes(10));
    assert.equal(await (await afresh()).get(digest, NODE), undefined);
    assert.deepEqual([await readdir(home.paths.artifacts), await readdir(home.paths.staging)], [[], []]);
  });

  test('are served from memory when they cannot be written, and leave no file', async () => {
    const caches = await afresh();
    await rm(home.paths.staging, { recursive: true });
    const bytes = randomBytes(100);
    await caches.put(digest, NODE, bytes);
    assert.deepEqual(Buffer.from((await caches.get(digest, NODE)) ?? []), bytes);
    assert.equal(await (await afresh()).get(digest, NODE), undefined);
  });
});

describe('the facts of an artifact', () => {
  test('are its size and its bytes of code, from the manifest or from memory', async () => {
    const home = await testHome();
    const files = {
      'a.js': '1',
      'b.mjs': '22',
      'lib/c.cjs': '333',
      'd.ts': '4444',
      'e.py': '55555',
      'f.json': '666666',
      'g.jsx': '7',
      js: '8',
    };
    const { artifact } = await home.artifacts.ingest(manifestOf({ ...files, link: '->a.js' }), {
      bytes: uploadOf(files),
    });
    const reopened = await ArtifactStore.open(home.paths, { clock: systemClock });
    for (const artifacts of [home.artifacts, reopened, reopened])
      assert.deepEqual(await artifacts.facts(artifact), { size: 23, codeBytes: 15 });
    await home.artifacts.remove(artifact);
    await assert.rejects(home.artifacts.facts(artifact), lam('LAM_STORE_ARTIFACT_NOT_FOUND'));
    await home.remove();
  });
});
