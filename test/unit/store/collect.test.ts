import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { df, planGc, type CatalogueView, type FunctionRecord } from '../../../src/store/index.ts';
import { CatalogueState } from '../../../src/store/catalogue/state.ts';
import { DEFAULT_CONFIG } from '../../../src/contract/index.ts';
import {
  diskUse,
  manifestOf,
  openCatalogue,
  testHome,
  uploadOf,
  usedOnly,
  type Files,
  type TestHome,
} from './support.ts';

function functionRecord(
  name: string,
  versions: readonly number[],
  live: number,
  aliases: Record<string, number> = {},
): FunctionRecord {
  return {
    name,
    createdAt: 0,
    updatedAt: 0,
    lastVersion: Math.max(...versions),
    live,
    aliases,
    overrides: {},
    history: [],
    versions: Object.fromEntries(
      versions.map((version) => [
        version,
        {
          version,
          artifact: `${version}`.repeat(64),
          config: DEFAULT_CONFIG,
          input: {},
          createdAt: 0,
          by: '',
          message: '',
          size: 0,
        },
      ]),
    ),
  };
}

function catalogueOf(...records: readonly FunctionRecord[]): CatalogueView {
  return CatalogueState.of(records);
}

describe('the plan of gc', () => {
  test('keeps the newest versions, and the live and aliased ones', () => {
    const catalogue = catalogueOf(
      functionRecord('b', [1, 2, 3, 4, 5, 12], 2, { prod: 3 }),
      functionRecord('a', [7, 8], 8),
    );
    assert.deepEqual(planGc(catalogue, 1), [
      { name: 'a', version: 7 },
      { name: 'b', version: 1 },
      { name: 'b', version: 4 },
      { name: 'b', version: 5 },
    ]);
  });

  test('keeps live and aliased versions even when none are to be kept', () => {
    assert.deepEqual(planGc(catalogueOf(functionRecord('f', [1, 2, 3], 3, { old: 1 })), 0), [
      { name: 'f', version: 2 },
    ]);
  });

  test('drops nothing where there are fewer versions than to keep, and leaves out pinned ones', () => {
    const catalogue = catalogueOf(functionRecord('f', [1, 2, 3], 3));
    assert.deepEqual(planGc(catalogue, 5), []);
    assert.deepEqual(
      planGc(catalogue, 1, (_, version) => version === 1),
      [{ name: 'f', version: 2 }],
    );
  });
});

describe('collecting artifacts', () => {
  let home: TestHome;
  const digests: string[] = [];
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

  test('leaves alone what an upload under way was promised', async () => {
    assert.deepEqual(await home.artifacts.collect(usedOnly(), false), { artifacts: [], objects: [], bytes: 0 });
    for (const digest of digests) home.artifacts.settle(digest);
  });

  test('leaves alone a pinned artifact, until it is released', async () => {
    const release = home.artifacts.pin(digests[1] ?? '');
    const garbage = await home.artifacts.collect(usedOnly(digests[0] ?? ''), true);
    assert.deepEqual(garbage.artifacts, []);
    release();
    release();
  });

  test('leaves alone what is used elsewhere, and everything when it cannot be told', async () => {
    const named = (): Set<string> => new Set([digests[0] ?? '']);
    const elsewhere = (): Promise<Set<string>> => Promise.resolve(new Set([digests[1] ?? '']));
    const empty = { artifacts: [], objects: [], bytes: 0 };
    assert.deepEqual(await home.artifacts.collect({ named, elsewhere }, false), empty);
    const unknown = (): Promise<Set<string>> => Promise.reject(new RangeError('a node does not answer'));
    await assert.rejects(home.artifacts.collect({ named, elsewhere: unknown }, false), RangeError);
    assert.deepEqual(
      digests.map((digest) => home.artifacts.has(digest)),
      [true, true],
    );
  });

  test('says before what it will free, and frees exactly that', async () => {
    const used = usedOnly(digests[0] ?? '');
    const planned = await home.artifacts.collect(used, true);
    assert.deepEqual(planned.artifacts, [digests[1]]);
    assert.equal(planned.objects.length, 1);
    assert.equal(home.artifacts.has(digests[1] ?? ''), true);
    const before = await diskUse(home.paths.home);
    assert.deepEqual(await home.artifacts.collect(used, false), planned);
    const freed = before - (await diskUse(home.paths.home));
    // Folders are in the answer too; diskUse counts files only.
    assert.ok(freed >= 12_288 && freed <= planned.bytes, `${freed} of ${planned.bytes}`);
    assert.equal(home.artifacts.has(digests[1] ?? ''), false);
    assert.deepEqual(await readdir(home.paths.artifacts), [digests[0]]);
    assert.deepEqual(await readdir(home.paths.staging), []);
    assert.deepEqual(await home.artifacts.collect(used, false), { artifacts: [], objects: [], bytes: 0 });
  });

  test('runs beside uploads without taking what they need', async () => {
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

describe('df', () => {
  test('counts shared files once, and per function what is its alone', async (t) => {
    const home = await testHome();
    t.after(() => home.remove());
    const catalogue = await openCatalogue(home.paths.catalogue);
    const shared = 's'.repeat(40_000);
    const put = async (files: Files): Promise<{ artifact: string; size: number }> =>
      home.artifacts.ingest(manifestOf(files), { bytes: uploadOf(files) });
    const [one, two] = [await put({ shared, a: 'a'.repeat(5000) }), await put({ shared, b: 'b'.repeat(9000) })];
    await catalogue.change((draft) => {
      for (const [name, { artifact, size }] of [
        ['one', one],
        ['two', two],
      ] as const) {
        const record = functionRecord(name, [1], 1);
        Object.assign(record.versions['1'] ?? {}, { artifact, size });
        draft.add(record);
      }
    });
    const answer = await df(home.paths, catalogue.view, home.artifacts, {
      logsOf: (name) => name.length,
      logs: 6,
      reclaimable: 0,
    });
    assert.deepEqual(
      answer.functions.map(({ name, versions, logical, logs }) => ({ name, versions, logical, logs })),
      [
        { name: 'one', versions: 1, logical: 45_000, logs: 3 },
        { name: 'two', versions: 1, logical: 49_000, logs: 3 },
      ],
    );
    const unique = answer.functions.map((f) => f.unique);
    assert.ok(
      (unique[0] ?? 0) >= 5000 && (unique[0] ?? 0) < 40_000 && (unique[1] ?? 0) >= 9000 && (unique[1] ?? 0) < 40_000,
      String(unique),
    );
    assert.equal(answer.objects.count, 3);
    assert.ok(answer.objects.bytes >= 54_000 && answer.objects.bytes < 80_000);
    assert.equal(answer.total, answer.objects.bytes + answer.artifacts + answer.logs + answer.catalogue);
  });
});
