import assert from 'node:assert/strict';
import { chown, lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { probeDocker } from '../../src/driver/docker/index.ts';
import { DockerRig, INIT, invoke, resultOf, specOf } from './docker-rig.ts';
import { boundTo } from './stem-rig.ts';

const probe = await probeDocker();
const socketPath = probe.ok ? probe.socketPath : '';
/** User of functions in a container. */
const INSIDE = 1000;

/** Tries to change its own code in several ways, and reports the result of each attempt. */
const ATTACK = `const fs = require('node:fs');
const code = '/var/task/index.js';
const attempt = (f) => { try { f(); return 'done'; } catch (e) { return e.code; } };
exports.handler = async () => {
  const fd = fs.openSync(code, 'r');
  const seen = fs.fstatSync(fd);
  return {
    uid: process.getuid(), owner: seen.uid, links: seen.nlink,
    attempts: {
      write: attempt(() => fs.writeFileSync(code, 'x')),
      append: attempt(() => fs.appendFileSync(code, 'x')),
      truncate: attempt(() => fs.truncateSync(code, 0)),
      reopen: attempt(() => fs.openSync('/proc/self/fd/' + fd, 'r+')),
      chmod: attempt(() => fs.chmodSync(code, 0o777)),
      fchmod: attempt(() => fs.fchmodSync(fd, 0o777)),
      chown: attempt(() => fs.chownSync(code, 1000, 1000)),
      times: attempt(() => fs.utimesSync(code, 1, 1)),
      unlink: attempt(() => fs.unlinkSync(code)),
      rename: attempt(() => fs.renameSync(code, '/var/task/other.js')),
      link: attempt(() => fs.linkSync(code, '/tmp/index.js')),
      linkBeside: attempt(() => fs.linkSync(code, '/var/task/other.js')),
      mkdir: attempt(() => fs.mkdirSync('/var/task/folder')),
      symlink: attempt(() => fs.symlinkSync('/tmp', '/var/task/tmp')),
    },
  };
};`;

if (probe.ok) {
  void describe('stems in Docker', () => {
    test('code cannot change the store\u2019s files through hard links, whoever owns them', async () => {
      await using rig = await DockerRig.make();
      const driver = await rig.driver(socketPath);
      const own = process.getuid?.() ?? 0;
      for (const owner of own === 0 ? [own, INSIDE] : [own]) {
        const code = await rig.code({ 'index.js': ATTACK });
        const file = join(code, 'index.js');
        await chown(file, owner, process.getgid?.() ?? 0);
        const before = await lstat(file);
        const stem = await driver.create(specOf('nodejs', '', { artifact: null }), rig.hooks);
        await stem.bind(boundTo('nodejs', code));
        assert.equal((await stem.session.init(INIT, 10_000)).kind, 'ready', JSON.stringify(rig.logs));
        const { attempts, ...rest } = resultOf(await invoke(stem.session, {})) as { attempts: Record<string, string> };
        assert.deepEqual(rest, { uid: INSIDE, owner, links: 2 });
        const allowed = Object.entries(attempts).filter(
          ([, outcome]) => !['EROFS', 'EXDEV', 'EPERM', 'EACCES'].includes(outcome),
        );
        assert.deepEqual(allowed, []);
        // As owner of the files it may do these anywhere but on a read-only mount.
        if (owner === INSIDE)
          for (const what of ['write', 'reopen', 'chmod', 'fchmod', 'times'])
            assert.equal(attempts[what], 'EROFS', what);
        await stem.destroy();
        const after = await lstat(file);
        assert.equal(await readFile(file, 'utf8'), ATTACK);
        assert.deepEqual(
          [after.mode, after.mtimeMs, after.uid, after.nlink],
          [before.mode, before.mtimeMs, before.uid, 1],
        );
      }
    });

    test('a stem can read its code under any umask of the daemon', async () => {
      const usual = process.umask(0o077);
      try {
        await using rig = await DockerRig.make();
        const driver = await rig.driver(socketPath);
        process.umask(0o022);
        const code = await rig.code({
          'index.js': 'exports.handler = async () => require("./deep/er/value.js");',
          'deep/er/value.js': 'module.exports = 1',
        });
        process.umask(0o077);
        const stem = await driver.create(specOf('nodejs', '', { artifact: null }), rig.hooks);
        await stem.bind(boundTo('nodejs', code));
        assert.equal((await stem.session.init(INIT, 10_000)).kind, 'ready', JSON.stringify(rig.logs));
        assert.equal(resultOf(await invoke(stem.session, {})), 1);
      } finally {
        process.umask(usual);
      }
    });

    test('a stem with a network is connected before it is bound', async () => {
      await using rig = await DockerRig.make();
      const driver = await rig.driver(socketPath);
      const stem = await driver.create(specOf('nodejs', '', { artifact: null, network: 'on' }), rig.hooks);
      await stem.bind(
        boundTo(
          'nodejs',
          await rig.code({
            'index.js': 'exports.handler = async () => require("node:fs").readdirSync("/sys/class/net").sort();',
          }),
        ),
      );
      assert.equal((await stem.session.init(INIT, 10_000)).kind, 'ready');
      assert.deepEqual(resultOf(await invoke(stem.session, {})), ['eth0', 'lo']);
    });

    test('leaves no folder of a stem that the engine refuses', async () => {
      await using rig = await DockerRig.make();
      const driver = await rig.driver(socketPath);
      const limits = { memoryMiB: 1, cpus: 1, pids: 64, tmpMiB: 16 };
      await assert.rejects(driver.create(specOf('nodejs', '', { artifact: null, limits }), rig.hooks), {
        code: 'LAM_DRIVER_START_FAILED',
      });
      assert.deepEqual(await readdir(join(rig.home, 'run/docker/stems')), []);
    });
  });
}
