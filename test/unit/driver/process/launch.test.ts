import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { commandLine } from '../../../../src/driver/process/launch.ts';
import { processEnvironment } from '../../../../src/driver/process/process-environment.ts';
import { requireRuntime } from '../../../../src/runtimes/index.ts';

const PLAN = { command: ['/bin/echo', 'a b', '$HOME'], joins: [], fileMiB: 16 };

describe('the command line of a sandbox', () => {
  test('ends it with the daemon, lets it gain no privileges, writes no core and limits its files', () => {
    assert.deepEqual(commandLine({ setpriv: true }, PLAN), [
      '/usr/bin/setpriv',
      '--pdeathsig',
      'KILL',
      '--no-new-privs',
      '--',
      '/bin/sh',
      '-c',
      'ulimit -c 0; ulimit -f 32768 2>/dev/null; exec "$@"',
      'sh',
      ...PLAN.command,
    ]);
  });

  test('does the same without setpriv, as far as a shell can', () => {
    assert.deepEqual(commandLine({ setpriv: false }, PLAN), commandLine({ setpriv: true }, PLAN).slice(5));
  });

  test('passes the command its arguments unchanged, after joining its groups', () => {
    const folder = mkdtempSync(join(tmpdir(), "lam launch's-"));
    try {
      const joins = ['one', 'two'].map((name) => join(folder, name));
      for (const file of joins) writeFileSync(file, '');
      const [program = '', ...args] = commandLine({ setpriv: false }, { ...PLAN, joins });
      assert.equal(execFileSync(program, args, { encoding: 'utf8' }), 'a b $HOME\n');
      assert.deepEqual(
        joins.map((file) => readFileSync(file, 'utf8')),
        ['0\n', '0\n'],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('does not start the command if a group cannot be joined', () => {
    const [program = '', ...args] = commandLine({ setpriv: false }, { ...PLAN, joins: ['/no/such/group'] });
    assert.throws(() => execFileSync(program, args, { stdio: 'pipe' }), { status: 125 });
  });
});

describe('the environment of a process', () => {
  const of = (runtime: string, own: Readonly<Record<string, string>> = {}): Record<string, string> => {
    const spec = { runtime: requireRuntime(runtime), limits: { memoryMiB: 128, cpus: 1, pids: 64, tmpMiB: 16 } };
    return processEnvironment({ spec, tmp: '/sb/tmp', homeId: 'home', own });
  };
  const BASE = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: '/sb/tmp',
    TMPDIR: '/sb/tmp',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    LAM_OWNER: 'home',
  };

  test('contains nothing of the daemon, and the variables of its runtime', () => {
    assert.deepEqual(of('python3'), BASE);
    assert.deepEqual(of('nodejs'), { ...BASE, NODE_OPTIONS: '--max-old-space-size=80' });
  });

  test("lets a function set any variable except the owner's mark", () => {
    assert.deepEqual(of('provided', { TZ: 'CET', LAM_OWNER: 'me' }), { ...BASE, TZ: 'CET' });
  });
});
