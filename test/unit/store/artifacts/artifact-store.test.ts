import assert from 'node:assert/strict';
import { linkSync } from 'node:fs';
import { chmod, readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { artifactDigest } from '../../../../src/contract/index.ts';
import { ArtifactStore, receiveArtifact, receiveZip } from '../../../../src/store/index.ts';
import { systemClock } from '../../../../src/kit/clock.ts';
import {
  filesBelow,
  lam,
  manifestOf,
  sha256,
  testHome,
  uploadOf,
  zipOf,
  type Files,
  type TestHome,
} from '../support.ts';
import { digestFor } from '../../../support/ids.ts';

describe('an upload', () => {
  let home: TestHome;
  before(async () => {
    home = await testHome();
  });
  after(() => home.remove());

  const send = async (files: Files): Promise<Awaited<ReturnType<ArtifactStore['ingest']>>> => {
    const manifest = manifestOf(files);
    const { missing } = await home.artifacts.plan(manifest);
    return home.artifacts.ingest(manifest, {
      bytes: missing.length === 0 ? Buffer.alloc(0) : uploadOf(files, missing),
    });
  };

  test('becomes a readable tree under the digest of its manifest', async () => {
    const files = { 'index.js': 'one', 'lib/deep/er.js': 'two', 'bin/go*': '#!', here: '->lib/deep/er.js' };
    const { artifact, ...sums } = await send(files);
    assert.equal(artifact, artifactDigest(manifestOf(files)));
    assert.deepEqual(sums, { files: 4, size: 8, added: 8 });
    assert.deepEqual(await filesBelow(await home.artifacts.ensure(artifact)), {
      'index.js': 'one',
      'lib/deep/er.js': 'two',
      'bin/go': '#!',
    });
    assert.deepEqual(await home.artifacts.manifest(artifact), manifestOf(files));
  });

  test('of a known artifact is not read at all', async () => {
    const files = { 'index.js': 'known' };
    await send(files);
    assert.deepEqual(await home.artifacts.plan(manifestOf(files)), {
      artifact: artifactDigest(manifestOf(files)),
      known: true,
      missing: [],
    });
    assert.equal((await home.artifacts.ingest(manifestOf(files), { bytes: Buffer.from('not a zip') })).added, 0);
  });

  test('needs each content that the store lacks, once', async () => {
    await send({ a: 'shared', b: 'old' });
    const plan = await home.artifacts.plan(manifestOf({ a: 'shared', b: 'new', c: 'new' }));
    assert.deepEqual(plan.missing, [sha256(Buffer.from('new'))]);
    assert.equal((await send({ a: 'shared', b: 'new', c: 'new' })).added, 3);
  });

  test('reuses a content that the store has in the other mode', async () => {
    await send({ script: 'run me' });
    const { artifact, added } = await send({ 'script*': 'run me', other: 'run me' });
    assert.equal(added, 6);
    assert.equal((await stat(join(await home.artifacts.ensure(artifact), 'script'))).mode & 0o777, 0o555);
    assert.equal((await stat(join(await home.artifacts.ensure(artifact), 'other'))).mode & 0o777, 0o444);
  });

  test('that lacks a file is refused and changes nothing', async () => {
    const files = { a: 'first missing', b: 'second missing' };
    const before = await filesBelow(home.paths.objects);
    await assert.rejects(
      home.artifacts.ingest(manifestOf(files), { bytes: Buffer.alloc(0) }),
      lam('LAM_STORE_ARTIFACT_INCOMPLETE', '2 files'),
    );
    await assert.rejects(
      home.artifacts.ingest(manifestOf(files), { bytes: uploadOf({ a: files.a }) }),
      lam('LAM_STORE_ARTIFACT_INCOMPLETE', "'b'"),
    );
    assert.deepEqual(await filesBelow(home.paths.objects), before);
    assert.deepEqual(await readdir(home.paths.staging), []);
    assert.equal(home.artifacts.has(artifactDigest(manifestOf(files))), false);
  });

  test('that differs from its manifest is refused', async () => {
    const manifest = manifestOf({ a: 'what I promised' });
    const ingest = (bytes: Buffer): Promise<unknown> => home.artifacts.ingest(manifest, { bytes });
    await assert.rejects(ingest(uploadOf({ a: 'what I deliver!' })), lam('LAM_STORE_ARTIFACT_MISMATCH', 'digest'));
    await assert.rejects(ingest(uploadOf({ a: 'less' })), lam('LAM_STORE_ARTIFACT_MISMATCH', '4 bytes'));
    await assert.rejects(ingest(uploadOf({ a: 'what I promised', b: 'more' })), lam('LAM_STORE_ZIP_UNEXPECTED', "'b'"));
    await assert.rejects(ingest(Buffer.from('no zip')), lam('LAM_STORE_ZIP_NOT_A_ZIP'));
  });

  test('is refused when its manifest has another size than the stored file', async () => {
    await send({ a: 'honest' });
    const [entry] = manifestOf({ a: 'honest' }).entries;
    const lie = { entries: [{ ...entry, path: 'b', size: 1 }] };
    assert.equal((await home.artifacts.plan(lie)).missing.length, 1);
    await assert.rejects(home.artifacts.ingest(lie, { bytes: Buffer.alloc(0) }), lam('LAM_STORE_ARTIFACT_INCOMPLETE'));
  });

  test('replaces an object that was damaged', async () => {
    const { artifact } = await send({ a: 'to be damaged' });
    const [object] = Object.keys(await filesBelow(home.paths.objects)).filter((name) =>
      name.endsWith(sha256(Buffer.from('to be damaged'))),
    );
    const path = join(home.paths.objects, object ?? '');
    // Objects are read-only, which only root may ignore.
    await chmod(path, 0o644);
    await truncate(path, 3);
    await home.artifacts.remove(artifact);
    await send({ a: 'to be damaged' });
    assert.deepEqual(await filesBelow(await home.artifacts.ensure(artifact)), { a: 'to be damaged' });
  });

  test('may run twice concurrently', async () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`d${n % 4}/f${n}`, `twin ${n}`]));
    const manifest = manifestOf(files);
    const answers = await Promise.all([1, 2, 3].map(() => home.artifacts.ingest(manifest, { bytes: uploadOf(files) })));
    assert.deepEqual(
      answers.map((a) => a.added).toSorted((a, b) => a - b),
      [0, 0, answers[0]?.size],
    );
    assert.deepEqual(await filesBelow(await home.artifacts.ensure(answers[0]?.artifact ?? digestFor(''))), files);
  });

  test('is there for the next process', async () => {
    const { artifact } = await send({ a: 'lasting' });
    const reopened = await ArtifactStore.open(home.paths, { clock: systemClock });
    assert.equal(reopened.has(artifact), true);
    assert.deepEqual(await reopened.manifest(artifact), manifestOf({ a: 'lasting' }));
  });

  test('can be received in pieces of any size', async () => {
    const files = { 'index.js': 'streamed', 'b.js': 'too' };
    const json = Buffer.from(JSON.stringify(manifestOf(files)));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(json.length);
    const body = Buffer.concat([length, json, uploadOf(files)]);
    for (const step of [1, 7, body.length]) {
      const pieces = async function* (): AsyncGenerator<Buffer> {
        for (let at = 0; at < body.length; at += step) yield body.subarray(at, at + step);
      };
      const { artifact } = await receiveArtifact(home.paths, home.artifacts, pieces());
      assert.deepEqual(await filesBelow(await home.artifacts.ensure(artifact)), files);
      await home.artifacts.remove(artifact);
    }
    const whole = async function* (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      yield bytes;
    };
    await assert.rejects(
      receiveArtifact(home.paths, home.artifacts, whole(body.subarray(0, 20))),
      lam('LAM_STORE_UPLOAD_INVALID', 'ends'),
    );
    await assert.rejects(
      receiveArtifact(home.paths, home.artifacts, whole(Buffer.from([0, 0, 0, 1, 0x7b]))),
      lam('LAM_STORE_UPLOAD_INVALID', 'JSON'),
    );
    await assert.rejects(
      receiveArtifact(home.paths, home.artifacts, whole(Buffer.from([255, 0, 0, 1, 0x7b]))),
      lam('LAM_STORE_UPLOAD_INVALID', 'long'),
    );
    assert.equal(
      (await receiveZip(home.paths, home.artifacts, whole(zipOf([{ name: 'z', content: 'zip' }])))).files,
      1,
    );
    assert.deepEqual(await readdir(home.paths.tmp), []);
  });

  test('whose files were deleted from outside is reported as lost, not as unknown', async () => {
    const { artifact } = await send({ 'to-be-lost': '1' });
    await rm(home.paths.artifact(artifact), { recursive: true });
    await assert.rejects(home.artifacts.ensure(artifact), lam('LAM_STORE_ARTIFACT_LOST'));
  });

  test('that was never made has no tree, no manifest and cannot be pinned', async () => {
    const nowhere = '0'.repeat(64);
    await assert.rejects(home.artifacts.ensure(digestFor(nowhere)), lam('LAM_STORE_ARTIFACT_NOT_FOUND'));
    assert.throws(() => home.artifacts.pin(digestFor(nowhere)), lam('LAM_STORE_ARTIFACT_NOT_FOUND'));
    await assert.rejects(home.artifacts.manifest(digestFor(nowhere)), lam('LAM_STORE_ARTIFACT_NOT_FOUND'));
  });
});

describe('a manifest from a client', () => {
  let home: TestHome;
  before(async () => {
    home = await testHome({ limits: { zipBytes: 1000, unpackedBytes: 1000, artifactFiles: 3 } });
  });
  after(() => home.remove());

  const file = { path: 'a', kind: 'file', digest: 'a'.repeat(64), size: 1, executable: false };
  const refused: readonly [string, unknown, string][] = [
    ['is no object', 'x', 'entries'],
    ['has no entries', {}, 'entries'],
    ['has an entry of nothing', { entries: [null] }, 'entry 0'],
    ['has a path that leaves the root', { entries: [{ ...file, path: '../a' }] }, '..'],
    ['has a path in two spellings', { entries: [{ ...file, path: './a' }] }, "'.'"],
    ['has an unknown kind', { entries: [{ ...file, kind: 'device' }] }, 'neither'],
    ['has a short digest', { entries: [{ ...file, digest: 'abc' }] }, 'digest'],
    ['has a digest that is a path', { entries: [{ ...file, digest: `../${'a'.repeat(61)}` }] }, 'digest'],
    ['has a negative size', { entries: [{ ...file, size: -1 }] }, 'size'],
    ['does not say what is executable', { entries: [{ ...file, executable: 1 }] }, 'executable'],
    ['is not in order', { entries: [{ ...file, path: 'b' }, file] }, 'order'],
    ['names a file twice', { entries: [file, file] }, 'twice'],
    ['has a file below a file', { entries: [file, { ...file, path: 'a/b' }] }, 'below'],
    ['has a link out of the root', { entries: [{ path: 'l', kind: 'symlink', target: '../x' }] }, 'root'],
    ['has a link without a target', { entries: [{ path: 'l', kind: 'symlink' }] }, 'target'],
  ];
  for (const [title, manifest, names] of refused) {
    test(`is refused when it ${title}`, async () => {
      await assert.rejects(home.artifacts.plan(manifest), lam('LAM_STORE_MANIFEST_INVALID', names));
      await assert.rejects(
        home.artifacts.ingest(manifest, { bytes: Buffer.alloc(0) }),
        lam('LAM_STORE_MANIFEST_INVALID', names),
      );
    });
  }

  test('is refused over the limits of count and size', async () => {
    const many = { entries: ['a', 'b', 'c', 'd'].map((path) => ({ ...file, path })) };
    await assert.rejects(home.artifacts.plan(many), lam('LAM_STORE_ZIP_TOO_MANY_FILES', '4'));
    await assert.rejects(home.artifacts.plan({ entries: [{ ...file, size: 1001 }] }), lam('LAM_STORE_ZIP_TOO_LARGE'));
  });
});

describe('unpacked files', () => {
  for (const code of ['EMLINK', 'EPERM', 'ENOTSUP']) {
    test(`are copied where a link fails with ${code}`, async (t) => {
      const linker = (from: string, to: string): void => {
        if (to.endsWith('refused')) throw Object.assign(new Error(code), { code, syscall: 'link', path: from });
        linkSync(from, to);
      };
      const home = await testHome({ linker });
      t.after(() => home.remove());
      const files = { refused: 'copied', 'linked*': 'linked' };
      const { artifact } = await home.artifacts.ingest(manifestOf(files), { bytes: uploadOf(files) });
      const tree = await home.artifacts.ensure(artifact);
      assert.deepEqual(await filesBelow(tree), { refused: 'copied', linked: 'linked' });
      assert.deepEqual([(await stat(join(tree, 'refused'))).nlink, (await stat(join(tree, 'linked'))).nlink], [1, 2]);
      assert.equal((await stat(join(tree, 'refused'))).mode & 0o777, 0o444);
    });
  }
});
