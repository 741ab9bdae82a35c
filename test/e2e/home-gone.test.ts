import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { eventually, lamSession, leftovers, type LamSession } from './session.ts';

/** Time in which a daemon notices, and time to end its sandboxes (ms). */
const LIMIT_MS = 5000;

/** Runs a daemon in the foreground with a warm sandbox. */
async function serving(s: LamSession): Promise<{ ended: Promise<{ code: number; said: string; ms: () => number }> }> {
  const child = s.start(['serve']);
  assert.ok(child.stderr);
  const said = text(child.stderr);
  let endedAt = 0;
  const exit = once(child, 'exit').then(([code]) => {
    endedAt = performance.now();
    return code as number;
  });
  assert.ok(await eventually(async () => (await s.run(['status', '--no-start'])).code === 0));
  await s.ok(['deploy', 'hello', '--inline', 'exports.handler = async () => 1']);
  await s.ok(['invoke', 'hello']);
  const ended = Promise.all([exit, said]).then(([code, words]) => ({ code, said: words, ms: () => endedAt }));
  return { ended };
}

describe('a daemon whose home', () => {
  const changes: readonly [string, RegExp, (home: string) => void][] = [
    ['was removed', /removed or moved/, (home) => rmSync(home, { recursive: true })],
    ['was moved', /removed or moved/, (home) => renameSync(home, `${home}-moved`)],
    [
      'was emptied',
      /emptied/,
      (home) => readdirSync(home).forEach((name) => rmSync(join(home, name), { recursive: true })),
    ],
    [
      'was replaced by another folder',
      /emptied/,
      (home) => {
        rmSync(home, { recursive: true });
        mkdirSync(home, { mode: 0o700 });
      },
    ],
  ];
  for (const [title, what, change] of changes) {
    test(`${title} says so, frees its port and ends with its sandboxes`, async () => {
      await using s = await lamSession();
      const { ended } = await serving(s);
      const began = performance.now();
      change(s.home);
      const { code, said, ms } = await ended;
      assert.ok(ms() - began < LIMIT_MS, `${ms() - began} ms`);
      assert.equal(code, 1);
      assert.match(said, what);
      assert.match(said, /LAM_DAEMON_HOME_GONE/);
      assert.ok(said.includes(`'${s.home}'`), said);
      assert.deepEqual(await leftovers(s), []);
      // The port is free again.
      await s.ok(['start']);
    });
  }

  test('was replaced by one with a daemon of its own leaves that one alone', async () => {
    await using s = await lamSession();
    const { ended } = await serving(s);
    renameSync(s.home, `${s.home}-moved`);
    await s.ok(['start', '--port', '0']);
    // Which word it uses depends on how far the other one is when it looks.
    assert.match((await ended).said, /LAM_DAEMON_HOME_GONE/);
    await s.ok(['status', '--no-start']);
  });
});
