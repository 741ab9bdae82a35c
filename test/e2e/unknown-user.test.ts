import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { lamSession } from './session.ts';

/** No entry of the user database has it. */
const UID = 1_987_654;

describe(
  'a user without an entry in the user database',
  {
    skip: process.getuid?.() === 0 ? false : 'only root can become another user',
  },
  () => {
    test('deploys and invokes, also without SHELL', async () => {
      await using s = await lamSession();
      const place = join(s.root, 'theirs');
      mkdirSync(place);
      chownSync(place, UID, UID);
      chmodSync(s.root, 0o755);
      const home = join(place, 'home');
      const options = { uid: UID, cwd: place, env: { LAM_HOME: home, SHELL: undefined, HOME: '/' } };
      s.onDispose(async () => void (await s.ok(['stop'], options)));
      await s.ok(['deploy', 'hello', '--inline', 'exports.handler = async () => 1'], options);
      assert.equal((await s.ok(['invoke', 'hello'], options)).stdout.trim(), '1');
      assert.match((await s.ok(['versions', 'hello'], options)).stdout, /unknown@/);
    });
  },
);
