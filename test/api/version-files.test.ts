import assert from 'node:assert/strict';
import { writeFileSync, chmodSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { LamClient } from '../../src/client/index.ts';
import { FILE_TEXT_BYTES } from '../../src/contract/index.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';
import { asFunctionName, asVersion } from '../support/ids.ts';
import { lam, zipOf } from '../unit/store/support.ts';

const F = asFunctionName('files');
const ONE = asVersion(1);

describe('the files of a version', () => {
  let house: EdgeHouse;
  let client: LamClient;
  before(async () => {
    house = await edgeHouse();
    client = new LamClient({ socketPath: house.socketPath, home: '/nowhere' });
    const zip = zipOf([
      { name: 'lib/ä b.txt', content: 'é\r\n' },
      { name: 'index.js', content: 'exports.handler = 1;' },
      { name: 'nul.bin', content: Buffer.from([65, 0, 66]) },
      { name: 'latin1.txt', content: Buffer.from([0xe9]) },
      { name: 'bom.txt', content: '\uFEFFx' },
      { name: 'limit.txt', content: 'x'.repeat(FILE_TEXT_BYTES) },
      { name: 'long.txt', content: 'x'.repeat(FILE_TEXT_BYTES + 1) },
      { name: 'link', content: 'index.js', mode: 0o120777 },
    ]);
    const sent = await house.control('/_lam/v1/artifacts/zip', { method: 'POST', body: zip });
    const { artifact } = sent.json();
    await house.control('/_lam/v1/functions/files/versions', {
      method: 'POST',
      body: JSON.stringify({ artifact, config: { environment: { A: 'secret' } }, message: 'first', by: 'me@here' }),
    });
  });
  after(() => house[Symbol.asyncDispose]());

  test('are listed with the version, its settings and its message', async () => {
    const detail = await client.versions.get(F, ONE);
    assert.deepEqual(
      detail.files.map(({ path, kind }) => `${kind} ${path}`),
      [
        'file bom.txt',
        'file index.js',
        'file latin1.txt',
        'file lib/ä b.txt',
        'file limit.txt',
        'symlink link',
        'file long.txt',
        'file nul.bin',
      ],
    );
    const { name, version, live, message, by, layers } = detail;
    assert.deepEqual([name, version, live, message, by], ['files', 1, true, 'first', 'me@here']);
    assert.deepEqual(layers.environment, { A: 'lam.yaml' });
  });

  const texts: readonly (readonly [string, string | null])[] = [
    ['lib/ä b.txt', 'é\r\n'],
    ['index.js', 'exports.handler = 1;'],
    ['bom.txt', '\uFEFFx'],
    ['limit.txt', 'x'.repeat(FILE_TEXT_BYTES)],
    ['long.txt', null],
    ['nul.bin', null],
    ['latin1.txt', null],
  ];
  for (const [path, text] of texts)
    test(`answer ${text === null ? 'no text' : 'the text'} of '${path}'`, async () => {
      const file = await client.versions.file({ name: F, version: ONE, path });
      assert.deepEqual([file.path, file.text], [path, text]);
    });

  for (const path of ['nothing', 'link', 'lib', '', '../index.js', '/etc/passwd'])
    test(`are not '${path}'`, async () => {
      await assert.rejects(
        client.versions.file({ name: F, version: ONE, path }),
        lam('LAM_OPERATIONS_FILE_NOT_FOUND', `'${path}'`),
      );
    });

  test('of a version that does not exist are refused', async () => {
    await assert.rejects(client.versions.get(F, asVersion(9)), lam('LAM_REGISTRY_VERSION_NOT_FOUND'));
    await assert.rejects(
      client.versions.file({ name: F, version: 9, path: 'index.js' }),
      lam('LAM_REGISTRY_VERSION_NOT_FOUND'),
    );
  });

  test('that were altered on the disk are not shown', async () => {
    const detail = await client.versions.get(F, ONE);
    const entry = detail.files.find(({ path }) => path === 'index.js');
    assert.ok(entry?.kind === 'file');
    const object = house.paths.object(entry.digest, entry.executable);
    chmodSync(object, 0o644);
    writeFileSync(object, 'exports.handler = 2;');
    await assert.rejects(
      client.versions.file({ name: F, version: ONE, path: 'index.js' }),
      lam('LAM_STORE_ARTIFACT_LOST'),
    );
  });
});
