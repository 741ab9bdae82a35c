import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { probeDocker } from '../../src/driver/docker/index.ts';
import type { EngineImages } from '../../src/driver/sandbox.ts';
import { imageId, removeImage } from '../e2e/image-context.ts';
import { ociFiles, savedFiles, tarOf, type TarFile } from '../support/image-tars.ts';
import { DockerRig } from './docker-rig.ts';

const probe = await probeDocker();

describe('the images of an engine', { skip: probe.ok ? false : 'no Docker engine answers', concurrency: false }, () => {
  const tag = `lam-test-${randomBytes(6).toString('hex')}:one`;
  const parts = {
    names: [tag],
    layers: [[{ name: 'run', content: tag, mode: 0o755 }]],
    config: { Entrypoint: ['/run'], Cmd: ['a'], WorkingDir: '/tmp' },
  };
  const kept: string[] = [];
  let rig: DockerRig;
  let images: EngineImages;
  before(async () => {
    rig = await DockerRig.make();
    const driver = await rig.driver(probe.ok ? probe.socketPath : '', { pullLimitMs: 3000 });
    images = driver.images ?? assert.fail();
  });
  after(async () => {
    for (const name of [tag, ...kept]) removeImage(name);
    await rig[Symbol.asyncDispose]();
  });

  const load = async (files: readonly TarFile[]): Promise<void> => {
    const file = join(rig.home, 'image.tar');
    await writeFile(file, await tarOf(files));
    await images.load(file);
  };

  test('are loaded, listed, and kept under a name of lam that no list has', async () => {
    await load(await savedFiles(parts));
    const found = await images.keep(tag);
    assert.deepEqual(
      { ...found, id: '' },
      { source: tag, id: '', architecture: 'amd64', entryPoint: ['/run'], command: ['a'], workingDirectory: '/tmp' },
    );
    assert.equal(found.id, imageId(tag));
    assert.ok((await images.names()).includes(tag));
    removeImage(tag);
    assert.ok(imageId(found.id) !== undefined, 'lam keeps it');
    kept.push(found.id);
    assert.ok((await images.names()).every((name) => name !== tag && !name.startsWith('lam-image-')));
  });

  test('are refused with the words of the engine, or missed with the reason', async () => {
    await assert.rejects(load([{ name: 'hello', content: 'x' }]), { code: 'LAM_DRIVER_IMAGE_REFUSED' });
    await assert.rejects(images.keep(`${tag}-missing`), { code: 'LAM_DRIVER_IMAGE_MISSING' });
    // Engines from 25 on read it.
    await load(await ociFiles(parts)).catch((error: unknown) => {
      assert.equal(Reflect.get(Object(error), 'code'), 'LAM_DRIVER_IMAGE_REFUSED');
    });
  });
});
