import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { DfAnswer, GcAnswer } from '../../src/contract/index.ts';
import { listing, listingIfThere } from '../support/listing.ts';
import { NO_OTHER_USER, NOBODY } from './program-for-all.ts';
import { eventually, lamSession, type LamSession } from './session.ts';

const MIB = 1024 * 1024;

/** Mounts a small file system over the home; undefined if that is not permitted. */
function smallHome(s: LamSession, mib: number): boolean {
  mkdirSync(s.home, { recursive: true, mode: 0o700 });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m,mode=0700`, 'lam-test', s.home]).status !== 0)
    return false;
  // A killed process may keep a folder of it open for a moment.
  s.onDispose(async () => assert.ok(await eventually(() => spawnSync('umount', [s.home]).status === 0)));
  return true;
}

function project(s: LamSession, n: number, ballast: Uint8Array): string {
  return s.files('big', {
    'lam.yaml': 'name: big\nruntime: nodejs\n',
    'index.mjs': `export const handler = async () => ${n};`,
    'ballast.bin': ballast,
  });
}

describe('a full disk', () => {
  test('fails a deploy with a clear error and affects no earlier version; deploys work again once there is space', async (t) => {
    await using s = await lamSession();
    // The single binary first unpacks its own files into the home.
    if (!smallHome(s, 48)) return t.skip('a small file system cannot be mounted here');
    await s.ok(['deploy'], { cwd: project(s, 1, randomBytes(2 * MIB)) });
    await s.ok(['deploy'], { cwd: project(s, 2, randomBytes(2 * MIB)) });
    const before = await s.json<DfAnswer>(['df']);
    const kept = listing(join(s.home, 'objects'));

    const { message, hint } = await s.refused(['deploy'], 'LAM_STORE_DISK_FULL', 1, {
      cwd: project(s, 3, randomBytes(60 * MIB)),
    });
    assert.ok(message.includes(s.home), message);
    assert.match(hint ?? '', /lam df.*lam gc/);
    assert.deepEqual(listing(join(s.home, 'objects')), kept);
    assert.deepEqual([...listingIfThere(join(s.home, 'staging')), ...listingIfThere(join(s.home, 'tmp'))], []);
    assert.deepEqual((await s.json<DfAnswer>(['df'])).objects, before.objects);

    // No space is left now: deployed functions still run, and writes are refused.
    const filler = join(s.home, 'filler');
    const { bavail, bsize } = statfsSync(s.home);
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - 4096)));
    assert.equal((await s.ok(['invoke', 'big'])).stdout, '2');
    assert.equal((await s.ok(['invoke', 'big@1'])).stdout, '1');
    await s.refused(['deploy'], 'LAM_STORE_DISK_FULL', 1, { cwd: project(s, 3, randomBytes(MIB)) });
    rmSync(filler);

    await s.ok(['gc', '--keep', '0', '-y']);
    await s.ok(['deploy'], { cwd: project(s, 4, randomBytes(2 * MIB)) });
    assert.equal((await s.ok(['invoke', 'big'])).stdout, '4');
    await s.ok(['restart']);
    assert.equal((await s.ok(['invoke', 'big'])).stdout, '4');
  });
});

/** Fills a file system to its last byte. */
function fill(s: LamSession, name: string): string {
  const path = join(s.home, name);
  const file = openSync(path, 'w');
  try {
    for (let piece = Buffer.alloc(MIB); ;) {
      try {
        writeSync(file, piece);
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
        if (piece.length === 1) return path;
        piece = piece.subarray(0, piece.length / 2);
      }
    }
  } finally {
    closeSync(file);
  }
}

describe('a disk without a byte free, and no daemon,', () => {
  test('lets lam df and lam gc work, which free space for a deploy', async (t) => {
    await using s = await lamSession();
    if (!smallHome(s, 48)) return t.skip('a small file system cannot be mounted here');
    for (const n of [1, 2, 3]) await s.ok(['deploy'], { cwd: project(s, n, randomBytes(2 * MIB)) });
    await s.ok(['stop']);
    fill(s, 'filler');
    assert.equal(statfsSync(s.home).bavail, 0);
    assert.ok((await s.json<DfAnswer>(['df'])).objects.bytes > 6 * MIB);
    assert.ok((await s.json<GcAnswer>(['gc', '--keep', '0', '--yes'])).bytes > 4 * MIB);
    assert.equal((await s.ok(['invoke', 'big'])).stdout, '3');
    await s.ok(['deploy'], { cwd: project(s, 4, randomBytes(MIB / 4)) });
    assert.equal((await s.ok(['invoke', 'big'])).stdout, '4');
  });

  test('lets lam gc free space by itself', async (t) => {
    await using s = await lamSession();
    if (!smallHome(s, 48)) return t.skip('a small file system cannot be mounted here');
    for (const n of [1, 2, 3]) await s.ok(['deploy'], { cwd: project(s, n, randomBytes(2 * MIB)) });
    await s.ok(['stop']);
    fill(s, 'filler');
    assert.ok((await s.json<GcAnswer>(['gc', '--keep', '0', '--yes'])).bytes > 4 * MIB);
    await s.ok(['stop']);
    // What gc freed is kept back again.
    fill(s, 'filler-2');
    await s.ok(['df']);
    assert.equal((await s.ok(['invoke', 'big'])).stdout, '3');
  });
});

describe('a home that is not writable', () => {
  test('is refused by name, with another place to go', { skip: NO_OTHER_USER }, async () => {
    await using s = await lamSession();
    const home = join(s.root, 'closed');
    mkdirSync(home, { mode: 0o755 });
    chmodSync(s.root, 0o755);
    for (const [LAM_HOME, code] of [
      [home, 'LAM_CLIENT_HOME_FOREIGN'],
      [join(home, 'below'), 'LAM_CLIENT_HOME_NOT_WRITABLE'],
    ] as const) {
      const { message, hint } = await s.refused(['start'], code, 1, {
        env: { LAM_HOME, HOME: '/nonexistent' },
        uid: NOBODY,
        cwd: '/',
      });
      assert.ok(message.includes(`'${LAM_HOME}'`), message);
      assert.match(hint ?? '', /lam --home \S+ status/);
    }
    assert.deepEqual(listing(home), []);
  });

  test('because its file system is read-only is reported', async (t) => {
    await using s = await lamSession();
    if (!smallHome(s, 8)) return t.skip('a small file system cannot be mounted here');
    assert.equal(spawnSync('mount', ['-o', 'remount,ro', s.home]).status, 0);
    const { message } = await s.refused(['start'], 'LAM_CLIENT_HOME_NOT_WRITABLE', 1);
    assert.ok(message.includes(s.home), message);
    assert.match(message, /read-only/i);
  });
});

describe('thirty deploys of five megabytes with one file changed', () => {
  test('upload only the file that changed, and store the rest once', { timeout: 360_000 }, async () => {
    await using s = await lamSession();
    const deploys = 30;
    const files = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`lib/part-${i}.bin`, randomBytes((5 * MIB) / 50)]),
    );
    const cwd = s.files('big', { 'lam.yaml': 'name: big\nruntime: nodejs\n', ...files });
    for (let n = 1; n <= deploys; n += 1) {
      s.files('big', { 'index.mjs': `export const handler = async () => ${n};` });
      const { stderr } = await s.ok(['deploy'], { cwd });
      assert.match(stderr, n === 1 ? /sending 51 files/ : /sending one file/);
    }
    const { objects, functions } = await s.json<DfAnswer>(['df']);
    assert.ok((functions[0]?.logical ?? 0) > deploys * 5 * MIB, 'as if nothing were shared');
    assert.ok(objects.bytes < 2 * 5 * MIB, `${objects.bytes} bytes`);
    // Disk usage by the file system: each file counts once, regardless of its links.
    const inodes = new Map<number, number>();
    for (const name of [
      ...listing(join(s.home, 'objects')).map((n) => join('objects', n)),
      ...listing(join(s.home, 'artifacts')).map((n) => join('artifacts', n)),
    ]) {
      const { ino, blocks, nlink } = lstatSync(join(s.home, name));
      if (nlink > 0) inodes.set(ino, blocks * 512);
    }
    const onDisk = [...inodes.values()].reduce((sum, bytes) => sum + bytes, 0);
    assert.ok(onDisk < 2 * 5 * MIB, `${onDisk} bytes on disk`);
    assert.equal((await s.ok(['invoke', 'big'])).stdout, String(deploys));
    assert.equal((await s.ok(['invoke', 'big@1'])).stdout, '1');
  });
});
