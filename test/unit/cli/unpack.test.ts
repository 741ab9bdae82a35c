import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { unpack } from '../../../src/cli/binary/unpack.ts';

const INDEX = {
  hash: 'abc',
  files: [
    { path: 'esbuild', executable: true },
    { path: 'templates/a/b.txt', executable: false },
  ],
};

describe('unpacking the assets of the binary', () => {
  test('creates the folder once, with all files and modes', () => {
    const home = mkdtempSync(join(tmpdir(), 'lam-unpack-'));
    try {
      const asked: string[] = [];
      const content = (key: string): Uint8Array => {
        asked.push(key);
        return Buffer.from(key);
      };
      const folder = unpack(home, INDEX, content);
      assert.equal(unpack(home, INDEX, content), folder);
      assert.deepEqual(asked, ['esbuild', 'templates/a/b.txt']);
      assert.equal(readFileSync(join(folder, 'templates/a/b.txt'), 'utf8'), 'templates/a/b.txt');
      assert.equal(statSync(join(folder, 'esbuild')).mode & 0o111, 0o111);
      // Another user must be able to read what is mounted into containers.
      assert.equal(statSync(join(folder, 'templates/a')).mode & 0o055, 0o055);
      assert.deepEqual(readdirSync(join(home, 'cache')), ['abc']);
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  test('removes what a process left that was killed meanwhile, and nothing of one that runs', async () => {
    const home = mkdtempSync(join(tmpdir(), 'lam-unpack-'));
    try {
      const killed = spawn('sleep', ['60']);
      const exit = once(killed, 'exit');
      killed.kill('SIGKILL');
      await exit;
      for (const name of [`abc.${killed.pid}`, `abc.${process.ppid}`, 'abcd', 'build'])
        mkdirSync(join(home, 'cache', name, 'templates'), { recursive: true });
      unpack(home, INDEX, (key) => Buffer.from(key));
      assert.deepEqual(
        readdirSync(join(home, 'cache')).toSorted(),
        ['abc', `abc.${process.ppid}`, 'abcd', 'build'].toSorted(),
      );
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  test('makes a missing home for its owner alone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lam-unpack-'));
    try {
      const home = join(folder, 'home');
      unpack(home, INDEX, (key) => Buffer.from(key));
      assert.equal(statSync(home).mode & 0o777, 0o700);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('leaves nothing behind when it fails midway', () => {
    const home = mkdtempSync(join(tmpdir(), 'lam-unpack-'));
    try {
      const content = (key: string): Uint8Array => (key === 'esbuild' ? Buffer.from('x') : assert.fail('no room'));
      assert.throws(() => unpack(home, INDEX, content), /no room/);
      assert.deepEqual(readdirSync(join(home, 'cache')), []);
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});
