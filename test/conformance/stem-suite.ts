import assert from 'node:assert/strict';
import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { test } from 'node:test';

import { homeId } from '../../src/contract/index.ts';
import { parseRuntime } from '../../src/runtimes/index.ts';
import { askEngine } from './docker-rig.ts';
import {
  type Booted,
  type DriverRig,
  eventually,
  NATIVE,
  pidsOf,
  specOf,
  STEMS,
  type Subject,
  type Stemmed,
} from './driver-rig.ts';
import { bootCode, boundTo, layCode, StemUnderTest, type Laid } from './stem-rig.ts';
import { ifCode, NO_FILE, NO_PROCESS } from '../support/if-code.ts';

/** Returns what a function can see of its surroundings; `event` is a folder to list besides its code. */
const LOOKS = {
  nodejs: {
    'index.js': `const fs = require('node:fs'), path = require('node:path');
const list = (dir) => fs.readdirSync(dir, { withFileTypes: true }).flatMap((e) => e.isDirectory() ? list(path.join(dir, e.name)) : [path.join(dir, e.name)]);
exports.handler = async () => ({
  environ: fs.readFileSync('/proc/self/environ', 'utf8'), env: process.env, cwd: process.cwd(), files: list(process.env.LAMBDA_TASK_ROOT),
  fileLimit: /Max file size +(\\d+)/.exec(fs.readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 'unlimited',
  memory: process.constrainedMemory(), heap: require('node:v8').getHeapStatistics().heap_size_limit,
});`,
  },
  python3: {
    'lambda_function.py': `import os, re
def lambda_handler(event, context):
    root = os.environ["LAMBDA_TASK_ROOT"]
    found = re.search(r"Max file size +(\\d+)", open("/proc/self/limits").read())
    return {
        "environ": open("/proc/self/environ").read(), "env": dict(os.environ), "cwd": os.getcwd(),
        "files": [os.path.join(d, f) for d, _, names in os.walk(root) for f in names],
        "fileLimit": found.group(1) if found else "unlimited", "memory": 0, "heap": 0,
    }
`,
  },
  ruby: {
    'lambda_function.rb': `def lambda_handler(event:, context:)
  root = ENV['LAMBDA_TASK_ROOT']
  {
    environ: File.binread('/proc/self/environ'), env: ENV.to_h, cwd: Dir.pwd, files: Dir.glob("#{root}/**/*").select { |f| File.file?(f) },
    fileLimit: File.read('/proc/self/limits')[/Max file size +(\\d+)/, 1] || 'unlimited', memory: 0, heap: 0
  }
end
`,
  },
  provided: {
    bootstrap: `#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
headers="\${TMPDIR:-/tmp}/headers"
encoded() { base64 | tr -d '\\n'; }
while :; do
  event=$(curl -sS -D "$headers" "$api/next") || exit 1
  id=$(tr -d '\\r' <"$headers" | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //p')
  case "$event" in *hog*) all=$(head -c 400000000 /dev/zero | tr '\\0' x) ;; esac
  limit=$(sed -n 's/^Max file size *\\([0-9a-z]*\\) .*/\\1/p' /proc/self/limits)
  printf '{"environ":"%s","files":"%s","cwd":"%s","fileLimit":"%s","memory":0,"heap":0}' \\
    "$(encoded </proc/$$/environ)" "$(find "$LAMBDA_TASK_ROOT" -type f -print0 | encoded)" "$(pwd)" "$limit" |
    curl -sS -o /dev/null -X POST "$api/$id/response" --data-binary @-
done
`,
  },
} as const;

/** What the one in shell answers. */
interface Encoded {
  readonly environ: string;
  readonly files: string;
}

interface Seen {
  readonly environ: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly files: readonly string[];
  readonly fileLimit: string;
  readonly memory: number;
  readonly heap: number;
}

/** Forms of code, by name: runtime, handler, files, and the result for the event 1. */
const FORMS: readonly (readonly [
  form: string,
  runtime: Stemmed,
  handler: string,
  files: Readonly<Record<string, Laid>>,
  answer: unknown,
])[] = [
  [
    'CommonJS',
    'nodejs',
    'index.handler',
    { 'index.js': 'exports.handler = async (e) => ["cjs", e, __filename];' },
    ['cjs', 1, '/index.js'],
  ],
  [
    'an ES module',
    'nodejs',
    'index.handler',
    { 'index.mjs': 'export const handler = async (e) => ["esm", e];' },
    ['esm', 1],
  ],
  [
    'a package that is an ES module',
    'nodejs',
    'src/app.handler',
    {
      'package.json': '{"type":"module"}',
      'src/app.js': 'import { value } from "./value.js"; export const handler = async (e) => [value, e];',
      'src/value.js': 'export const value = "scope";',
    },
    ['scope', 1],
  ],
  [
    'dependencies in folders and links',
    'nodejs',
    'index.handler',
    {
      'index.js':
        'exports.handler = async (e) => [require("plain"), require("@scope/linked"), require("./alias.js"), e];',
      'node_modules/plain/package.json': '{"main":"lib/main.js"}',
      'node_modules/plain/lib/main.js': 'module.exports = "plain";',
      'node_modules/@scope/linked': { link: '../../packages/linked' },
      'packages/linked/index.js': 'module.exports = "linked";',
      'alias.js': { link: 'real.js' },
      'real.js': 'module.exports = "real";',
    },
    ['plain', 'linked', 'real', 1],
  ],
  [
    'a module',
    'python3',
    'lambda_function.lambda_handler',
    { 'lambda_function.py': 'def lambda_handler(e, c): return ["py", e]\n' },
    ['py', 1],
  ],
  [
    'a package with links',
    'python3',
    'app/main.handler',
    {
      'app/__init__.py': '',
      'app/main.py': 'from .part import VALUE\nimport linked\ndef handler(e, c): return [VALUE, linked.VALUE, e]\n',
      'app/part.py': 'VALUE = "part"\n',
      'linked.py': { link: 'app/other.py' },
      'app/other.py': 'VALUE = "other"\n',
    },
    ['part', 'other', 1],
  ],
  [
    'a class, with files of its own and links',
    'ruby',
    'app/main.App::Main.handle',
    {
      'app/main.rb':
        "require 'app/part'\nrequire_relative '../linked'\nmodule App; class Main; def self.handle(event:, context:) = [PART, OTHER, event]; end; end\n",
      'app/part.rb': 'PART = "part"\n',
      'linked.rb': { link: 'app/other.rb' },
      'app/other.rb': 'OTHER = "other"\n',
    },
    ['part', 'other', 1],
  ],
];

/** Guarantees of a sandbox that was booted before its function was known. */
export function stems(rig: () => DriverRig, subject: Subject): void {
  const stem = (runtime: Stemmed, memoryMiB?: number): Promise<StemUnderTest> =>
    StemUnderTest.boot(rig().driver, runtime, memoryMiB === undefined ? {} : { memoryMiB });
  const looking = async (runtime: Stemmed, booted: Booted): Promise<Seen> => {
    assert.equal(booted.init.kind, 'ready', `${runtime} ${JSON.stringify(booted.logs)}`);
    const seen = await booted.json({});
    return runtime === 'provided' ? decoded(seen as Seen & Encoded) : (seen as Seen);
  };

  for (const [form, runtime, handler, files, answer] of FORMS) {
    const isHere = NATIVE.some((name) => name === runtime);
    test(`a stem of ${runtime} runs ${form}`, { skip: !isHere && `no ${runtime} on this machine` }, async () => {
      await using blank = await stem(runtime);
      const code = await layCode(rig().home, files);
      const booted = await blank.become(code, { handler });
      assert.equal(booted.init.kind, 'ready', JSON.stringify(booted.logs));
      const { taskRoot } = booted.sandbox;
      const said = (await booted.text(1)).replaceAll(taskRoot, '');
      assert.deepEqual(JSON.parse(said), answer);
    });
  }

  test('a bound stem answers like a sandbox created with its code', async () => {
    for (const runtime of NATIVE) {
      await using blank = await stem(runtime);
      const booted = await blank.become(rig().codeOf(runtime), { environment: { OWN: 'ü=1' } });
      assert.equal(await booted.json({ what: 'echo', value: 'ü' }), 'ü');
      const { OWN, PWD } = (await booted.json({ what: 'env' })) as Record<string, string>;
      assert.deepEqual([OWN, PWD], ['ü=1', booted.sandbox.taskRoot]);
      assert.deepEqual(await booted.json({ what: 'write' }), {
        code: rig().hasOwnUsers ? 'refused' : 'allowed',
        tmp: 'allowed',
      });
    }
  });

  test('a stem holds nothing of a function before it is bound', async () => {
    for (const runtime of STEMS) {
      await using blank = await stem(runtime);
      await assertBlank(rig(), blank.sandbox.id);
      const code = await layCode(rig().home, LOOKS[runtime]);
      const seen = await looking(runtime, await blank.become(code, { environment: { SECRET: 'of-the-function' } }));
      // The kernel keeps the environment with which the process was started.
      if (runtime !== 'provided') assertOnlyLams(seen.environ.split('\0'));
      assert.equal(seen.environ.includes('of-the-function'), runtime === 'provided');
      assert.equal(seen.env['SECRET'], 'of-the-function');
      assert.equal(seen.cwd, blank.sandbox.taskRoot);
      assert.deepEqual(
        seen.files,
        Object.keys(LOOKS[runtime]).map((name) => join(blank.sandbox.taskRoot, name)),
      );
    }
  });

  test('two stems see nothing of each other\u2019s function', async () => {
    for (const runtime of STEMS) {
      await using one = await stem(runtime);
      await using other = await stem(runtime);
      const code = await layCode(rig().home, { ...LOOKS[runtime], 'of-one.txt': 'of-one' });
      const first = await looking(runtime, await one.become(code, { environment: { OF: 'of-one' } }));
      const second = await looking(
        runtime,
        await other.become(await layCode(rig().home, LOOKS[runtime]), { environment: { OF: 'of-other' } }),
      );
      assert.ok(JSON.stringify(first).includes('of-one'));
      for (const mark of ['of-one', code, one.sandbox.id]) assert.ok(!JSON.stringify(second).includes(mark), mark);
      for (const mark of ['of-other', other.sandbox.id]) assert.ok(!JSON.stringify(first).includes(mark), mark);
      // Sandboxes with users of their own each have a /tmp of their own.
      if (!rig().hasOwnUsers) assert.notEqual(first.env['HOME'], second.env['HOME']);
    }
  });

  test('a stem has the same limits as a sandbox with code', async () => {
    for (const runtime of STEMS) {
      const code = await layCode(rig().home, LOOKS[runtime]);
      const heaps: number[] = [];
      for (const memoryMiB of [128, 192]) {
        await using direct = await bootCode(rig().driver, runtime, code, { memoryMiB });
        await using blank = await stem(runtime, memoryMiB);
        const [wanted, seen] = [
          await looking(runtime, direct),
          await looking(runtime, await blank.become(code, { memoryMiB })),
        ];
        const limitsOf = ({ fileLimit, memory, heap }: Seen): readonly unknown[] => [fileLimit, memory, heap];
        assert.deepEqual(limitsOf(seen), limitsOf(wanted));
        heaps.push(seen.heap);
      }
      if (runtime === 'nodejs') assert.ok((heaps[1] ?? 0) > (heaps[0] ?? 0), heaps.join(', '));
    }
  });

  test('a stem is killed at its memory limit', async () => {
    for (const runtime of STEMS) {
      await using blank = await stem(runtime, 128);
      const code = runtime === 'provided' ? await layCode(rig().home, LOOKS.provided) : rig().codeOf(runtime);
      const booted = await blank.become(code, { timeoutMs: 30_000 });
      const outcome = await booted.invoke({ what: 'hog' });
      assert.ok(outcome.kind === 'exit' && outcome.exit.outOfMemory, JSON.stringify([outcome, booted.logs]));
    }
  });

  test('a stem gets an exact copy of a tree of thousands of files', async () => {
    const modules = Array.from(
      { length: 3000 },
      (_, i) => [`node_modules/p${i % 60}/f${i}.js`, `module.exports = ${i};`] as const,
    );
    const code = await layCode(rig().home, {
      ...LOOKS.nodejs,
      ...Object.fromEntries(modules),
      'node_modules/dangling': { link: 'nowhere' },
      'main.js': 'exports.handler = async () => require("./node_modules/p59/f2999.js");',
    });
    await using blank = await stem('nodejs');
    let turns = 0;
    const turn = setInterval(() => (turns += 1), 1).unref();
    const booted = await blank.become(code, { handler: 'main.handler' });
    clearInterval(turn);
    assert.equal(await booted.json({}), 2999);
    if (rig().subject.name !== 'docker') return;
    assert.ok(turns > 2, `other work went on ${turns} times`);
    assert.deepEqual(await pathsIn(join(rig().home, 'run/docker/stems', blank.sandbox.id)), await pathsIn(code));
  });

  test('a stem\u2019s key distinguishes what it can be used for', () => {
    const { driver } = rig();
    const key = (name: string, over: object = {}): string | null => {
      const runtime = parseRuntime(name);
      assert.ok(runtime !== undefined);
      return driver.stemKey({ ...specOf('nodejs', '/code'), ...over, runtime });
    };
    assert.equal(typeof key('nodejs22.x'), 'string');
    assert.equal(key('nodejs22.x'), key('nodejs24.x', { functionName: 'other', version: 9, artifact: null, id: '0' }));
    assert.equal(typeof key('provided.al2023'), 'string');
    const limits = { memoryMiB: 128, cpus: 1, pids: 64, tmpMiB: 16 };
    const keys = [
      key('nodejs'),
      key('python3'),
      key('python3.11'),
      ...Object.entries(limits).map(([name, value]) => key('nodejs', { limits: { ...limits, [name]: value + 1 } })),
      ...(driver.name === 'docker' ? [key('nodejs', { network: 'on' }), key('nodejs', { image: 'node:24-slim' })] : []),
    ];
    assert.equal(new Set(keys).size, keys.length, JSON.stringify(keys));
  });

  test('stems leave nothing behind when they are destroyed, bound or not', async () => {
    const [blank, bound, binding] = [await stem('nodejs'), await stem('python3'), await stem('nodejs')];
    const booted = await bound.become(rig().codeOf('python3'));
    assert.equal(await booted.json({ what: 'echo', value: 1 }), 1);
    assert.notDeepEqual(await rig().remains(), []);
    const late = binding.sandbox
      .bind(boundTo('nodejs', rig().codeOf('nodejs')))
      .catch(ifCode(['LAM_DRIVER_START_FAILED'], undefined));
    await Promise.all([blank, bound, binding, blank].map(({ sandbox }) => sandbox.destroy()));
    await late;
    assert.equal((await blank.sandbox.exited).signal, 'SIGKILL');
    assert.ok(await eventually(async () => (await rig().remains()).length === 0), (await rig().remains()).join('\n'));
  });

  if (subject.name === 'docker' || subject.cgroups === false) return;
  test('a stem has a small CPU share until it is bound', async (t) => {
    await using blank = await stem('nodejs');
    const tree = `lam-${homeId(rig().home)}`;
    const share = async (): Promise<string | undefined> => {
      const files = [`cpu/${tree}.${blank.sandbox.id}/cpu.shares`, `${tree}/${blank.sandbox.id}/cpu.weight`];
      const texts = await Promise.all(
        files.map((file) => readFile(join('/sys/fs/cgroup', file), 'utf8').catch(ifCode(NO_FILE, undefined))),
      );
      return texts.find((text) => text !== undefined)?.trim();
    };
    const before = await share();
    if (before === undefined) return t.skip('this machine lets nobody make control groups of the processor');
    await blank.sandbox.bind(boundTo('nodejs', rig().codeOf('nodejs')));
    assert.equal(Number(await share()), Number(before) * 4);
  });
}

function decoded({ environ, files, ...rest }: Seen & Encoded): Seen {
  const list = (text: string): readonly string[] => Buffer.from(text, 'base64').toString().split('\0').filter(Boolean);
  const entries = list(environ).map((entry) => {
    const [name = '', ...value] = entry.split('=');
    return [name, value.join('=')] as const;
  });
  return { ...rest, environ: list(environ).join('\0'), env: Object.fromEntries(entries), files: list(files) };
}

/** Fails for a variable (`NAME=value`) that is not one of every sandbox or of lam. */
function assertOnlyLams(environment: readonly string[]): void {
  const usual = /^(HOME|LANG|LC_CTYPE|PATH|PWD|TMPDIR|TZ|HOSTNAME|LAMBDA_TASK_ROOT|NODE_OPTIONS|LAM_\w+)=/;
  assert.deepEqual(
    environment.filter((entry) => entry !== '' && !usual.test(entry)),
    [],
  );
}

/** Visible facts about a stem from outside: its location and its command. */
/** Time in which an idle bootstrap has rehearsed on a busy machine, and removed what it needed (ms). */
const REHEARSED_MS = 10_000;

async function assertBlank(rig: DriverRig, id: string): Promise<void> {
  const { subject, home } = rig;
  if (subject.name === 'docker') {
    const { body } = await askEngine(subject.socketPath, `/containers/lam-${id}/json`);
    const { Config: config, HostConfig: host } = body as {
      Config: { Labels: Record<string, string>; Env: string[] };
      HostConfig: { Mounts: { Source: string; Target: string; ReadOnly: boolean }[] };
    };
    assert.deepEqual([config.Labels['lam.function'], config.Labels['lam.version']], ['', '0']);
    const mount = host.Mounts.find(({ Target }) => Target === '/var/task');
    assert.ok(mount?.ReadOnly === true && mount.Source.endsWith(id));
    assert.deepEqual(await readdir(mount.Source), []);
    assertOnlyLams(config.Env);
    return;
  }
  // While a program is exchanged for another, the kernel tells neither its environment nor its folder.
  assert.ok(await eventually(async () => (await pidsOf(home, id)).length > 0));
  const pids = await pidsOf(home, id);
  for (const pid of pids) assertOnlyLams((await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0'));
  for (const folder of [...pids.map((pid) => `/proc/${pid}/cwd`), join(home, 'run/sb', id, 'tmp')]) {
    // An idle bootstrap rehearses there; a home or a Node in /tmp has its place in every /tmp.
    const kept = [home, process.execPath].map((path) => relative('/tmp', path).split('/')[0]);
    // A process may have ended since it was listed.
    const gone = folder.startsWith('/proc/') ? NO_PROCESS : [];
    const rest = async (): Promise<readonly string[]> =>
      // A shell that waits is in the root.
      (await realpath(folder).catch(ifCode(gone, '/'))) === '/'
        ? []
        : (await readdir(folder).catch(ifCode(gone, []))).filter(
            (name) => !name.startsWith('.lam-') && !kept.includes(name),
          );
    await eventually(async () => (await rest()).length === 0, REHEARSED_MS);
    assert.deepEqual(await rest(), []);
  }
}

/** Every path below a folder with its kind, mode, size and link target. */
async function pathsIn(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const lines = await Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode, size, mtimeMs } = await lstat(path);
      const is = entry.isSymbolicLink() ? await readlink(path) : entry.isFile() ? `${size} ${mtimeMs}` : '';
      return `${path.slice(root.length)} ${mode.toString(8)} ${is}`;
    }),
  );
  return lines.toSorted();
}
