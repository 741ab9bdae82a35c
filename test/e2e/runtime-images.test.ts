import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { eventually, IS_BINARY, lamSession, NO_DOCKER } from './session.ts';

const REGISTRY = '/usr/bin/docker-registry';
const skip = NO_DOCKER || (IS_BINARY && 'the built command makes the same images');

const docker = (...words: readonly string[]): string => execFileSync('docker', words, { encoding: 'utf8' });

interface Built {
  readonly image: string;
  readonly size: number;
  readonly files: number;
  readonly version: string | null;
}

const MOST_BYTES: Readonly<Record<string, number>> = { python3: 90e6, nodejs: 170e6 };

const CODE: Readonly<Record<string, readonly [file: string, code: string, answer: unknown]>> = {
  python3: [
    'lambda_function.py',
    `import json, os, ssl, sqlite3, subprocess
def lambda_handler(event, context):
    said = subprocess.check_output(["sh", "-c", "echo from a shell"], text=True).strip()
    return [event["name"], said, os.path.exists("/usr/bin/env"), len(os.listdir(ssl.get_default_verify_paths().openssl_capath)) > 9]
`,
    ['Ada', 'from a shell', false, true],
  ],
  nodejs: [
    'index.js',
    `const { execFileSync } = require('node:child_process');
exports.handler = async ({ name }) => [name, execFileSync('sh', ['-c', 'echo from a shell'], { encoding: 'utf8' }).trim()];
`,
    ['Ada', 'from a shell'],
  ],
};

describe('images for runtimes', { skip }, () => {
  const made: string[] = [];
  after(() => {
    for (const image of made) docker('rmi', '--force', image);
  });

  for (const [runtime, [file, code, answer]] of Object.entries(CODE))
    test(`of ${runtime} are made of this machine's programs, are small, and run functions`, async () => {
      await using s = await lamSession({ driver: 'docker' });
      const tag = `lam-small-${process.pid}-${runtime}:1`;
      made.push(tag);
      const built = await s.json<Built>(['runtimes', 'build', runtime, '--tag', tag]);
      assert.equal(built.image, tag);
      assert.equal(built.size, Number(docker('image', 'inspect', '--format', '{{.Size}}', tag)));
      // The interpreters have 30 and 130 MB here, and a base image of Debian alone has 75.
      assert.ok(built.size < (MOST_BYTES[runtime] ?? 0) && built.files > 10, JSON.stringify(built));
      writeFileSync(join(s.cwd, file), code);
      writeFileSync(join(s.cwd, 'lam.yaml'), `name: small\nruntime: ${runtime}\nimage: ${tag}\n`);
      await s.ok(['deploy']);
      assert.deepEqual(JSON.parse((await s.ok(['invoke', '-d', '{"name":"Ada"}'])).stdout), answer);
    });

  test('take the place of those of the same name, which stay only where something uses them', async () => {
    await using s = await lamSession({ driver: 'process' });
    const tag = `lam-small-${process.pid}-again:1`;
    const other = `lam-small-${process.pid}-kept:1`;
    made.push(tag, other);
    const build = async (): Promise<string> =>
      (await s.json<{ id: string }>(['runtimes', 'build', 'bash', '--tag', tag])).id;
    const isThere = (id: string): boolean => docker('image', 'ls', '--all', '--quiet', '--no-trunc').includes(id);
    const first = await build();
    const second = await build();
    assert.notEqual(first, second);
    assert.deepEqual([isThere(first), isThere(second)], [false, true]);
    docker('tag', second, other);
    const container = docker('create', await build(), '/bin/sh').trim();
    try {
      assert.equal(isThere(second), true, 'it has another name');
      const third = docker('image', 'inspect', '--format', '{{.Id}}', tag).trim();
      made.push(third);
      const fourth = await build();
      assert.deepEqual([isThere(third), isThere(fourth)], [true, true], 'a container is made of the third');
    } finally {
      docker('rm', '--force', container);
    }
  });

  test('are pulled from a registry', { skip: existsSync(REGISTRY) ? false : 'no docker-registry' }, async () => {
    await using s = await lamSession({ driver: 'process' });
    const place = mkdtempSync(join(tmpdir(), 'lam-registry-'));
    const port = await freePort();
    const host = `127.0.0.1:${port}`;
    mkdirSync(join(place, 'data'));
    writeFileSync(
      join(place, 'config.yml'),
      `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${place}/data } }\nhttp: { addr: "${host}" }\n`,
    );
    const registry = spawn(REGISTRY, ['serve', join(place, 'config.yml')], { stdio: 'ignore' });
    try {
      assert.ok(await eventually(async () => (await fetch(`http://${host}/v2/`).catch(() => undefined))?.ok === true));
      const local = `lam-small-${process.pid}-empty:1`;
      await s.ok(['runtimes', 'build', 'bash', '--tag', local]);
      const published = `${host}/python:3.13-slim`;
      made.push(local, published);
      docker('tag', local, published);
      docker('push', '--quiet', published);
      docker('rmi', published);
      const pulled = await s.json<{ image: string }>(['runtimes', 'pull', 'python3.13', '--registry', host]);
      assert.equal(pulled.image, published);
      assert.match(docker('image', 'inspect', published), /lam\.small-image/);

      const missing = await s.run(['runtimes', 'pull', 'ruby3.4', '--registry', host]);
      assert.equal(missing.code, 7);
      assert.match(missing.stderr, new RegExp(`image '${host}/ruby:3.4-slim' is not present and cannot be pulled`));
    } finally {
      registry.kill();
      await once(registry, 'exit');
      rmSync(place, { recursive: true });
    }
  });
});

describe('images for runtimes, where they cannot be had', () => {
  test('are refused with what to do', async () => {
    await using s = await lamSession({ driver: 'process' });
    const none = await s.run(['runtimes', 'pull', 'stdio']);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /no published image is known for the runtime 'stdio'[^]*LAM_CLI_NO_PUBLISHED_IMAGE/);
    const unknown = await s.run(['runtimes', 'build', 'pyton3']);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /did you mean 'python3'/);
    for (const word of ['build', 'pull']) {
      const lost = await s.run(['runtimes', word, 'python3'], { env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } });
      assert.equal(lost.code, 7, lost.stderr);
      assert.match(lost.stderr, /the Docker engine can't be reached/);
    }
    assert.equal((await s.run(['runtimes', 'python3', '--json'])).code, 0);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
