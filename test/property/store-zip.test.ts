import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { zipFiles } from '../../src/build/index.ts';
import { artifactDigest } from '../../src/contract/index.ts';
import { isLamError } from '../../src/errors/index.ts';
import { manifestOf, testHome, zipOf, type TestHome } from '../unit/store/support.ts';

const part = fc.constantFrom('a', 'b', 'index.js', 'größe', 'with space', '.hidden');
/** Files in folders with other names, so that no file has the name of a folder. */
const file = fc.tuple(
  fc.array(fc.constantFrom('lib', 'src'), { maxLength: 2 }),
  part,
  fc.boolean(),
  fc.string({ maxLength: 40 }),
);

describe('zips', () => {
  let home: TestHome;
  let sources: string;
  before(async () => {
    home = await testHome();
    sources = join(home.paths.home, 'sources');
    await mkdir(sources);
  });
  after(() => home.remove());

  test('that the build makes unpack to the artifact it described', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(file, {
          minLength: 1,
          maxLength: 8,
          selector: ([folders, name]) => [...folders, name].join('/'),
        }),
        async (files) => {
          const named = files.map(([folders, name, executable, text]) => ({
            path: [...folders, name].join('/'),
            executable,
            text: text.startsWith('->') ? '' : text,
          }));
          const contents = Object.fromEntries(
            named.map(({ path, executable, text }) => [path + (executable ? '*' : ''), text]),
          );
          const manifest = manifestOf({ ...contents, link: `->${named[0]?.path}` });
          const places = new Map<string, string>();
          for (const { path, text } of named) {
            const place = join(sources, String(count++));
            await writeFile(place, text);
            places.set(path, place);
          }
          const zip = await buffer(zipFiles({ manifest, files: places }, 'all'));
          const { artifact } = await home.artifacts.ingestZip({ bytes: zip });
          assert.equal(artifact, artifactDigest(manifest));
          assert.deepEqual(await home.artifacts.manifest(artifact), manifest);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('with any damage are refused with a zip error, or contain the same files', async () => {
    const parts = [
      { name: 'lib/a.js', content: 'hello '.repeat(40) },
      { name: 'run', content: '#!/bin/sh\n', mode: 0o100755 },
      { name: 'link', content: 'lib/a.js', mode: 0o120777 },
    ];
    const zip = zipOf(parts);
    const damage = fc.array(fc.tuple(fc.nat(zip.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const bytes = Buffer.from(zip);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          const { artifact } = await home.artifacts.ingestZip({ bytes });
          assert.equal((await home.artifacts.manifest(artifact)).entries.length > 0, true);
        } catch (error) {
          assert.ok(isLamError(error) && error.code.startsWith('LAM_STORE_ZIP_'), String(error));
        }
        assert.deepEqual(await readdir(home.paths.staging), []);
      }),
      { numRuns: 400 },
    );
  });
});
