import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ifCode, NOT_OURS } from '../support/if-code.ts';
import { homeWithKeptBuilds, NO_MAVEN } from '../support/maven.ts';
import { eventually, IS_BINARY, lamSession, NO_DOCKER, type LamSession } from './session.ts';

const GONE = ['ENOENT', 'ESRCH', ...NOT_OURS];

/** Names of the archives beside the artifacts of a home. */
function archives(home: string): readonly string[] {
  const folder = join(home, 'artifacts');
  const paths = readdirSync(folder).flatMap((artifact) => readdirSync(join(folder, artifact)));
  return paths.filter((name) => /^archive-[0-9a-f]{16}$/.test(name));
}

/** How many processes have mapped a file whose path ends so. */
function mapping(ending: RegExp): number {
  const maps = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/maps`, 'utf8');
    } catch (error) {
      return ifCode(GONE, '')(error);
    }
  };
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && ending.test(maps(name))).length;
}

const skip = IS_BINARY ? 'the same jars ran in the lane of the built command' : NO_MAVEN;

for (const driver of ['process', 'docker'] as const) {
  const noDriver = driver === 'docker' && NO_DOCKER;
  describe(`the archive of classes with the ${driver} driver`, { skip: skip === false ? noDriver : skip }, () => {
    let session: LamSession;
    before(async () => {
      session = await lamSession({ driver });
      homeWithKeptBuilds(session.home);
    });
    after(() => session.dispose());

    test('is made after a deploy for each function, outlives the daemon, is used, and goes with the code', async () => {
      const s = session;
      await s.ok(['init', 'java-hello', '--runtime', 'java']);
      const cwd = join(s.cwd, 'java-hello');
      const settings = readFileSync(join(cwd, 'lam.yaml'), 'utf8').replaceAll(/^name:.*$/gm, '');
      const own = settings.replaceAll(/^/gm, '    ');
      writeFileSync(
        join(cwd, 'lam.yaml'),
        `functions:\n  java-hello:\n${own}\n  twin:\n${own}\n  plain:\n${own}\n    environment: {JAVA_TOOL_OPTIONS: -Xshare:auto}\n`,
      );
      await s.ok(['deploy'], { cwd, limitMs: 240_000 });
      // The same code, but what one function made must not reach the other; the third wants none.
      assert.ok(await eventually(() => archives(s.home).length === 2, 60_000), archives(s.home).join());
      await s.ok(['restart'], { cwd, limitMs: 60_000 });
      // In containers the file has other names, one of them in stems.
      const seen =
        driver === 'docker' ? / \/lam\/(?:api\/)?archive$/m : new RegExp(` ${s.home}/artifacts/.*/archive-\\w+$`, 'm');
      const before = mapping(seen);
      for (const name of ['java-hello', 'twin', 'plain'])
        assert.equal((await s.ok(['invoke', name, '-d', '{"name":"Ada"}'])).stdout, '{"message":"Hello Ada!"}');
      assert.equal(mapping(seen) - before, 2);
      assert.doesNotMatch((await s.ok(['logs', 'java-hello'], { cwd })).stdout, /\[warning\]|cds/);
      for (const name of ['java-hello', 'twin', 'plain']) await s.ok(['delete', name, '-y']);
      await s.ok(['gc', '-y']);
      assert.deepEqual(archives(s.home), []);
    });
  });
}
