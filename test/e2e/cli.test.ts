import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FunctionDetail, Status } from '../../src/contract/index.ts';
import { freePort, lamSession, processesOf, type LamSession, type RunResult } from './session.ts';

interface Outline {
  readonly hidden?: boolean;
  readonly summary?: string;
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
  'init deploy invoke logs list describe versions diff rollback delete start stop restart status serve version autocomplete gc df'.split(
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

  test('shows flags with and without a letter in line', async () => {
    const { stdout } = await s.ok(['gc', '--help']);
    assert.match(stdout, /^ {6}--keep=N +\S.*\n(?: {8,}.*\n)*^ {2}-y, --yes +\S/m);
    assert.match(stdout, /^ {6}--json +\S/m);
    assert.match((await s.ok(['diff', '--help'])).stdout, /^ {2}--stat +\S/m);
  });

  test('is the same with -h, with help COMMAND and for aliases; a topic lists its commands', async () => {
    const own = (await s.ok(['list', '--help'])).stdout;
    assert.equal((await s.ok(['list', '-h'])).stdout, own);
    assert.equal((await s.ok(['help', 'list'])).stdout, own);
    for (const [habit, id] of Object.entries(HABITS)) assert.ok(manifest.commands[id]?.aliases.includes(habit), habit);
    assert.match((await s.ok(['rm', '--help'])).stdout, /^Delete a function/);
    const topics = new Set(Object.keys(manifest.commands).flatMap((id) => id.match(/^(.+):/)?.[1] ?? []));
    for (const topic of [...topics].filter((each) => !(each in manifest.commands))) {
      const [about] = (await s.ok([topic])).stdout.split('\n', 1);
      const ofOne = Object.values(manifest.commands).find(({ summary }) => summary === about);
      assert.equal(ofOne, undefined, `${topic}: ${about}`);
    }
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
    await s.ok(['deploy', 'fleeting', '--inline', code(1)]);
    await s.ok(['config', 'set', 'fleeting', 'schedules=every 7d']);
    const waiting = (await s.ok(['invoke', 'fleeting', '--async', '--in', '1h'])).stdout.trim();
    const due = (await s.ok(['invoke', 'fleeting', '--async'])).stdout.trim();
    const index = join(s.files('indexes', { 'index.json': '{"schema":1,"functions":[]}' }), 'index.json');
    const runs: Record<string, readonly string[]> = {
      init: ['fresh'],
      deploy: ['hello', '--inline', code(2)],
      invoke: ['hello'],
      list: [],
      describe: ['hello'],
      versions: ['hello', '--history'],
      diff: ['hello'],
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
      'route:add': ['GET /added', 'hello'],
      'route:list': [],
      'route:remove': ['GET /added', 'hello'],
      'layer:publish': ['shared', '.'],
      'layer:list': [],
      'layer:delete': ['shared:1', '--yes'],
      'key:create': ['shop'],
      'key:list': [],
      'key:update': ['shop', '--quota', '5'],
      'key:revoke': ['shop'],
      audit: [],
      'schedule:list': [],
      'schedule:run': ['fleeting'],
      'schedule:pause': ['fleeting'],
      'schedule:resume': ['fleeting'],
      'trigger:list': [],
      'trigger:show': ['fleeting'],
      'trigger:add': ['schedule', 'fleeting', 'every=1h'],
      'trigger:test': ['fleeting', 'schedule:every 1h'],
      'trigger:delete': ['fleeting', 'schedule:every 1h'],
      'trigger:pause': ['fleeting'],
      'trigger:resume': ['fleeting'],
      invocations: [],
      cancel: [waiting],
      retry: [waiting],
      result: [due, '--wait'],
      'dlq:list': [],
      'dlq:redrive': ['--all'],
      'dlq:purge': ['--all', '--yes'],
      runtimes: ['nodejs'],
      start: [],
      status: [],
      search: ['--index', index],
      gc: ['--dry-run'],
      df: [],
      version: [],
      autocomplete: ['bash'],
      delete: ['fleeting', '-y'],
      restart: [],
      stop: [],
    };
    for (const [id, args] of Object.entries(runs)) {
      const result = await s.run([...id.split(':'), ...args, '--json']);
      assert.equal(result.code, 0, `${id}: ${result.stdout}${result.stderr}`);
      assert.equal(result.stderr, '', id);
      const { ok, data } = object(result);
      assert.equal(ok, true, id);
      assert.notEqual(data, undefined, id);
    }
    // These have tests of their own, with a dead letter, an engine or a registry.
    const elsewhere = ['logs', 'serve', 'dlq:show', 'runtimes:build', 'runtimes:pull', 'push', 'pull'];
    const covered = [...Object.keys(runs), ...elsewhere];
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
      /^memory +192 MiB +config set\n(.*\n)*environment +GREETING +env set$/m,
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
    assert.match((await s.ok(['start', '--access-log', 'json'])).stderr, /: lam restart --access-log json\n$/);
    const flags = ['--host', '127.0.0.2', '--allow-host', 'lam.test', '--memory', '777', '--port', '4'];
    const { stderr } = await s.ok(['start', ...flags]);
    assert.match(
      stderr,
      /^it keeps port \d+, host 127\.0\.0\.1, no allowed hosts, memory \d+ MiB; for what was asked: /,
    );
    assert.match(stderr, /: lam restart --port 4 --host 127\.0\.0\.2 --allow-host lam\.test --memory 777\n$/);
    assert.equal((await s.ok(['start', '--host', '127.0.0.1', '--driver', 'process'])).stderr, '');
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
