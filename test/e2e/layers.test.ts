import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import type { FunctionDetail, LayerVersion } from '../../src/contract/index.ts';
import { listing, listingIfThere } from '../support/listing.ts';
import { lamSession, NO_DOCKER, type LamSession } from './session.ts';

/** Writes files below the session's folder. */
function lay(s: LamSession, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(s.cwd, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

const HANDLER = `const own = require('own'), shared = require('shared');
exports.handler = async () => ({ own, shared });
`;

const project = (layers: readonly string[]): string =>
  `name: layered\nruntime: nodejs\nlayers: ${JSON.stringify(layers)}\n`;

for (const driver of ['process', 'docker'] as const)
  describe(`layers with the ${driver} driver`, { skip: driver === 'docker' && NO_DOCKER }, () => {
    test('are published, used in order, kept by versions, and changed by a deploy', async () => {
      await using s = await lamSession({ driver });
      lay(s, {
        'index.js': HANDLER,
        'layers/tools/nodejs/node_modules/shared/index.js': 'module.exports = "published";',
        'layers/tools/nodejs/node_modules/own/index.js': 'module.exports = "published";',
        'layers/own/nodejs/node_modules/own/index.js': 'module.exports = "own 1";',
      });
      const published = await s.json<LayerVersion>(['layer', 'publish', 'tools', 'layers/tools']);
      assert.deepEqual([published.name, published.version, published.files], ['tools', 1, 2]);
      assert.match(
        (await s.ok(['layer', 'publish', 'tools', 'layers/tools'])).stdout,
        /^tools: no change \(tools:1\)\n$/,
      );
      lay(s, { 'lam.yaml': project(['tools:1', './layers/own']), '.lamignore': 'layers/\n' });
      await s.ok(['deploy']);
      const ask = async (name = 'layered'): Promise<unknown> => JSON.parse((await s.ok(['invoke', name])).stdout);
      assert.deepEqual(await ask(), { own: 'own 1', shared: 'published' });
      assert.match((await s.ok(['deploy'])).stdout, /^layered: no change \(v1\)\n$/);

      lay(s, { 'layers/own/nodejs/node_modules/own/index.js': 'module.exports = "own 2";' });
      await s.ok(['deploy']);
      assert.deepEqual(await ask(), { own: 'own 2', shared: 'published' });
      assert.deepEqual(await ask('layered@1'), { own: 'own 1', shared: 'published' });
      await s.ok(['rollback']);
      assert.deepEqual(await ask(), { own: 'own 1', shared: 'published' });
      const detail = await s.json<FunctionDetail>(['describe', 'layered']);
      assert.deepEqual(detail.config.layers?.sources, ['tools:1', './layers/own']);

      // Versions keep what they were made with, whatever becomes of the layer.
      await s.ok(['layer', 'delete', 'tools:1', '--yes']);
      await s.ok(['gc']);
      await s.ok(['restart']);
      assert.deepEqual(await ask(), { own: 'own 1', shared: 'published' });
      const gone = await s.run(['deploy']);
      assert.equal(gone.code, 4);
      assert.match(gone.stderr, /layer version 'tools:1' does not exist[^]*LAM_OPERATIONS_LAYER_NOT_FOUND/);
    });
  });

describe('the layers of a home', () => {
  test('are listed, come from zips too, and have numbers of their own', async () => {
    await using s = await lamSession({ driver: 'process' });
    assert.match((await s.ok(['layer', 'list'])).stderr, /no layers are published; publish one: lam layer publish/);
    lay(s, { 'a/bin/tool': 'one', 'b/bin/tool': 'two' });
    await s.ok(['layer', 'publish', 'tools', 'a', '--description', 'the first']);
    execFileSync('zip', ['-q', '-r', '../b.zip', '.'], { cwd: join(s.cwd, 'b') });
    assert.match((await s.ok(['layer', 'publish', 'tools', 'b.zip'])).stdout, /^published tools:2 {2}one file, 3 B\n$/);
    const all = await s.json<readonly LayerVersion[]>(['layer', 'list', 'tools']);
    assert.deepEqual(
      all.map(({ version, description, files }) => [version, description, files]),
      [
        [1, 'the first', 1],
        [2, '', 1],
      ],
    );
    await s.ok(['layer', 'delete', 'tools:2', '--yes']);
    await s.ok(['restart']);
    assert.equal((await s.json<LayerVersion>(['layer', 'publish', 'tools', 'b'])).version, 3);
    // What a published layer consists of is no garbage.
    await s.ok(['gc']);
    assert.match((await s.ok(['layer', 'list'])).stdout, /tools:3/);
  });

  test('of ten deploys leave nothing that gc does not free', async () => {
    await using s = await lamSession({ driver: 'process' });
    lay(s, {
      'index.js': HANDLER,
      'lam.yaml': project(['./layers/own', './layers/shared']),
      '.lamignore': 'layers/\n',
      'layers/shared/nodejs/node_modules/shared/index.js': 'module.exports = "shared";',
    });
    for (let n = 1; n <= 10; n += 1) {
      lay(s, { 'layers/own/nodejs/node_modules/own/index.js': `module.exports = ${n};` });
      await s.ok(['deploy']);
    }
    assert.equal((await s.ok(['invoke', 'layered'])).stdout, '{"own":10,"shared":"shared"}');
    for (const folder of ['staging', 'tmp', 'cache/build'])
      assert.deepEqual(listingIfThere(join(s.home, folder)), [], folder);
    // A daemon keeps what was sent for ten minutes, because a deploy may not have come to its version yet.
    await s.ok(['restart']);
    await s.ok(['gc', '--keep', '0', '--yes']);
    // The code, and the layers as one.
    assert.equal(readdirSync(join(s.home, 'artifacts')).length, 2);
    const files = listing(join(s.home, 'objects')).filter((name) => name.includes('/'));
    assert.equal(files.length, 3, 'of the code, and of each layer');
    assert.equal((await s.ok(['invoke', 'layered'])).stdout, '{"own":10,"shared":"shared"}');
  });

  const REFUSED: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>, number, RegExp])[] = [
    [
      'a name with a slash',
      ['layer', 'publish', 'a/b', '.'],
      {},
      2,
      /'a\/b' is not a layer's name[^]*LAM_OPERATIONS_INVALID_LAYER_NAME/,
    ],
    [
      'a folder that is not there',
      ['layer', 'publish', 'a', 'nowhere'],
      {},
      2,
      /'nowhere' does not exist[^]*LAM_CLI_NO_LAYER/,
    ],
    ['a file that is no zip', ['layer', 'publish', 'a', 'f.txt'], { 'f.txt': '' }, 2, /neither a folder nor a zip/],
    ['an empty folder', ['layer', 'publish', 'a', 'e'], { 'e/.gitignore': '' }, 8, /holds no file to package/],
    ['a version that is not there', ['layer', 'delete', 'tools:9', '--yes'], {}, 4, /'tools:9' does not exist/],
    ['no version', ['layer', 'delete', 'tools', '--yes'], {}, 2, /'tools' is not NAME:VERSION/],
    ['six layers', ['deploy'], { 'lam.yaml': project(['a:1', 'a:2', 'a:3', 'a:4', 'a:5', 'a:6']) }, 2, /layers/],
    [
      'a layer outside of the project',
      ['deploy'],
      { 'lam.yaml': project(['../up']) },
      2,
      /'\.\.\/up' must stay inside/,
    ],
    ['a layer that is not there', ['deploy'], { 'lam.yaml': project(['./gone']) }, 2, /'\.\/gone' does not exist/],
    [
      'a zip that leaves its folder',
      ['layer', 'publish', 'a', 'evil.zip'],
      { 'evil.zip': Buffer.from(EVIL(), 'base64').toString('latin1') },
      8,
      /'\.\.\/var\/task\/x' has a name that is refused/,
    ],
  ];
  for (const [what, words, files, code, message] of REFUSED)
    test(`refuse ${what}`, async () => {
      await using s = await lamSession({ driver: 'process' });
      for (const [name, content] of Object.entries({ 'index.js': HANDLER, ...files })) {
        mkdirSync(dirname(join(s.cwd, name)), { recursive: true });
        writeFileSync(join(s.cwd, name), content, 'latin1');
      }
      const { code: exit, stderr } = await s.run([...words]);
      assert.equal(exit, code, stderr);
      assert.match(stderr, message);
    });
});

/** A zip with the entry `../var/task/x`. */
function EVIL(): string {
  return execFileSync(
    'python3',
    [
      '-c',
      `import base64, io, zipfile
b = io.BytesIO()
z = zipfile.ZipFile(b, "w")
z.writestr("../var/task/x", "x")
z.close()
print(base64.b64encode(b.getvalue()).decode())`,
    ],
    { encoding: 'utf8' },
  );
}
