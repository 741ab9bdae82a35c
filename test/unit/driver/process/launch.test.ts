import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  confineScript,
  programScript,
  waitingShell,
  type Confinement,
  type Program,
} from '../../../../src/driver/process/launch.ts';
import { processEnvironment } from '../../../../src/driver/process/process-environment.ts';
import { requireRuntime } from '../../../../src/runtimes/index.ts';

type LaunchPlan = Confinement & Program;

const PLAN: LaunchPlan = {
  command: ['/bin/echo', 'a b', '$HOME'],
  cwd: '/',
  environment: {},
  joins: [],
  fileMiB: 16,
  mark: undefined,
  isPrivate: false,
  waitsIn: '/',
};

/** Runs a plan in a shell that waits, as lam does. */
function run(plan: LaunchPlan, shell: readonly string[] = waitingShell({ as: 'lam', setpriv: false })): string {
  const [program = '', ...args] = shell;
  const [input, stdio, env] = [confineScript(plan) + programScript(plan), 'pipe', {}] as const;
  return execFileSync(program, args, { input, stdio, env, encoding: 'utf8' });
}

describe('the shell that becomes a sandbox', () => {
  test('ends with the daemon and gains no privileges, where setpriv is', () => {
    const shell = ['/usr/bin/setpriv', '--no-new-privs', '--pdeathsig', 'KILL', '--', '/bin/sh'];
    assert.deepEqual(waitingShell({ as: 'lam', setpriv: true }), shell);
    assert.deepEqual(waitingShell({ as: 'lam', setpriv: false }), ['/bin/sh']);
  });

  test('writes no core, limits its files and makes them private to its user if it has one', () => {
    const command = ['/bin/sh', '-c', 'ulimit -c; ulimit -f; umask'];
    assert.equal(run({ ...PLAN, command, isPrivate: true }), '0\n32768\n0077\n');
  });

  test('passes the command its arguments unchanged, in its folder, after joining its groups', () => {
    const folder = mkdtempSync(join(tmpdir(), "lam launch's-"));
    try {
      const joins = ['one', 'two'].map((name) => join(folder, name));
      for (const file of joins) writeFileSync(file, '');
      assert.equal(run({ ...PLAN, joins }), 'a b $HOME\n');
      assert.deepEqual(
        joins.map((file) => readFileSync(file, 'utf8')),
        ['0\n', '0\n'],
      );
      assert.equal(run({ ...PLAN, command: ['/bin/pwd'], cwd: folder }), `${folder}\n`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('passes any value of a variable unchanged, and no other variables', () => {
    const all = Array.from({ length: 0x2ff }, (_, at) => String.fromCodePoint(at + 1)).join('');
    const environment = { ALL: `${all}漢字🎈`, EMPTY: '', IFS: '/', PS4: '$(id)', LD_LIBRARY_PATH: '/none', UID: '1' };
    const command = [process.execPath, '-p', 'JSON.stringify(process.env)'];
    const { PWD, SHLVL: _, ...seen } = JSON.parse(run({ ...PLAN, environment, command })) as Record<string, string>;
    const { UID: __, ...expected } = environment;
    assert.deepEqual(seen, expected);
    assert.ok(PWD === undefined || PWD === '/');
  });

  test('does not start the command if a group cannot be joined or its folder cannot be entered', () => {
    assert.throws(() => run({ ...PLAN, joins: ['/no/such/group'] }), { status: 125 });
    assert.throws(() => run({ ...PLAN, cwd: '/no/such/folder' }), { status: 125 });
  });
});

describe('the environment of a process', () => {
  const of = (runtime: string, own: Readonly<Record<string, string>> = {}): Record<string, string> => {
    const spec = { runtime: requireRuntime(runtime), limits: { memoryMiB: 128, cpus: 1, pids: 64, tmpMiB: 16 } };
    return processEnvironment({ spec, tmp: '/sb/tmp', opt: undefined, homeId: 'home', own });
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
