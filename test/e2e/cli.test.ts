import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FunctionDetail, Status } from '../../src/contract/index.ts';
import { freePort, lamSession, processesOf, type LamSession, type RunResult } from './session.ts';

interface Outline {
  readonly hidden?: boolean;
  readonly aliases: readonly string[];
  readonly examples?: readonly { readonly command: string }[];
  readonly flags: Readonly<Record<string, { readonly hidden?: boolean }>>;
}

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../oclif.manifest.json'), 'utf8')) as {
  commands: Record<string, Outline>;
};
const commands = Object.entries(manifest.commands).filter(([, outline]) => outline.hidden !== true);

/** The documented commands, and their aliases from other tools. */
const PROMISED =
  'init deploy invoke logs list describe versions rollback delete start stop restart status serve version autocomplete gc df'.split(
    ' ',
  );
const HABITS = {
  new: 'init',
  create: 'init',
  up: 'deploy',
  call: 'invoke',
  tail: 'logs',
  ls: 'list',
  functions: 'list',
  info: 'describe',
  inspect: 'describe',
  rm: 'delete',
  remove: 'delete',
};

// oxlint-disable-next-line no-control-regex -- what colours begin with
const ESCAPE = /\u001b/;

/** The one object that `--json` prints. */
function object(result: RunResult): {
  ok: boolean;
  data?: unknown;
  error?: { code: string; message: string; hint?: string };
} {
  assert.match(result.stdout, /^\{.*\}\n$/);
  return JSON.parse(result.stdout) as { ok: boolean };
}

describe('help', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
  });
  after(() => s.dispose());

  test('lists every command, and five to begin with', async () => {
    const { stdout, stderr } = await s.ok([]);
    assert.equal(stderr, '');
    for (const [id] of commands) assert.match(stdout, new RegExp(`^ {2}${id.replace(':', ' ')} +\\S`, 'm'), id);
    for (const line of [
      'lam init hello && cd hello',
      'lam deploy',
      'lam invoke -d',
      'lam logs --follow',
      'lam rollback',
    ])
      assert.ok(stdout.includes(line));
    assert.equal((await s.ok(['--help'])).stdout, stdout);
    assert.doesNotMatch(stdout, /simulate/);
    assert.equal((await s.ok(['help'])).stdout, stdout);
    for (const word of PROMISED)
      assert.ok(
        commands.some(([id]) => id === word),
        word,
      );
  });

  test('shows usage, examples and the global flags of every command', async () => {
    for (let i = 0; i < commands.length; i += 3) {
      await Promise.all(
        commands.slice(i, i + 3).map(async ([id, outline]) => {
          const words = id.split(':');
          const { stdout, stderr } = await s.ok([...words, '--help']);
          assert.equal(stderr, '', id);
          assert.ok(!ESCAPE.test(stdout), id);
          for (const part of ['USAGE', `$ lam ${words.join(' ')}`, 'EXAMPLES', '--json', '--home', '--no-start'])
            assert.ok(stdout.includes(part), `${id}: ${part}`);
          assert.ok((outline.examples ?? []).length >= 2, id);
          assert.ok(!stdout.includes('<%'), id);
        }),
      );
    }
  });

  test('is the same with -h, with help COMMAND and for aliases; a topic lists its commands', async () => {
    const own = (await s.ok(['list', '--help'])).stdout;
    assert.equal((await s.ok(['list', '-h'])).stdout, own);
    assert.equal((await s.ok(['help', 'list'])).stdout, own);
    for (const [habit, id] of Object.entries(HABITS)) assert.ok(manifest.commands[id]?.aliases.includes(habit), habit);
    assert.match((await s.ok(['rm', '--help'])).stdout, /^Delete a function/);
    assert.match((await s.ok(['env'])).stdout, /env list.*\n.*env set.*\n.*env unset/s);
  });

  test('prints the version for version, --version and -v', async () => {
    const line = (await s.ok(['--version'])).stdout;
    assert.match(line, /^lam \d+\.\d+\.\d+ \(node \d+\.\d+\.\d+, \w+-\w+\)\n$/);
    for (const args of [['version'], ['-v']]) assert.equal((await s.ok(args)).stdout, line);
    assert.equal((await s.json<{ version: string }>(['version'])).version, line.split(' ')[1]);
    assert.equal((await s.json<{ version: string }>(['--version'])).version, line.split(' ')[1]);
  });
});

describe('a mistyped command line', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
  });
  after(() => s.dispose());

  const misuse = async (args: readonly string[], message: RegExp, hint: RegExp): Promise<void> => {
    const result = await s.run(args);
    assert.deepEqual([result.code, result.stdout], [2, ''], args.join(' '));
    const [first = '', second = ''] = result.stderr.split('\n');
    assert.match(first, message);
    assert.match(second, hint);
    const error = object(await s.run([...args, '--json'])).error;
    assert.match(`Error: ${error?.message}`, message);
    assert.match(`  hint: ${error?.hint}`, hint);
    assert.match(error?.code ?? '', /^LAM_/);
  };

  test('exits 2 and suggests a correction', async () => {
    await misuse(['deplyo'], /^Error: 'deplyo' is not a command of lam$/, /^ {2}hint: did you mean: lam deploy$/);
    await misuse(['env', 'lst'], /'env lst' is not a command/, /did you mean: lam env list$/);
    await misuse(['qqqqqqqq'], /'qqqqqqqq' is not a command/, /lam --help$/);
    await misuse(['list', '--jsno'], /^Error: nonexistent flag: --jsno/, /lam list --help$/);
    await misuse(['logs', 'x', '--output', 'yaml'], /output/, /lam logs --help$/);
    await misuse(['logs', 'x', '--lines', 'many'], /many/, /lam logs --help$/);
    await misuse(['list', 'too', 'many'], /unexpected argument/, /lam list --help$/);
    await misuse(['invoke', 'x', '-d', '1', '-e', 'x'], /--data and --event both/, /lam invoke --help$/);
    await misuse(['delete'], /function/i, /lam delete --help$/);
    await misuse(['autocomplete', 'tcsh'], /tcsh/, /lam autocomplete --help$/);
    await misuse(['list', '--port', 'http'], /^Error: --port: 'http' is not a port$/, /set --port to a number/);
    await misuse(['--home', 'x'], /--home needs a command/, /lam --help$/);
    await misuse(['env', 'set', 'x', 'NOVALUE'], /'NOVALUE' is not of the form KEY=VALUE/, /lam env set/);
    await misuse(['config', 'set', 'x', 'colour=red'], /'colour=red' is not a setting/, /lam config get --help$/);
    await misuse(['rollback', 'x', 'two'], /'two' is not a version/, /lam versions/);
    await misuse(['describe'], /no function named/, /lam describe FUNCTION/);
    for (const [args, message] of [
      [[], '--json needs a command'],
      [['help'], 'help has no JSON form: leave out --json'],
    ] as const) {
      const fault = await s.refused(args, 'LAM_CLI_USAGE', 2);
      assert.equal(fault.message, message);
    }
    assert.match(
      (await s.run(['list'], { env: { LAM_PORT: 'http' } })).stderr,
      /^Error: LAM_PORT: 'http' is not a port\n.*set LAM_PORT to a number/,
    );
    s.files('.', { 'notes.txt': 'mine' });
    assert.match((await s.run(['init'], { cwd: s.cwd })).stderr, /is not an empty folder\n.*lam init NAME/);
    assert.deepEqual(processesOf(s), [], 'no daemon is started for it');
  });
});

describe('with something deployed', () => {
  let s: LamSession;
  const code = (n: number): string =>
    `exports.handler = async (e) => e.wait ? new Promise((r) => setTimeout(r, e.wait)) : [${n}, process.env.GREETING ?? null]`;
  before(async () => {
    s = await lamSession();
    await s.ok(['deploy', 'hello', '--inline', code(1)]);
  });
  after(() => s.dispose());

  test('every command answers --json with one object', async () => {
    const runs: Record<string, readonly string[]> = {
      init: ['fresh'],
      deploy: ['hello', '--inline', code(2)],
      invoke: ['hello'],
      list: [],
      describe: ['hello'],
      versions: ['hello', '--history'],
      rollback: ['hello'],
      'config:get': ['hello'],
      'config:set': ['hello', 'memory=160'],
      'config:unset': ['hello', 'memory'],
      'env:set': ['hello', 'A=1'],
      'env:list': ['hello'],
      'env:unset': ['hello', 'A'],
      'alias:set': ['hello', 'stable', '1'],
      'alias:list': ['hello'],
      'alias:delete': ['hello', 'stable'],
      start: [],
      status: [],
      gc: ['--dry-run'],
      df: [],
      version: [],
      autocomplete: ['bash'],
      delete: ['fleeting', '-y'],
      restart: [],
      stop: [],
    };
    await s.ok(['deploy', 'fleeting', '--inline', code(1)]);
    for (const [id, args] of Object.entries(runs)) {
      const result = await s.run([...id.split(':'), ...args, '--json']);
      assert.equal(result.code, 0, `${id}: ${result.stdout}${result.stderr}`);
      assert.equal(result.stderr, '', id);
      const { ok, data } = object(result);
      assert.equal(ok, true, id);
      assert.notEqual(data, undefined, id);
    }
    const covered = [...Object.keys(runs), 'logs', 'serve'];
    assert.deepEqual(commands.map(([id]) => id).toSorted(), covered.toSorted());
  });

  test('an error with --json or LAM_JSON is one object with code, message and hint', async () => {
    const result = await s.run(['describe', 'helo'], { env: { LAM_JSON: '1' } });
    assert.equal(result.code, 4);
    assert.equal(result.stderr, '');
    const { ok, error } = object(result);
    assert.deepEqual([ok, error?.code], [false, 'LAM_REGISTRY_FUNCTION_NOT_FOUND']);
    assert.match(error?.hint ?? '', /did you mean 'hello'/);
    const before = await s.run(['--json', 'describe', 'helo']);
    assert.equal(before.stdout, result.stdout);
  });

  test('output to a pipe has no colours and no animation', async () => {
    const env = { NO_COLOR: undefined, CI: undefined, TERM: 'xterm-256color' };
    const cwd = s.files('plain', {
      'lam.yaml': 'name: plain\nruntime: nodejs\n',
      'index.mjs': 'export const handler = () => 1;',
    });
    for (const args of [
      ['deploy'],
      ['list'],
      ['describe'],
      ['versions'],
      ['status'],
      ['df'],
      ['invoke'],
      ['logs'],
      ['nope'],
    ]) {
      const { stdout, stderr } = await s.run(args, { env, cwd });
      assert.ok(!ESCAPE.test(stdout + stderr), args.join(' '));
    }
  });

  test('status shows pid, port, driver and home; describe shows the url', async () => {
    const status = await s.status();
    assert.deepEqual([status.port, status.driver, status.home], [s.port, 'process', s.home]);
    assert.ok(processesOf(s).includes(status.pid));
    const { url } = await s.json<FunctionDetail>(['describe', 'hello']);
    assert.equal(url, `${s.url}/hello`);
    assert.equal(await (await fetch(url)).text(), '[1,null]');
  });

  test('delete needs --yes without a terminal', async () => {
    await s.ok(['deploy', 'gone', '--inline', code(1)]);
    await s.ok(['deploy', 'gone', '--inline', code(2)]);
    const fault = await s.refused(['delete', 'gone'], 'LAM_CLI_NEEDS_YES', 2);
    assert.match(fault.hint ?? '', /--yes/);
    await s.refused(['delete', 'gone@2', '-y'], 'LAM_REGISTRY_VERSION_IN_USE', 1);
    assert.equal((await s.ok(['delete', 'gone@1', '-y'])).stdout, 'deleted gone v1\n');
    assert.equal((await s.ok(['rm', 'gone', '-y'])).stdout, 'deleted gone\n');
    await s.refused(['delete', 'gone', '-y'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 4);
  });

  test(
    'delete asks on a terminal and takes only a yes',
    { skip: process.platform !== 'linux' && 'script has other flags there' },
    async () => {
      const env = { NO_COLOR: undefined, CI: undefined, TERM: 'xterm' };
      await s.ok(['deploy', 'asked', '--inline', code(1)]);
      const no = await s.run(['delete', 'asked'], { env, terminal: true, stdin: 'n\n' });
      assert.equal(no.code, 130, no.stdout);
      assert.match(no.stdout, /deleting 'asked' with all its versions\? \[y\/N\]/);
      await s.ok(['describe', 'asked']);
      const yes = await s.run(['delete', 'asked'], { env, terminal: true, stdin: 'y\n' });
      assert.equal(yes.code, 0, yes.stdout);
      await s.refused(['describe', 'asked'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 4);
    },
  );

  test('settings and variables set with config and env survive deploys until they are unset', async () => {
    const project = async (n: number): Promise<void> => {
      await s.deployNode(
        'kept',
        `export const handler = async () => [${n}, process.env.GREETING ?? null, process.env.FROM_FILE];`,
        {
          memory: 128,
        },
      );
    };
    await project(1);
    assert.match(
      (await s.ok(['config', 'set', 'kept', 'memory=192', 'timeout=7', '--message', 'more room'])).stdout,
      /^kept: v1 -> v2\n$/,
    );
    assert.equal((await s.ok(['env', 'set', 'kept', 'GREETING=h=i'])).stdout, 'kept: v2 -> v3\n');
    await project(2);
    const detail = await s.json<FunctionDetail>(['describe', 'kept']);
    assert.deepEqual([detail.live, detail.config.memoryMiB, detail.config.timeoutMs], [4, 192, 7000]);
    assert.equal((await s.ok(['invoke', 'kept'])).stdout, '[2,"h=i",null]');
    assert.equal((await s.ok(['env', 'list', 'kept'])).stdout, 'GREETING=h=i\n');
    assert.equal((await s.ok(['config', 'get', 'kept', 'memory'])).stdout, '192\n');
    assert.equal((await s.ok(['config', 'set', 'kept', 'memory=192'])).stdout, 'kept: no change (v4)\n');
    assert.match(
      (await s.ok(['config', 'get'], { cwd: join(s.cwd, 'kept') })).stdout,
      /memory: +192 {2}\(lam config set\)/,
    );
    await s.ok(['config', 'unset', 'kept', 'memory', 'timeout']);
    await s.ok(['env', 'unset', 'kept', 'GREETING']);
    const bare = await s.json<FunctionDetail>(['describe', 'kept']);
    assert.deepEqual([bare.config.memoryMiB, bare.config.timeoutMs, bare.config.environment], [128, 30_000, {}]);
    assert.match(
      (await s.ok(['config', 'unset', 'kept', 'memory'])).stderr,
      /comes from lam\.yaml: change it there and deploy/,
    );
    await s.refused(['config', 'set', 'kept', 'memory=1'], 'LAM_REGISTRY_INVALID_CONFIG', 2);
  });

  test('logs of a missing version print a note', async () => {
    const { code, stderr } = await s.run(['logs', 'hello@99']);
    assert.deepEqual([code, stderr], [0, "'hello' has no version 99 now; records of a deleted version may be left\n"]);
    assert.match((await s.ok(['logs', '--help'])).stdout, /--json .*Print each record as a JSON object, one per\n/);
  });

  test('aliases point at versions, whatever version is live', async () => {
    for (const n of [1, 2, 3])
      await s.ok(['deploy', 'aliased', '--inline', code(n), ...(n === 2 ? ['--alias', 'stable'] : [])]);
    assert.equal((await s.ok(['invoke', 'aliased:stable'])).stdout, '[2,null]');
    assert.equal(
      (await s.ok(['alias', 'set', 'aliased', 'stable', 'v1', '--message', 'v2 leaks'])).stdout,
      'aliased:stable -> v1\n',
    );
    assert.equal((await s.ok(['invoke', 'aliased:stable'])).stdout, '[1,null]');
    assert.match((await s.ok(['alias', 'list', 'aliased'])).stdout, /^ALIAS +VERSION\nstable +v1\n$/);
    assert.match((await s.ok(['versions', 'aliased', '--history'])).stdout, /alias +stable +v2 -> v1 +\S+ +v2 leaks\n/);
    await s.refused(['alias', 'set', 'aliased', '7', 'v1'], 'LAM_REGISTRY_INVALID_ALIAS', 2);
    await s.refused(['alias', 'set', 'aliased', 'x', 'v9'], 'LAM_REGISTRY_VERSION_NOT_FOUND', 4);
    await s.ok(['alias', 'delete', 'aliased', 'stable']);
    await s.refused(['alias', 'delete', 'aliased', 'stable'], 'LAM_REGISTRY_ALIAS_NOT_FOUND', 4);
  });

  test('failures have different exit codes', async () => {
    await s.refused(['rollback', 'fresh1'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 4);
    await s.ok(['deploy', 'single', '--inline', code(1)]);
    await s.refused(['rollback', 'single'], 'LAM_REGISTRY_NO_PREVIOUS_VERSION', 1);
    await s.refused(['init', 'x', '--from', './nowhere.git'], 'LAM_SCAFFOLD_GIT_FAILED', 1);
    const broken = { 'lam.yaml': 'name: broken\nruntime: nodejs\nbuild:\n  command: exit 3\n', 'index.js': '' };
    await s.refused(['deploy'], 'LAM_BUILD_FAILED', 8, { cwd: s.files('broken', broken) });
    await s.refused(['deploy', 'toolless', '--zip', 'none.zip'], 'LAM_CLI_ZIP_UNREADABLE', 2);
    const child = s.start(['invoke', 'hello', '-d', '{"wait":1500}']);
    const ended = new Promise((resolve) => child.once('exit', (exit, signal) => resolve([exit, signal])));
    child.kill('SIGTERM');
    // A shell calls this 143.
    assert.deepEqual(await ended, [null, 'SIGTERM']);
  });
});

describe('the daemon', () => {
  test('is started by the first command that needs it, once even for two at a time; never with --no-start', async () => {
    await using s = await lamSession();
    for (const args of [['list', '--no-start'], ['status']]) {
      const fault = await s.refused(args, 'LAM_CLIENT_DAEMON_NOT_RUNNING', 3);
      assert.match(fault.hint ?? '', /lam start/);
    }
    const denied = await s.run(['list'], { env: { LAM_NO_AUTOSTART: '1' } });
    assert.equal(denied.code, 3);
    assert.deepEqual(processesOf(s), []);
    const both = await Promise.all([s.ok(['list']), s.ok(['list']), s.ok(['list'])]);
    assert.equal(both.filter((r) => r.stderr.startsWith('started the daemon: ')).length, 1);
    const { pid } = await s.status();
    assert.deepEqual(processesOf(s), [pid]);
    assert.match((await s.ok(['start'])).stdout, /^already running\n/);
    assert.equal((await s.ok(['stop'])).stdout, `stopped (process ${pid})\n`);
    assert.equal((await s.ok(['stop'])).stdout, `no daemon is running for '${s.home}'\n`);
  });

  test('uses LAM_HOME and LAM_PORT; flags take precedence', async () => {
    await using s = await lamSession();
    assert.deepEqual(await s.json<Status>(['start']).then(({ home, port }) => [home, port]), [s.home, s.port]);
    const home = join(s.root, 'other');
    const port = await freePort();
    s.onDispose(async () => void (await s.run(['stop', '--home', home])));
    const other = await s.json<Status>(['start', '--home', home, '--port', String(port)]);
    assert.deepEqual([other.home, other.port], [home, port]);
    await s.ok(['deploy', 'there', '--inline', 'exports.handler = () => 1', '--home', home]);
    assert.equal((await s.json<FunctionDetail[]>(['list'])).length, 0);
    assert.equal((await s.json<FunctionDetail[]>(['list', '--home', home])).length, 1);
    const moved = await s.json<Status>(['restart', '--home', home], { env: { LAM_PORT: undefined } });
    assert.equal(moved.port, port);
  });

  test('reports the process that uses its port', async () => {
    await using s = await lamSession();
    const { pid } = await s.json<Status>(['start']);
    const home = join(s.root, 'other');
    const fault = await s.refused(['start', '--home', home], 'LAM_DAEMON_PORT_TAKEN', 1);
    assert.ok(fault.message.startsWith(`port ${s.port} is taken by process ${pid} `), fault.message);
    assert.match(fault.hint ?? '', /lam start --port \d+/);
  });

  test('exits 7 if the requested engine does not answer', async () => {
    await using s = await lamSession();
    const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    await s.refused(['start', '--driver', 'docker'], 'LAM_DAEMON_DRIVER_UNAVAILABLE', 7, { env });
    const auto = await s.json<Status>(['start', '--driver', 'auto'], { env });
    assert.equal(auto.driver, 'process');
    assert.notEqual(auto.driverReason, '');
    assert.ok(auto.gaps.length > 0);
  });

  test('runs in the foreground until a signal', async () => {
    await using s = await lamSession();
    const child = s.start(['serve', '--json']);
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
    const line = await new Promise<string>((resolve) => child.stdout?.setEncoding('utf8').once('data', resolve));
    const { ok, data } = JSON.parse(line) as { ok: boolean; data: Status };
    assert.deepEqual([ok, data.port], [true, s.port]);
    await s.ok(['deploy', 'ping', '--inline', 'exports.handler = () => "pong"']);
    assert.equal((await s.ok(['invoke', 'ping'])).stdout, '"pong"');
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
  });
});
