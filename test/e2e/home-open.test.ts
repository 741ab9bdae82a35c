import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { eventually, lamSession } from './session.ts';

const IS_ROOT = process.getuid?.() === 0;

describe('a home that others can read', () => {
  const modeOf = (path: string): number => statSync(path).mode & 0o777;

  test('is closed by the next start, which says so once', async () => {
    await using s = await lamSession();
    await s.ok(['start']);
    await s.ok(['stop']);
    for (const folder of ['', 'state', 'logs']) chmodSync(join(s.home, folder), 0o755);
    const { stderr } = await s.ok(['start']);
    assert.match(stderr, /closed the home '.*' to other users: its mode was 755, and is 700 now/);
    assert.ok(stderr.includes(`'${s.home}'`), stderr);
    assert.deepEqual(
      ['', 'state', 'logs', 'run'].map((folder) => modeOf(join(s.home, folder))),
      Array(4).fill(0o700),
    );
    assert.equal(modeOf(join(s.home, 'state', 'node-id')), 0o600);
    assert.equal(modeOf(join(s.home, 'run', 'lam.sock')), 0o600);
    await s.ok(['stop']);
    assert.doesNotMatch((await s.ok(['start'])).stderr, /closed the home/);
  });

  test('is closed by lam serve, too', async () => {
    await using s = await lamSession();
    mkdirSync(s.home, { mode: 0o700 });
    chmodSync(s.home, 0o775);
    s.start(['serve']);
    assert.ok(await eventually(async () => (await s.run(['status', '--no-start'])).code === 0));
    assert.equal(modeOf(s.home), 0o700);
  });

  test('may let others pass through', async () => {
    await using s = await lamSession();
    mkdirSync(s.home, { mode: 0o700 });
    chmodSync(s.home, 0o711);
    assert.doesNotMatch((await s.ok(['start'])).stderr, /closed the home/);
    assert.equal(modeOf(s.home), 0o711);
  });

  test('is refused when it holds other things', async () => {
    await using s = await lamSession();
    mkdirSync(join(s.home, 'photos'), { recursive: true });
    chmodSync(s.home, 0o755);
    const { hint } = await s.refused(['start'], 'LAM_CLIENT_HOME_OPEN', 1);
    assert.ok(hint?.includes(`chmod 700 '${s.home}'`), hint ?? '');
    assert.deepEqual([modeOf(s.home), readdirSync(s.home)], [0o755, ['photos']]);
  });

  test('is refused when it cannot be closed', async (t) => {
    await using s = await lamSession();
    mkdirSync(s.home, { mode: 0o700 });
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=0755', 'lam-test', s.home]).status !== 0)
      return t.skip('a file system cannot be mounted here');
    s.onDispose(() => assert.equal(spawnSync('umount', [s.home]).status, 0));
    assert.equal(spawnSync('mount', ['-o', 'remount,ro', s.home]).status, 0);
    const { message, hint } = await s.refused(['start'], 'LAM_CLIENT_HOME_OPEN', 1);
    assert.match(message, /mode 755/);
    assert.ok(hint?.includes(`chmod 700 '${s.home}'`), hint ?? '');
  });
});

describe('a home of another user', { skip: IS_ROOT ? false : 'only root can give a folder away' }, () => {
  test('is refused, by start and by serve', async () => {
    await using s = await lamSession();
    mkdirSync(s.home, { mode: 0o700 });
    chownSync(s.home, 65_534, 65_534);
    for (const command of ['start', 'serve']) {
      const { message } = await s.refused([command], 'LAM_CLIENT_HOME_FOREIGN', 1);
      assert.match(message, /with id 65534/);
    }
  });
});
