import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { homeId } from '../../src/contract/index.ts';
import { Isolation } from '../../src/driver/process/isolation.ts';
import { errnoOf } from '../../src/errors/index.ts';
import { systemClock } from '../../src/kit/index.ts';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

/** Makes files in `folder` until it takes no more; returns them. */
function fill(folder: string): readonly string[] {
  const made: string[] = [];
  for (;;) {
    const path = join(folder, `f${made.length}`);
    try {
      writeFileSync(path, '');
    } catch (error) {
      assert.equal(errnoOf(error), 'ENOSPC');
      return made;
    }
    made.push(path);
  }
}

test(
  'a full disk starts no sandbox as root, and sandboxes with users of their own once there is room',
  {
    skip: !isRoot && 'root only',
  },
  async () => {
    const disk = mkdtempSync(join(tmpdir(), 'lam-full-'));
    chmodSync(disk, 0o755);
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'nr_inodes=30,mode=755', 'tmpfs', disk]);
    try {
      const home = join(disk, 'h');
      mkdirSync(join(home, 'run'), { recursive: true, mode: 0o700 });
      const parts = { home, homeId: homeId(home), needs: [], cgroups: false, clock: systemClock };
      const isolation = new Isolation(parts);
      if (!isolation.facts.ownUsers) return;
      const made = fill(disk);
      await assert.rejects(isolation.take([]), { code: 'ENOSPC' });
      for (const path of made) rmSync(path);
      const place = await isolation.take([]);
      assert.notEqual(place.user ?? 0, 0);
      await place.shell.discard();
      await place.free();
      await isolation.close();
    } finally {
      execFileSync('/bin/umount', [disk]);
      rmdirSync(disk);
    }
  },
);
