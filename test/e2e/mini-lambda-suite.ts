import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { craftedElf } from '../support/crafted-elf.ts';
import { savedFiles, tarOf, type ImageParts, type TarFile } from '../support/image-tars.ts';
import { imageId, removeImage } from './image-context.ts';
import { eventually, IS_BINARY, lamSession, type LamSession } from './session.ts';

const run = promisify(execFile);

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/mini-lambda.md'), 'utf8');

/** A block of docs/mini-lambda.md by its mark: what Mini-Lambda's README has. */
function block(name: string): string {
  const [, text] =
    new RegExp(`<!-- transcript: ${name} -->\n+(?:<!-- [^\n]*\n)?\`\`\`\\w+\n([^]*?)\`\`\``).exec(PAGE) ?? [];
  return text ?? assert.fail(`docs/mini-lambda.md has a block '${name}'`);
}

/** Commands of a block, each with its further lines. */
function commandsOf(name: string): readonly string[] {
  return block(name)
    .split(/\n(?=curl|docker)/)
    .filter((line) => line.trim() !== '');
}

const [UPLOAD = '', IMAGES = '', REGISTER = '', LIST = '', INVOKE = '', METRICS = ''] = commandsOf('use');
/** The function's id in the README. */
const ID = '5ac94553-cd05-4cc0-b657-acae0c6559e1';
/** Base images of the README, and the runtimes with whose programs they are made here. */
const BASES = { python3: 'python:3.9-alpine', nodejs: 'node:18-alpine' } as const;

/** What the base image of an interpreter has: programs that run here only with its C library. */
const base = (program: string): readonly TarFile[] => [
  {
    name: `usr/local/bin/${program}`,
    content: craftedElf({ dynamic: [], loader: '/lib/ld-musl-none.so.1' }),
    mode: 0o755,
  },
  { name: 'bin', type: 'symlink', linkname: '/usr/local/bin' },
];

/** The images of the README, as their Dockerfiles make them. */
const IMAGES_OF: Readonly<Record<string, ImageParts>> = {
  'my-function': {
    names: ['my-function:latest'],
    layers: [base('python3'), [{ name: 'app/function.py', content: block('my-function.py') }]],
    config: {
      Cmd: ['python3', 'function.py'],
      WorkingDir: '/app',
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'LANG=C'],
    },
  },
  'node-function': {
    names: ['node-function:latest'],
    layers: [
      base('node'),
      [
        {
          name: 'usr/local/bin/docker-entrypoint.sh',
          content:
            '#!/bin/sh\nset -e\nif [ "${1#-}" != "${1}" ] || [ -z "$(command -v "${1}")" ]; then\n  set -- node "$@"\nfi\nexec "$@"\n',
          mode: 0o755,
        },
      ],
      ['package.json', 'index.js'].map((name) => ({ name: `app/${name}`, content: block(name) })),
    ],
    config: {
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['node', 'index.js'],
      WorkingDir: '/app',
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    },
  },
};

interface Answered {
  readonly id?: string;
  readonly result?: string;
  readonly error?: string;
  readonly status?: string;
  readonly invocation_id?: string;
}

/** What Mini-Lambda's README says, tried with one driver. */
export function miniReadme(driver: 'docker' | 'process'): void {
  describe(`Mini-Lambda's README with the ${driver} driver`, { concurrency: false }, () => {
    let s: LamSession;
    let port: number;
    const made: string[] = [];
    before(async () => {
      s = await lamSession({ driver });
      await s.ok(['start', '--mini-lambda', ':0']);
      port = (await s.status()).miniLambda ?? assert.fail('the port is in the status');
      for (const name of ['my-function.py', 'my-function.dockerfile', 'package.json', 'index.js', 'Dockerfile'])
        writeFileSync(join(s.cwd, name), block(name));
      for (const name of Object.keys(IMAGES_OF)) await build(name);
    });
    after(async () => {
      await s.dispose();
      for (const name of made) removeImage(name);
    });

    const shell = async (line: string): Promise<string> => (await run('bash', ['-c', line], { cwd: s.cwd })).stdout;
    /** Runs a line of the README, with the port and the function of this test. */
    const asTyped = async (line: string, id = ID): Promise<string> =>
      shell(
        line.replace('localhost:8300', `localhost:${port}`).replace(ID, id).replace('curl', "curl -sS --noproxy '*'"),
      );
    const json = async (line: string, id?: string): Promise<Answered> =>
      JSON.parse(await asTyped(line, id)) as Answered;

    /** Builds an image of the README and saves it; without Docker it is written as Docker would. */
    const build = async (name: string): Promise<void> => {
      const [buildLine = '', saveLine = ''] = commandsOf('build');
      if (driver === 'process') {
        writeFileSync(join(s.cwd, `${name}.tar`), await tarOf(await savedFiles(IMAGES_OF[name] ?? assert.fail())));
        return;
      }
      const runtime = name === 'my-function' ? 'python3' : 'nodejs';
      if (imageId(BASES[runtime]) === undefined) {
        made.push(BASES[runtime]);
        await s.ok(['runtimes', 'build', runtime, '--tag', BASES[runtime]]);
      }
      if (imageId(name) === undefined) made.push(name);
      await shell(name === 'my-function' ? buildLine : `docker build -t ${name} .`);
      // The other one is registered as it is in the engine, where it was built.
      if (name !== 'my-function') return;
      await shell(saveLine);
      // So that only the upload brings it back.
      removeImage(name);
    };
    const named = (line: string, name: string): string => line.replaceAll('my-function', name);
    const invokeWith = (event: unknown, timeout = 30): string =>
      INVOKE.replace(/-d '[^]*'/, `-d '${JSON.stringify({ event, timeout })}'`);

    test('its functions in Python and Node run from upload to metrics', async () => {
      for (const [name, said] of [
        ['my-function', { message: 'Hello World!' }],
        ['node-function', { message: 'Processed: Hello from Mini Lambda!' }],
      ] as const) {
        if (driver === 'process' || name === 'my-function') {
          const uploaded = await json(named(UPLOAD, name));
          assert.equal(Reflect.get(uploaded, 'message'), 'Image Uploaded Successfully');
        }
        assert.ok((JSON.parse(await asTyped(IMAGES)) as string[]).includes(`${name}:latest`));
        const fn = await json(named(REGISTER, name));
        assert.deepEqual([Reflect.get(fn, 'name'), Reflect.get(fn, 'image')], [name, name]);
        assert.ok(
          (JSON.parse(await asTyped(LIST)) as unknown[]).some((one) => JSON.stringify(one) === JSON.stringify(fn)),
        );
        for (let time = 1; time <= 2; time++) {
          const { result = '' } = await json(INVOKE, fn.id);
          assert.match(result, /^\{.*\}\n$/);
          assert.deepEqual({ ...(JSON.parse(result) as object), ...said }, JSON.parse(result));
        }
        assert.match(await asTyped(METRICS), new RegExp(`^Total_Invocations\\{function="${name}"\\} 2$`, 'm'));
      }
      const { result = '' } = await json(invokeWith({ name: 'Ada' }), 'my-function');
      assert.equal((JSON.parse(result) as Answered & { message: string }).message, 'Hello Ada!');
      assert.match((await s.ok(['list'])).stdout, /my-function/);
    });

    test('what went wrong is said, and an invocation ends at its own time limit', async () => {
      const { error } = await json(invokeWith('no object'), 'my-function');
      assert.match(error ?? '', /AttributeError: 'str' object has no attribute 'get'/);
      const sleeper: ImageParts = {
        names: ['lam-test-sleeper:latest'],
        layers: [[{ name: 'app/function.py', content: 'import time\ntime.sleep(60)\n' }]],
        config: { Cmd: ['python3', '/app/function.py'], WorkingDir: '/' },
      };
      if (driver === 'process') {
        writeFileSync(join(s.cwd, 'lam-test-sleeper.tar'), await tarOf(await savedFiles(sleeper)));
        await json(named(UPLOAD, 'lam-test-sleeper'));
      } else {
        made.push('lam-test-sleeper');
        const folder = join(s.root, 'sleeper');
        mkdirSync(folder);
        writeFileSync(
          join(folder, 'Dockerfile'),
          `FROM ${BASES.python3}\nCMD ["python3", "-c", "import time; time.sleep(60)"]\n`,
        );
        await shell(`docker build -t lam-test-sleeper ${folder}`);
      }
      const { id } = await json(named(REGISTER, 'lam-test-sleeper'));
      const began = performance.now();
      assert.equal((await json(invokeWith(1, 1), id)).error, 'execution timeout exceeded');
      const took = performance.now() - began;
      assert.ok(took >= 1000 && took < 30_000, `${took} ms`);
    });

    test('an asynchronous invocation and all that was registered outlive a restart', async () => {
      const { id } = await json(named(REGISTER, 'my-function'));
      const later = INVOKE.replace(ID, `${ID}/async`);
      const { invocation_id: invocation = '', status } = await json(later, id);
      assert.equal(status, 'PENDING');
      const view = async (): Promise<Answered> => json(`curl -X POST http://localhost:8300/invocations/${invocation}`);
      assert.ok(
        await eventually(async () => (await view()).status === 'COMPLETED', 30_000),
        JSON.stringify(await view()),
      );
      const before = await view();
      assert.match(JSON.stringify(before), /"output":"\{\\"message\\": \\"Hello World!\\"/);
      await s.ok(['restart']);
      assert.equal((await s.status()).miniLambda, port);
      assert.deepEqual(await view(), before);
      assert.equal((await json(named(REGISTER, 'my-function'))).id, id);
      assert.match((await json(INVOKE, id)).result ?? '', /Hello World/);
      assert.ok((JSON.parse(await asTyped(IMAGES)) as string[]).includes('my-function:latest'));
    });

    test('a damaged upload leaves nothing', async () => {
      const images = await asTyped(IMAGES);
      const tar = readFileSync(join(s.cwd, 'my-function.tar'));
      const at = tar.indexOf('json.loads(input_data)');
      const cuts = [
        tar.subarray(0, tar.length >> 1),
        Buffer.concat([tar.subarray(0, at), Buffer.from('X'), tar.subarray(at + 1)]),
      ];
      for (const bytes of driver === 'docker' ? cuts.slice(1) : cuts) {
        writeFileSync(join(s.cwd, 'cut.tar'), bytes);
        assert.match((await json(named(UPLOAD, 'cut'))).error ?? '', /damaged|no container image/);
      }
      assert.equal(await asTyped(IMAGES), images);
      assert.deepEqual(readdirSync(join(s.home, 'tmp')), []);
      assert.match((await json(INVOKE, 'my-function')).result ?? '', /Hello World/);
    });

    if (driver === 'process')
      test('an image that cannot run without Docker is refused with the reason, and nothing is registered', async () => {
        const program = craftedElf({ dynamic: [], loader: '/lib/ld-musl-none.so.1' });
        const layers = [[{ name: 'app/run', content: program, mode: 0o755 }]];
        const parts = { names: ['lam-test-musl:1'], layers, config: { Cmd: ['/app/run'] } };
        writeFileSync(join(s.cwd, 'lam-test-musl.tar'), await tarOf(await savedFiles(parts)));
        await json(named(UPLOAD, 'lam-test-musl'));
        const { error } = await json(
          named(REGISTER, 'lam-test-musl').replace(/"image": "[^"]*"/, '"image": "lam-test-musl:1"'),
        );
        assert.match(error ?? '', /dynamic loader \/lib\/ld-musl-none\.so\.1/);
        assert.doesNotMatch(await asTyped(LIST), /lam-test-musl/);
      });

    if (driver === 'process' && !IS_BINARY)
      test('its port is off by default, and is turned off again', async () => {
        assert.match((await s.ok(['status'])).stdout, new RegExp(`mini-lambda: +http://127\\.0\\.0\\.1:${port}\n`));
        await s.ok(['restart', '--mini-lambda', 'off']);
        assert.equal((await s.status()).miniLambda, undefined);
        await s.refused(['restart', '--mini-lambda', 'nowhere'], 'LAM_CLI_BAD_API_PORT', 2);
      });
  });
}
