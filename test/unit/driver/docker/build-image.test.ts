import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { buildImage } from '../../../../src/driver/docker/image/build-image.ts';
import { ImageFiles, leftOut } from '../../../../src/driver/docker/image/image-files.ts';
import { isLamError } from '../../../../src/errors/index.ts';
import { requireRuntime } from '../../../../src/runtimes/index.ts';

test('a lam that is a single file makes no image with Node', async () => {
  const order = { runtime: requireRuntime('nodejs'), tag: null, socketPath: '/nowhere', say: () => undefined };
  await assert.rejects(
    buildImage({ ...order, nodeCommand: ['lam', '--run-node'] }),
    (error) => isLamError(error) && error.code === 'LAM_DRIVER_NO_SMALL_IMAGE' && /single file/.test(error.message),
  );
});

describe('the files of an image', () => {
  let place = '';
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'lam-image-'));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  test('are found where they are found here: with the folders and links that lead to them', async () => {
    mkdirSync(join(place, 'real/deep'), { recursive: true });
    writeFileSync(join(place, 'real/deep/file'), 'x');
    symlinkSync('real', join(place, 'link'));
    symlinkSync('../outside', join(place, 'real/out'));
    writeFileSync(join(place, 'outside'), 'y');
    symlinkSync('loop', join(place, 'loop'));
    const files = new ImageFiles();
    await files.add(join(place, 'link/deep/file'));
    await files.add(join(place, 'real/out'));
    await files.add(join(place, 'loop/file'));
    await files.add(join(place, 'nowhere/file'));
    const within = files.entries.map(({ kind, path }) => `${kind} /${path}`).filter((line) => line.includes(place));
    assert.deepEqual(
      within.map((line) => line.replace(place, '')),
      [
        'directory ',
        'symlink /link',
        'symlink /loop',
        'source /outside',
        'directory /real',
        'directory /real/deep',
        'source /real/deep/file',
        'symlink /real/out',
      ],
    );
  });

  test('leave out what a runtime does not need', async () => {
    for (const path of ['test/a', 'lib/b', 'config-x/c', 'lib/test/d']) {
      mkdirSync(join(place, path, '..'), { recursive: true });
      writeFileSync(join(place, path), '');
    }
    const files = new ImageFiles();
    await files.add(place, leftOut(['test', 'config-*']));
    assert.deepEqual(files.files, [join(place, 'lib/b')]);
  });
});
