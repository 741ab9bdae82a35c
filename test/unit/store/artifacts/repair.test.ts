import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ArtifactAnswer, Digest } from '../../../../src/contract/index.ts';
import { StartupCacheStore } from '../../../../src/store/artifacts/startup-cache-store.ts';
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

const A: Files = { 'index.js': 'shared', 'lib/a.js': 'only a', link: '->lib/a.js' };
const B: Files = { 'main.js': 'shared', 'b.js': 'only b' };

let home: TestHome;
beforeEach(async () => {
  home = await testHome();
});
afterEach(() => home.remove());

/** Uploads as `lam deploy` does: only what the plan names, and nothing if the plan knows the artifact. */
async function deploy(files: Files): Promise<Partial<ArtifactAnswer> & { readonly sent: number }> {
  const plan = await home.artifacts.plan(manifestOf(files));
  if (plan.known) return { artifact: plan.artifact, sent: 0 };
  const bytes = plan.missing.length === 0 ? Buffer.alloc(0) : uploadOf(files, plan.missing);
  return { ...(await home.artifacts.ingest(manifestOf(files), { bytes })), sent: plan.missing.length };
}

async function stored(files: Files): Promise<Digest> {
  const { artifact } = await deploy(files);
  assert.ok(artifact);
  home.artifacts.settle(artifact);
  return artifact;
}

/** Writes other content of the same length and puts the times back: only the digest shows it. */
function alter(path: string): void {
  const { atime, mtime, mode } = statSync(path);
  chmodSync(path, 0o644);
  writeFileSync(path, Buffer.alloc(statSync(path).size, '!'));
  chmodSync(path, mode & 0o777);
  utimesSync(path, atime, mtime);
}

const treeFile = (digest: Digest, path: string): string => join(home.paths.tree(digest), path);
const plain = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).filter(([, text]) => !String(text).startsWith('->')));

describe('code that was altered in the store', () => {
  test('is found by its digest and healed by a deploy, for all artifacts that share it', async () => {
    const a = await stored(A);
    const b = await stored(B);
    const heard: ReadonlySet<Digest>[] = [];
    home.artifacts.onRepaired((digests) => heard.push(digests));
    alter(treeFile(a, 'index.js'));
    assert.equal(readFileSync(treeFile(b, 'main.js'), 'utf8'), '!!!!!!', 'both share the file');

    const { sent, repaired } = await deploy(A);
    assert.equal(sent, 1);
    assert.deepEqual(repaired, { files: 1, artifacts: 2 });
    assert.deepEqual(heard, [new Set([b, a])]);
    assert.deepEqual(await filesBelow(await home.artifacts.ensure(a)), plain(A));
    assert.deepEqual(await filesBelow(await home.artifacts.ensure(b)), plain(B));
    assert.equal(lstatSync(treeFile(a, 'index.js')).ino, lstatSync(treeFile(b, 'main.js')).ino);
    for (const files of [A, B])
      assert.deepEqual([(await deploy(files)).sent, (await deploy(files)).repaired], [0, undefined]);
  });

  test('is not reused by another artifact', async () => {
    alter(treeFile(await stored(A), 'index.js'));
    const { sent, repaired } = await deploy(B);
    assert.equal(sent, 2);
    assert.deepEqual(repaired, { files: 1, artifacts: 1 });
  });

  test('is healed by the upload of a zip', async () => {
    const zip = zipOf([{ name: 'index.js', content: 'zipped' }]);
    const { artifact } = await home.artifacts.ingestZip({ bytes: zip });
    alter(treeFile(artifact, 'index.js'));
    assert.deepEqual((await home.artifacts.ingestZip({ bytes: zip })).repaired, { files: 1, artifacts: 1 });
    assert.deepEqual(await filesBelow(await home.artifacts.ensure(artifact)), { 'index.js': 'zipped' });
    assert.equal((await home.artifacts.ingestZip({ bytes: zip })).repaired, undefined);
  });

  test('is found in a file of megabytes', async () => {
    const files = { 'big.bin': Buffer.alloc(3_000_001, 'b') };
    const artifact = await stored(files);
    alter(treeFile(artifact, 'big.bin'));
    assert.deepEqual((await deploy(files)).repaired, { files: 1, artifacts: 1 });
  });

  test('is found in a copy, where the file system refused a link', async () => {
    await home.remove();
    const refusing = (from: string, to: string): void => {
      if (to.endsWith('index.js'))
        throw Object.assign(new Error('EMLINK'), { code: 'EMLINK', syscall: 'link', path: from });
      linkSync(from, to);
    };
    home = await testHome({ linker: refusing });
    const artifact = await stored(A);
    assert.equal((await deploy(A)).repaired, undefined);
    alter(treeFile(artifact, 'index.js'));
    const { sent, repaired } = await deploy(A);
    assert.deepEqual([sent, repaired], [0, { files: 0, artifacts: 1 }]);
    assert.deepEqual(await filesBelow(await home.artifacts.ensure(artifact)), plain(A));
  });

  const changes: readonly [string, (artifact: Digest) => void][] = [
    ['a file more', (artifact) => writeFileSync(treeFile(artifact, 'lib/extra.js'), 'x')],
    ['a file less', (artifact) => rmSync(treeFile(artifact, 'lib/a.js'))],
    ['a folder less', (artifact) => rmSync(treeFile(artifact, 'lib'), { recursive: true })],
    ['no tree', (artifact) => rmSync(home.paths.tree(artifact), { recursive: true })],
    ['nothing left', (artifact) => rmSync(home.paths.artifact(artifact), { recursive: true })],
    ['a folder that all may write', (artifact) => chmodSync(treeFile(artifact, 'lib'), 0o777)],
    [
      'a link elsewhere',
      (artifact) => {
        rmSync(treeFile(artifact, 'link'));
        symlinkSync('/etc/passwd', treeFile(artifact, 'link'));
      },
    ],
    [
      'a link in place of a folder',
      (artifact) => {
        rmSync(treeFile(artifact, 'lib'), { recursive: true });
        symlinkSync('/tmp', treeFile(artifact, 'lib'));
      },
    ],
    [
      'a file in place of another',
      (artifact) => {
        rmSync(treeFile(artifact, 'index.js'));
        writeFileSync(treeFile(artifact, 'index.js'), '!!!!!!', { mode: 0o444 });
      },
    ],
  ];
  for (const [title, change] of changes) {
    test(`is laid out anew when its tree has ${title}`, async () => {
      const artifact = await stored(A);
      change(artifact);
      const { sent, repaired } = await deploy(A);
      assert.deepEqual([sent, repaired], [0, { files: 0, artifacts: 1 }]);
      assert.deepEqual(await filesBelow(await home.artifacts.ensure(artifact)), plain(A));
      assert.deepEqual(await home.artifacts.manifest(artifact), manifestOf(A));
      assert.equal((await deploy(A)).repaired, undefined);
    });
  }

  test('takes its start-up caches with it', async () => {
    const artifact = await stored(A);
    const open = (): StartupCacheStore => new StartupCacheStore(home.paths, home.artifacts);
    const caches = open();
    await caches.put(artifact, 'node 26', Buffer.from('cache'));
    assert.ok((await caches.get(artifact, 'node 26')) && (await open().get(artifact, 'node 26')));
    alter(treeFile(artifact, 'index.js'));
    await deploy(A);
    assert.equal(await caches.get(artifact, 'node 26'), undefined);
    assert.equal(await open().get(artifact, 'node 26'), undefined);
  });
});

describe('a tree that was lost', () => {
  test('is laid out again when it is next used, from objects that have their content', async () => {
    const artifact = await stored(A);
    rmSync(home.paths.tree(artifact), { recursive: true });
    const trees = await Promise.all([1, 2, 3].map(() => home.artifacts.ensure(artifact)));
    assert.deepEqual(await filesBelow(trees[0] ?? ''), plain(A));
    assert.deepEqual(await filesBelow(home.paths.staging), {});
  });

  test('is reported, and not laid out from an altered object; a deploy of the same code restores it', async () => {
    const artifact = await stored(A);
    alter(home.paths.object(sha256(Buffer.from('shared')), false));
    rmSync(home.paths.tree(artifact), { recursive: true });
    await assert.rejects(home.artifacts.ensure(artifact), lam('LAM_STORE_ARTIFACT_LOST'));
    assert.equal(existsSync(home.paths.tree(artifact)), false);
    await deploy(A);
    assert.deepEqual(await filesBelow(await home.artifacts.ensure(artifact)), plain(A));
  });
});

describe('a manifest that was altered in the store', () => {
  for (const [title, text] of [
    ['names other files', JSON.stringify(manifestOf({ ...A, 'lib/a.js': 'other' }))],
    ['leads out of the tree', JSON.stringify({ entries: [{ path: '../../x', kind: 'symlink', target: '/etc' }] })],
    ['is not JSON', '{'],
  ] as const) {
    test(`and ${title} is not believed, and is restored by a deploy`, async () => {
      const artifact = await stored(A);
      writeFileSync(home.paths.manifest(artifact), text);
      await assert.rejects(home.artifacts.manifest(artifact), lam('LAM_STORE_ARTIFACT_LOST'));
      const used = { named: () => new Set([artifact]) };
      const { objects } = await home.artifacts.collect(used, false);
      assert.deepEqual(objects, [], 'what it needs is unknown, so that nothing may go');
      assert.deepEqual((await deploy(A)).repaired, { files: 0, artifacts: 1 });
      assert.deepEqual(await home.artifacts.manifest(artifact), manifestOf(A));
      assert.deepEqual(await filesBelow(await home.artifacts.ensure(artifact)), plain(A));
    });
  }
});
