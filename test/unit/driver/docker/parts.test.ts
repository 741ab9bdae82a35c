import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { AttachStream } from '../../../../src/driver/docker/engine/attach-stream.ts';
import { dockerError } from '../../../../src/driver/docker/engine/docker-errors.ts';
import { exitStatus } from '../../../../src/driver/docker/container/docker-sandbox.ts';
import { planHostBase } from '../../../../src/driver/docker/base/host-base.ts';
import { probeDocker } from '../../../../src/driver/docker/index.ts';
import { tar } from '../../../../src/driver/docker/base/tar.ts';
import { asFunctionName } from '../../../support/ids.ts';

async function inFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'lam-docker-unit-'));
  try {
    await run(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

test('an archive is what tar lists, and the same bytes each time', () => {
  const entries = [
    { kind: 'directory', path: 'tmp', mode: 0o1777 },
    { kind: 'symlink', path: 'bin', target: 'usr/bin' },
    { kind: 'file', path: 'etc/hosts', mode: 0o644, text: '127.0.0.1 localhost\n' },
  ] as const;
  const archive = tar(entries);
  assert.deepEqual(archive, tar(entries));
  const listed = spawnSync('tar', ['-tv', '--numeric-owner', '-f', '-'], { input: archive, encoding: 'utf8' });
  assert.equal(listed.status, 0, listed.stderr);
  assert.deepEqual(
    listed.stdout
      .trim()
      .split('\n')
      .map((l) => l.replaceAll(/\s+/g, ' ').replace(/ 1970-01-01 \S+/, '')),
    ['drwxrwxrwt 0/0 0 tmp/', 'lrwxrwxrwx 0/0 0 bin -> usr/bin', '-rw-r--r-- 0/0 20 etc/hosts'],
  );
});

describe('the host base', () => {
  test('has the links of the host, mounts its folders, and leaves out the rest of /etc', () =>
    inFolder(async (root) => {
      for (const dir of ['usr/bin', 'sbin', 'etc/ssl/certs', 'etc/ssl/private', 'etc/alternatives'])
        await mkdir(join(root, dir), { recursive: true });
      await symlink('usr/bin', join(root, 'bin'));
      for (const file of ['shadow', 'ld.so.cache', 'hostname']) await writeFile(join(root, 'etc', file), '');
      const base = planHostBase(root);
      assert.deepEqual(
        base.mounts.map((m) => m.target),
        ['/usr', '/sbin', '/etc/alternatives', '/etc/ld.so.cache', '/etc/ssl/certs'],
      );
      assert.equal(base.mounts[0]?.source, join(root, 'usr'));
      assert.match(base.tag, /^lam-host-base:[0-9a-f]{12}$/);
      assert.equal(planHostBase(root).tag, base.tag);
      await rm(join(root, 'bin'));
      assert.notEqual(planHostBase(root).tag, base.tag);
    }));
});

test('the attach stream is demultiplexed at any chunk boundary', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ stream: fc.constantFrom(1, 2), text: fc.string() })),
      fc.array(fc.nat({ max: 40 }), { minLength: 1 }),
      (frames, cuts) => {
        const bytes = Buffer.concat(
          frames.flatMap(({ stream, text }) => {
            const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
            header.writeUInt32BE(Buffer.byteLength(text), 4);
            return [header, Buffer.from(text)];
          }),
        );
        const got = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
        const parser = new AttachStream((stream, chunk) => got[stream].push(Buffer.from(chunk)));
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = at + 1 + (cuts[i % cuts.length] ?? 0);
          parser.push(bytes.subarray(at, end));
          at = end;
        }
        const wanted = (n: number): string =>
          frames
            .filter((f) => f.stream === n)
            .map((f) => f.text)
            .join('');
        assert.deepEqual(Buffer.concat(got.stdout), Buffer.from(wanted(1)));
        assert.deepEqual(Buffer.concat(got.stderr), Buffer.from(wanted(2)));
      },
    ),
  );
});

test('an exit status distinguishes signals from codes as shells and Docker do', () => {
  assert.deepEqual(exitStatus(0, false), { code: 0, signal: null, outOfMemory: false });
  assert.deepEqual(exitStatus(127, false), { code: 127, signal: null, outOfMemory: false });
  // The code of an error that nothing caught in Node, not a SIGHUP.
  assert.deepEqual(exitStatus(129, false), { code: 129, signal: null, outOfMemory: false });
  assert.deepEqual(exitStatus(137, true), { code: null, signal: 'SIGKILL', outOfMemory: true });
  assert.deepEqual(exitStatus(139, false), { code: null, signal: 'SIGSEGV', outOfMemory: false });
  assert.deepEqual(exitStatus(255, false), { code: 255, signal: null, outOfMemory: false });
});

describe('an error of Docker becomes one of lam', () => {
  const work = { socketPath: '/s', functionName: asFunctionName('hello'), image: 'node:24' };
  for (const [thrown, code] of [
    [{ code: 'ECONNREFUSED', message: 'x' }, 'LAM_DRIVER_DOCKER_UNREACHABLE'],
    [{ code: 'ENOENT', message: 'x' }, 'LAM_DRIVER_DOCKER_UNREACHABLE'],
    [{ code: 'EACCES', message: 'x' }, 'LAM_DRIVER_DOCKER_DENIED'],
    [{ statusCode: 404, json: { message: 'No such image: node:24' } }, 'LAM_DRIVER_IMAGE_MISSING'],
    [{ statusCode: 404, json: { message: 'No such container: x' } }, 'LAM_DRIVER_START_FAILED'],
    [{ statusCode: 500, json: { message: 'no space left on device' } }, 'LAM_DRIVER_START_FAILED'],
  ] as const) {
    test(`${JSON.stringify(thrown)} becomes ${code}`, () => {
      const error = dockerError(thrown, work);
      assert.equal(error.code, code);
      assert.equal(dockerError(error, work), error);
    });
  }

  test('keeps the engine\u2019s own words', () => {
    const error = dockerError({ statusCode: 500, json: { message: 'no space left on device' } }, work);
    assert.match(error.message, /^a sandbox for 'hello' could not be started: no space left on device$/);
  });
});

describe('probing for an engine', () => {
  const ask = async (socket: string, limitMs = 1500): Promise<string> => {
    const probe = await probeDocker({ environment: { DOCKER_HOST: `unix://${socket}` }, limitMs });
    assert.ok(!probe.ok);
    return probe.reason;
  };

  test('distinguishes a missing socket, one without a listener, and one that does not answer', () =>
    inFolder(async (dir) => {
      assert.match(await ask(join(dir, 'none')), /there is no socket at/);
      const path = join(dir, 'silent');
      // Reads, so that it notices when the peer disconnects.
      const server = createServer((socket) => socket.on('error', () => {}).resume()).listen(path);
      await new Promise((resolve) => server.once('listening', resolve));
      assert.match(await ask(path, 20), /did not answer within 20 ms/);
      await new Promise((resolve) => server.close(resolve));
      const dead = join(dir, 'dead');
      spawnSync(process.execPath, [
        '-e',
        `require('net').createServer().listen(${JSON.stringify(dead)}, () => process.kill(process.pid, 'SIGKILL'))`,
      ]);
      assert.match(await ask(dead), /no engine listens on/);
    }));

  test('refuses an engine on another machine', async () => {
    const probe = await probeDocker({ environment: { DOCKER_HOST: 'tcp://10.0.0.1:2375' } });
    assert.ok(!probe.ok);
    assert.match(probe.reason, /lam needs an engine on this machine/);
  });
});
