import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { df } from '../../../src/store/index.ts';
import { manifestOf, openCatalogue, recordOf, testHome, uploadOf, type Files } from './support.ts';
import type { Digest } from '../../../src/contract/index.ts';

describe('df', () => {
  test('counts shared files once, and for each function the files of its own', async (t) => {
    const home = await testHome();
    t.after(() => home.remove());
    const catalogue = await openCatalogue(home.paths.catalogue);
    const shared = 's'.repeat(40_000);
    const put = async (files: Files): Promise<{ artifact: Digest; size: number }> =>
      home.artifacts.ingest(manifestOf(files), { bytes: uploadOf(files) });
    const [one, two] = [await put({ shared, a: 'a'.repeat(5000) }), await put({ shared, b: 'b'.repeat(9000) })];
    await catalogue.change((draft) => {
      for (const [name, { artifact, size }] of [
        ['one', one],
        ['two', two],
      ] as const) {
        const record = recordOf(name);
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
