import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { CodeFolder } from '../../../../src/driver/docker/code/code-folder.ts';
import { layTree } from '../../../../src/driver/docker/code/lay-tree.ts';
import { systemClock } from '../../../../src/kit/index.ts';

/** Two folders, `from` with a tree in it and `to` empty. Disposing removes both. */
class Trees implements AsyncDisposable {
  readonly root: string;
  readonly from: string;
  readonly to: string;

  private constructor(root: string) {
    this.root = root;
    this.from = join(root, 'from');
    this.to = join(root, 'to');
  }

  static async make(files = 0): Promise<Trees> {
    const trees = new Trees(await mkdtemp(join(tmpdir(), 'lam-lay-')));
    mkdirSync(join(trees.from, 'lib/deep'), { recursive: true });
    mkdirSync(trees.to);
    writeFileSync(join(trees.from, 'index.js'), 'one', { mode: 0o444 });
    writeFileSync(join(trees.from, 'lib/run'), 'two', { mode: 0o555 });
    utimesSync(join(trees.from, 'lib/run'), 1000, 2000);
    symlinkSync('../index.js', join(trees.from, 'lib/link'));
    symlinkSync('no/where', join(trees.from, 'lib/deep/dangling'));
    for (let i = 0; i < files; i += 1) writeFileSync(join(trees.from, `f${i}`), '');
    return trees;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

const plain = { clock: systemClock, signal: new AbortController().signal };
const refuse = (code: string) => (): never => {
  throw Object.assign(new Error(`refused: ${code}`), { code });
};

test('a small tree is laid synchronously: hard links, folders and unchanged symbolic links', async () => {
  await using trees = await Trees.make();
  const laying = layTree(trees.from, trees.to, { ...plain, clock: { ...systemClock, monotonic: () => 0 } });
  const namesIn = (folder: string): readonly string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  assert.deepEqual(namesIn(trees.to), namesIn(trees.from));
  await laying;
  for (const name of ['index.js', 'lib/run']) {
    assert.equal(lstatSync(join(trees.to, name)).ino, lstatSync(join(trees.from, name)).ino, name);
  }
  assert.equal(readlinkSync(join(trees.to, 'lib/link')), '../index.js');
  assert.equal(readlinkSync(join(trees.to, 'lib/deep/dangling')), 'no/where');
  assert.equal(lstatSync(join(trees.to, 'lib')).mode & 0o777, lstatSync(join(trees.from, 'lib')).mode & 0o777);
});

test('a file that cannot be linked is copied with its mode and time', async () => {
  for (const code of ['EXDEV', 'EMLINK', 'EPERM']) {
    await using trees = await Trees.make();
    await layTree(trees.from, trees.to, { ...plain, link: refuse(code) });
    for (const name of ['index.js', 'lib/run']) {
      const [from, to] = [lstatSync(join(trees.from, name)), lstatSync(join(trees.to, name))];
      assert.notEqual(to.ino, from.ino);
      assert.deepEqual([to.mode, to.size], [from.mode, from.size], name);
      assert.ok(Math.abs(to.mtimeMs - from.mtimeMs) < 0.01, name);
    }
    assert.equal(readFileSync(join(trees.to, 'lib/run'), 'utf8'), 'two');
  }
});

test('a large tree is laid out in slices, and stops on abort', async () => {
  await using trees = await Trees.make(2000);
  const stop = new AbortController();
  let now = 0;
  // Each look at the clock takes a millisecond, so that a slice is a few files.
  const clock = { ...systemClock, monotonic: () => (now += 1) };
  const reason = new TypeError('told to');
  const laying = layTree(trees.from, trees.to, { clock, signal: stop.signal });
  assert.ok(readdirSync(trees.to).length < 10);
  stop.abort(reason);
  await assert.rejects(laying, reason);
  assert.ok(readdirSync(trees.to).length < 10);
});

test('a folder that could not be filled is emptied and reports the reason', async () => {
  await using trees = await Trees.make();
  const server = createServer().listen(join(trees.from, 'lib/socket'));
  await once(server, 'listening');
  const folder = await CodeFolder.make(join(trees.root, 'code'), systemClock);
  await assert.rejects(folder.fill(trees.from), {
    code: 'LAM_DRIVER_START_FAILED',
    message: /lib\/socket' is neither a file nor a folder nor a link$/,
  });
  server.close();
  assert.deepEqual(readdirSync(folder.path), []);
  await assert.rejects(folder.fill(join(trees.root, 'absent')), {
    code: 'LAM_DRIVER_START_FAILED',
    message: /could not be laid out: ENOENT/,
  });
});

test('a folder that is removed during a fill leaves nothing behind', async () => {
  await using trees = await Trees.make(3000);
  const folder = await CodeFolder.make(join(trees.root, 'code'), systemClock);
  const filling = folder.fill(trees.from);
  const [filled] = await Promise.allSettled([filling, folder.remove()]);
  assert.equal(filled.status, 'rejected');
  await assert.rejects(filling, { code: 'LAM_DRIVER_START_FAILED' });
  assert.ok(!existsSync(folder.path));
});
