import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DRIVERS, lamSession, type LamSession } from './session.ts';

interface Deploys {
  readonly functions: readonly {
    readonly unchanged: boolean;
    readonly version: number;
    readonly repaired?: { readonly files: number; readonly artifacts: number };
  }[];
}

const CODE = `exports.handler = async () => 'good';\n`;

function project(s: LamSession, name: string): string {
  return s.files(name, { 'lam.yaml': `name: ${name}\nruntime: nodejs\n`, 'index.js': CODE });
}

/** The one tree of the home. */
function tree(s: LamSession): string {
  const [artifact = '', ...more] = readdirSync(join(s.home, 'artifacts'));
  assert.deepEqual(more, []);
  return join(s.home, 'artifacts', artifact, 'tree');
}

/** Does what only the owner of the home and root can do: other code of the same size and times. */
function alter(path: string): void {
  const { atime, mtime, mode } = statSync(path);
  chmodSync(path, 0o644);
  writeFileSync(path, CODE.replace('good', 'evil'));
  chmodSync(path, mode & 0o777);
  utimesSync(path, atime, mtime);
}

for (const driver of DRIVERS) {
  describe(`stored code, with driver ${driver},`, () => {
    test('that was altered is found and healed by a deploy that changes nothing, for all functions that share it', async () => {
      await using s = await lamSession({ driver });
      for (const name of ['one', 'two']) await s.ok(['deploy'], { cwd: project(s, name) });
      assert.equal((await s.ok(['invoke', 'one'])).stdout, '"good"');
      alter(join(tree(s), 'index.js'));
      await s.ok(['restart']);
      for (const name of ['one', 'two']) assert.equal((await s.ok(['invoke', name])).stdout, '"evil"');

      const answer = await s.json<Deploys>(['deploy'], { cwd: join(s.cwd, 'one') });
      const [{ unchanged, version, repaired } = assert.fail()] = answer.functions;
      assert.deepEqual(
        { unchanged, version, repaired },
        { unchanged: true, version: 1, repaired: { files: 1, artifacts: 1 } },
      );
      // Both have warm sandboxes, which loaded the altered code.
      for (const name of ['one', 'two']) assert.equal((await s.ok(['invoke', name])).stdout, '"good"');
      assert.match(readFileSync(join(s.home, 'daemon.log'), 'utf8'), /altered or lost.*whole again/);

      assert.equal((await s.json<Deploys>(['deploy'], { cwd: join(s.cwd, 'two') })).functions[0]?.repaired, undefined);
      alter(join(tree(s), 'index.js'));
      const { stderr } = await s.ok(['deploy'], { cwd: join(s.cwd, 'two') });
      assert.match(stderr, /two: the stored code had been lost or altered on the disk, and is repaired: one file/);
    });

    test('whose unpacked folder was lost runs again; without its objects it is refused until a deploy', async () => {
      await using s = await lamSession({ driver });
      // Without a check no sandbox has loaded the code yet.
      await s.ok(['deploy', '--no-verify'], { cwd: project(s, 'one') });
      const folder = tree(s);
      rmSync(folder, { recursive: true });
      assert.equal((await s.ok(['invoke', 'one'])).stdout, '"good"');

      alter(join(folder, 'index.js'));
      rmSync(folder, { recursive: true });
      await s.ok(['restart']);
      const { message, hint } = await s.refused(['invoke', 'one'], 'LAM_STORE_ARTIFACT_LOST', 1);
      assert.ok(message.includes(join(folder, '..')), message);
      assert.match(hint ?? '', /deploy the same code again/);
      const { stderr } = await s.ok(['deploy'], { cwd: join(s.cwd, 'one') });
      assert.match(stderr, /is repaired: one file/);
      assert.equal((await s.ok(['invoke', 'one'])).stdout, '"good"');
    });
  });
}
