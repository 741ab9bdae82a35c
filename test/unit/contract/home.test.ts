import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { connect } from '../../../src/client/index.ts';
import { homeFrom, homeId, isOwnSocket, makeHome, SOCKET_PATH_BYTES, socketPath } from '../../../src/contract/index.ts';

describe('the home', () => {
  test('is LAM_HOME as an absolute path, or ~/.lam', () => {
    assert.equal(homeFrom({ LAM_HOME: '/x' }), '/x');
    assert.equal(homeFrom({ LAM_HOME: 'x' }), join(process.cwd(), 'x'));
    assert.equal(homeFrom({ LAM_HOME: '', HOME: '/u' }), '/u/.lam');
  });

  test('has the same id through a symbolic link, even before it exists', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lam-home-'));
    try {
      mkdirSync(join(folder, 'real'));
      symlinkSync('real', join(folder, 'link'));
      assert.match(homeId(join(folder, 'real')), /^[0-9a-f]{16}$/);
      assert.equal(homeId(join(folder, 'link')), homeId(join(folder, 'real')));
      assert.equal(homeId(join(folder, 'link', 'new')), homeId(join(folder, 'real', 'new')));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('contains its socket, unless the path is too long for one', () => {
    assert.equal(socketPath('/h'), '/h/run/lam.sock');
    const long = `/${'x'.repeat(120)}`;
    assert.equal(socketPath(long), `/tmp/lam-${process.getuid?.() ?? 0}-${homeId(long)}/lam.sock`);
    const edge = `/${'x'.repeat(SOCKET_PATH_BYTES - 1 - '/run/lam.sock'.length)}`;
    assert.equal(socketPath(edge), `${edge}/run/lam.sock`);
  });

  test('is created for its owner only, and closed if it was open to others', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lam-home-'));
    const home = join(folder, 'x'.repeat(110));
    try {
      makeHome(home);
      assert.equal(statSync(home).mode & 0o777, 0o700);
      chmodSync(dirname(socketPath(home)), 0o755);
      makeHome(home);
      assert.equal(statSync(dirname(socketPath(home))).mode & 0o777, 0o700);
    } finally {
      rmSync(dirname(socketPath(home)), { recursive: true, force: true });
      rmSync(folder, { recursive: true });
    }
  });

  test("reports the system's reason for refusing a folder, even where mkdir reports a missing parent", () => {
    for (const home of ['/proc/lam', '/proc/lam/deeper']) {
      assert.throws(
        () => makeHome(home),
        (error) => (error as { code?: string }).code === 'ENOENT',
      );
    }
  });

  test('is refused when the socket folder is a symbolic link', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lam-home-'));
    const home = join(folder, 'y'.repeat(110));
    const place = dirname(socketPath(home));
    try {
      symlinkSync(folder, place);
      assert.throws(
        () => makeHome(home),
        (error) => (error as { code?: string }).code === 'LAM_CLIENT_SOCKET_FOLDER_FOREIGN',
      );
    } finally {
      rmSync(place, { force: true });
      rmSync(folder, { recursive: true });
    }
  });

  test('is asked only where no other user can answer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lam-home-'));
    const home = join(folder, 'z'.repeat(110));
    const place = dirname(socketPath(home));
    try {
      assert.ok(isOwnSocket(join(folder, 'short')));
      assert.ok(isOwnSocket(home), 'nothing is there yet');
      mkdirSync(place);
      assert.ok(isOwnSocket(home));
      rmSync(place, { recursive: true });
      symlinkSync(folder, place);
      assert.ok(!isOwnSocket(home));
      await assert.rejects(
        connect({ home, version: '0', launch: null }),
        (error) => (error as { code?: string }).code === 'LAM_CLIENT_SOCKET_FOLDER_FOREIGN',
      );
      if (process.getuid?.() !== 0) return;
      rmSync(place);
      mkdirSync(place);
      chownSync(place, 65534, 65534);
      assert.ok(!isOwnSocket(home));
    } finally {
      rmSync(place, { recursive: true, force: true });
      rmSync(folder, { recursive: true });
    }
  });
});
