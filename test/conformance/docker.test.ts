import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { homeId } from '../../src/contract/index.ts';
import { probeDocker } from '../../src/driver/docker/index.ts';
import type { Sandbox } from '../../src/driver/sandbox.ts';
import { isLamError } from '../../src/errors/index.ts';
import { sleep } from '../../src/kit/index.ts';
import { buildGoFixture, hasGo } from './build-go-fixture.ts';
import { driverConformance } from './driver-suite.ts';
import { askEngine, bareImage, Cuttable, DockerRig, INIT, invoke, resultOf, specOf } from './docker-rig.ts';
import { asRequestId } from '../support/ids.ts';

const probe = await probeDocker();
const required = (process.env['LAM_TEST_REQUIRE'] ?? '').split(',').includes('docker');
const socketPath = probe.ok ? probe.socketPath : '';
/** One line for the whole lane if no engine answers. */
const skip =
  probe.ok || required
    ? false
    : `${probe.reason}. To run the Docker lane, start Docker; LAM_TEST_REQUIRE=docker makes this a failure`;
/** Skips the suite if no engine answers. */
const lane = (name: string, tests: () => void): void => {
  if (probe.ok) void describe(name, tests);
};

const noGo = (await hasGo()) ? false : 'no go on PATH; install Go to run this';

const LOOK = `const fs = require('node:fs'), os = require('node:os'), { execFileSync } = require('node:child_process');
const attempt = (f) => { try { f(); return 'allowed'; } catch (e) { return e.code; } };
exports.handler = async (event) => {
  if (event === 'look') return {
    uid: process.getuid(), gid: process.getgid(), pid: process.pid,
    caps: /CapEff:\\s*(\\w+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1],
    noNewPrivileges: /NoNewPrivs:\\s*(\\d)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1],
    writeCode: attempt(() => fs.writeFileSync('/var/task/x', '')),
    writeRoot: attempt(() => fs.writeFileSync('/x', '')),
    writeUsr: attempt(() => fs.writeFileSync('/usr/x', '')),
    writeLam: attempt(() => fs.writeFileSync('/lam/run/x', '')),
    writeTmp: attempt(() => fs.writeFileSync('/tmp/x', '')),
    run: fs.readdirSync('/lam/run'),
    interfaces: Object.keys(os.networkInterfaces()),
    links: fs.readdirSync('/sys/class/net'),
    env: Object.keys(process.env).sort(),
    runsPrograms: execFileSync('/bin/sh', ['-c', 'echo yes'], { encoding: 'utf8' }).trim(),
  };
  if (event === 'fill') return attempt(() => fs.writeFileSync('/tmp/big', Buffer.alloc(32 * 1024 * 1024)));
  if (event === 'oom') { const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1)); }
  if (event === 'kill') { process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}); }
  if (event === 'raw') { fs.writeSync(1, 'past the bootstrap\\n'); return 1; }
  return event;
};`;

test('a Docker engine answers', { skip }, () => {
  assert.ok(probe.ok, probe.ok ? '' : probe.reason);
});

lane('the Docker driver', () => {
  const look = async (rig: DockerRig, over: Parameters<typeof specOf>[2] = {}): Promise<Sandbox> => {
    const driver = await rig.driver(socketPath);
    return driver.create(specOf('nodejs', await rig.code({ 'index.js': LOOK }), over), rig.hooks);
  };

  test('gives a container all limits, no privileges, and labels for reclaim', async () => {
    await using rig = await DockerRig.make();
    const sandbox = await look(rig);
    const { body } = await askEngine(socketPath, `/containers/lam-${sandbox.id}/json`);
    const { Config: config, HostConfig: host } = body as {
      Config: Record<string, unknown>;
      HostConfig: Record<string, unknown>;
    };
    assert.equal(config['User'], '1000:1000');
    assert.deepEqual(config['Labels'], {
      'lam.home': homeId(rig.home),
      'lam.sandbox': sandbox.id,
      'lam.function': 'hello',
      'lam.version': '7',
    });
    assert.equal(host['ReadonlyRootfs'], true);
    assert.deepEqual(host['CapDrop'], ['ALL']);
    assert.deepEqual(host['SecurityOpt'], ['no-new-privileges:true']);
    assert.equal(host['Memory'], 128 * 1024 * 1024);
    assert.equal(host['MemorySwap'], 128 * 1024 * 1024);
    assert.equal(host['NanoCpus'], 5e8);
    assert.equal(host['PidsLimit'], 65);
    assert.equal(host['NetworkMode'], 'none');
    assert.deepEqual(host['LogConfig'], { Type: 'none', Config: {} });
    const mounts = host['Mounts'] as { ReadOnly: boolean }[];
    assert.ok(mounts.length > 3 && mounts.every((m) => m.ReadOnly));
  });

  test('lets the code write only to /tmp, use only loopback, and see nothing of the daemon', async () => {
    await using rig = await DockerRig.make();
    const sandbox = await look(rig);
    assert.equal((await sandbox.session.init(INIT, 10_000)).kind, 'ready');
    const seen = resultOf(await invoke(sandbox.session, 'look')) as Record<string, unknown>;
    assert.notEqual(seen['pid'], 1);
    const { pid: _pid, ...rest } = seen;
    assert.deepEqual(rest, {
      uid: 1000,
      gid: 1000,
      caps: '0000000000000000',
      noNewPrivileges: '1',
      writeCode: 'EROFS',
      writeRoot: 'EROFS',
      writeUsr: 'EROFS',
      writeLam: 'EROFS',
      writeTmp: 'allowed',
      run: [],
      interfaces: ['lo'],
      links: ['lo'],
      env: ['HOME', 'HOSTNAME', 'LAMBDA_TASK_ROOT', 'LANG', 'PATH', 'PWD', 'TZ', '_X_AMZN_TRACE_ID'],
      runsPrograms: 'yes',
    });
    assert.equal(resultOf(await invoke(sandbox.session, 'fill')), 'ENOSPC');
    assert.ok(sandbox.peakMemoryMiB() > 0);
  });

  test('gives a container a network when configured', async () => {
    await using rig = await DockerRig.make();
    const sandbox = await look(rig, { network: 'on' });
    assert.equal((await sandbox.session.init(INIT, 10_000)).kind, 'ready');
    const { links } = resultOf(await invoke(sandbox.session, 'look')) as { links: string[] };
    assert.deepEqual(links.toSorted(), ['eth0', 'lo']);
  });

  test('distinguishes running out of memory from other exits, without adding lines to the logs', async () => {
    await using rig = await DockerRig.make();
    const hungry = await look(rig);
    await hungry.session.init(INIT, 10_000);
    const exit = { code: null, signal: 'SIGKILL', outOfMemory: true };
    assert.deepEqual(await invoke(hungry.session, 'oom'), { kind: 'exit', exit });
    assert.deepEqual(await hungry.exited, exit);
    const killed = await look(rig);
    await killed.session.init(INIT, 10_000);
    assert.deepEqual(await invoke(killed.session, 'kill'), { kind: 'exit', exit: { ...exit, outOfMemory: false } });
    assert.deepEqual(rig.logs, []);
  });

  test('delivers raw output of the process', async () => {
    await using rig = await DockerRig.make();
    const sandbox = await look(rig);
    await sandbox.session.init(INIT, 10_000);
    const requestId = crypto.randomUUID();
    resultOf(await invoke(sandbox.session, 'raw', { requestId: asRequestId(requestId) }));
    await sandbox.destroy();
    assert.deepEqual(rig.logs, [{ stream: 'stdout', text: 'past the bootstrap', requestId }]);
  });

  test('runs Python on the host base', async () => {
    await using rig = await DockerRig.make();
    const driver = await rig.driver(socketPath);
    const code = await rig.code({
      'lambda_function.py': 'import ssl, os\ndef lambda_handler(event, context):\n  return [event, os.getuid()]\n',
    });
    const sandbox = await driver.create(specOf('python3', code), rig.hooks);
    assert.equal(
      (await sandbox.session.init({ ...INIT, handler: 'lambda_function.lambda_handler' }, 10_000)).kind,
      'ready',
    );
    assert.deepEqual(resultOf(await invoke(sandbox.session, { a: 1 })), [{ a: 1 }, 1000]);
  });

  test('removes its containers, sockets and folders', async () => {
    await using rig = await DockerRig.make();
    const driver = await rig.driver(socketPath);
    const shell = await rig.code({});
    await copyFile(
      join(import.meta.dirname, '../fixtures/functions/provided-shell/bootstrap'),
      join(shell, 'bootstrap'),
    );
    const code = await rig.code({ 'index.js': LOOK });
    const sandboxes = await Promise.all([
      driver.create(specOf('nodejs', code), rig.hooks),
      driver.create(specOf('provided', shell), rig.hooks),
      driver.create(specOf('provided', code), rig.hooks),
    ]);
    await sandboxes[0]?.destroy();
    await sandboxes[0]?.destroy();
    await driver.close();
    for (const s of sandboxes) assert.notEqual((await s.exited).signal, undefined);
    assert.deepEqual(await containersOf(rig.home), []);
    assert.deepEqual(await readdir(join(rig.home, 'run/docker/sb')), []);
  });

  test('reclaims what a daemon of the same home left, and nothing of another home', async () => {
    await using mine = await DockerRig.make();
    await using other = await DockerRig.make();
    const [a, b] = [await mine.driver(socketPath), await other.driver(socketPath)];
    await a.create(specOf('nodejs', await mine.code({ 'index.js': LOOK })), mine.hooks);
    await b.create(specOf('nodejs', await other.code({ 'index.js': LOOK })), other.hooks);
    const next = await mine.driver(socketPath);
    assert.deepEqual(await next.reclaim(), { containers: 1, processes: 0, files: 1 });
    assert.deepEqual(await next.reclaim(), { containers: 0, processes: 0, files: 0 });
    assert.equal((await containersOf(other.home)).length, 1);
  });
});

lane('provided functions in Docker', () => {
  test('a shell script with curl answers, fails, exits and is killed', async () => {
    await using rig = await DockerRig.make();
    const driver = await rig.driver(socketPath);
    const code = await rig.code({});
    await copyFile(
      join(import.meta.dirname, '../fixtures/functions/provided-shell/bootstrap'),
      join(code, 'bootstrap'),
    );
    const start = async (): Promise<Sandbox> => {
      const sandbox = await driver.create(specOf('provided', code), rig.hooks);
      assert.equal((await sandbox.session.init(INIT, 10_000)).kind, 'ready');
      return sandbox;
    };
    const sandbox = await start();
    assert.deepEqual(resultOf(await invoke(sandbox.session, { a: 'ü' })), { a: 'ü' });
    const failed = await invoke(sandbox.session, 'error');
    assert.ok(failed.kind === 'error' && failed.errorType === 'Asked');
    assert.deepEqual(await invoke(sandbox.session, 'huge'), { kind: 'too-large', bytes: 7_000_000 });
    assert.deepEqual(await invoke(sandbox.session, 'exit'), {
      kind: 'exit',
      exit: { code: 7, signal: null, outOfMemory: false },
    });
    const second = await start();
    assert.deepEqual(await invoke(second.session, 'killed'), {
      kind: 'exit',
      exit: { code: null, signal: 'SIGKILL', outOfMemory: false },
    });
    assert.ok(rig.logs.some((l) => l.text === 'init of bootstrap' && l.requestId === ''));
    assert.ok(!rig.logs.some((l) => l.text.includes('Killed')));
  });

  test(
    'a Go program on aws-lambda-go runs unmodified and receives SIGTERM before its end',
    { skip: noGo },
    async () => {
      await using rig = await DockerRig.make();
      await using built = await buildGoFixture();
      const code = await rig.code({});
      await copyFile(join(built.dir, 'bootstrap'), join(code, 'bootstrap'));
      const driver = await rig.driver(socketPath);
      const sandbox = await driver.create(specOf('provided.al2023', code), rig.hooks);
      assert.equal((await sandbox.session.init(INIT, 10_000)).kind, 'ready');
      const requestId = asRequestId(crypto.randomUUID());
      const answer = resultOf(await invoke(sandbox.session, { Name: 'Ada' }, { requestId })) as Record<string, unknown>;
      assert.equal(answer['name'], 'Ada');
      assert.equal(answer['requestId'], requestId);
      await sandbox.destroy();
      assert.ok(
        rig.logs.some((l) => l.text === 'told to stop'),
        JSON.stringify(rig.logs),
      );
    },
  );

  test('a missing bootstrap is an init error, and so is one that cannot be executed', async () => {
    await using rig = await DockerRig.make();
    const driver = await rig.driver(socketPath);
    const missing = await driver.create(specOf('provided', await rig.code({})), rig.hooks);
    const outcome = await missing.session.init(INIT, 10_000);
    assert.ok(outcome.kind === 'error');
    assert.equal(outcome.errorType, 'Runtime.InvalidEntrypoint');
    await missing.destroy();
    assert.equal((await missing.exited).signal, 'SIGKILL');
    const odd = await driver.create(
      specOf('provided', await rig.code({ bootstrap: '#!/no/such/interpreter\n' })),
      rig.hooks,
    );
    const refused = await odd.session.init(INIT, 10_000);
    assert.ok(refused.kind === 'error');
    assert.match(Buffer.from(refused.payload).toString(), /names the interpreter \/no\/such\/interpreter,/);
    assert.equal((await odd.exited).code, 127);
    assert.ok(rig.logs.some((l) => l.stream === 'stderr' && l.text.startsWith('cannot start /var/task/bootstrap')));
  });
});

/** A bootstrap that needs only lam's own Node. */
const NODE_BOOTSTRAP = `#!/lam/node
const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/invocation/';
(async () => {
  for (;;) {
    const next = await fetch(api + 'next');
    const id = next.headers.get('lambda-runtime-aws-request-id');
    const event = await next.json();
    if (event === 'kill') process.kill(process.pid, 'SIGKILL');
    await fetch(api + id + '/response', { method: 'POST', body: JSON.stringify([event, process.pid]) });
  }
})();
`;

lane('an image that is here', () => {
  test('is used, with Docker\u2019s init as PID 1', async () => {
    await using rig = await DockerRig.make();
    await using image = await bareImage(socketPath);
    const driver = await rig.driver(socketPath);
    const spec = specOf('provided', await rig.code({ bootstrap: NODE_BOOTSTRAP }), { image: image.tag });
    assert.equal(await driver.prepare(spec.runtime, image.tag), null);
    const sandbox = await driver.create(spec, rig.hooks);
    assert.equal((await sandbox.session.init(INIT, 10_000)).kind, 'ready', JSON.stringify(rig.logs));
    const [event, pid] = resultOf(await invoke(sandbox.session, 'hello')) as [string, number];
    assert.equal(event, 'hello');
    assert.notEqual(pid, 1);
    const { body } = await askEngine(socketPath, `/containers/lam-${sandbox.id}/json`);
    assert.equal((body as { Config: { Image: string } }).Config.Image, image.tag);
    assert.deepEqual(await invoke(sandbox.session, 'kill'), {
      kind: 'exit',
      exit: { code: null, signal: 'SIGKILL', outOfMemory: false },
    });
    await driver.close();
  });
});

lane('the Docker driver when things are missing', () => {
  test('falls back to the host base with a notice for an image that cannot be pulled', async () => {
    await using rig = await DockerRig.make();
    const driver = await rig.driver(socketPath);
    // A registry on a loopback port without a listener.
    const image = `127.0.0.1:9/${randomBytes(6).toString('hex')}:1`;
    const notice = await driver.prepare(specOf('nodejs', '').runtime, image);
    assert.match(notice ?? '', /is not present and cannot be pulled \(.+\); the host's own programs are used/s);
    const sandbox = await driver.create(specOf('nodejs', await rig.code({ 'index.js': LOOK }), { image }), rig.hooks);
    assert.equal((await sandbox.session.init(INIT, 10_000)).kind, 'ready');
  });

  test('reports what a container printed that exited before it connected, and leaves nothing behind', async () => {
    await using rig = await DockerRig.make();
    const driver = await rig.driver(socketPath);
    await writeFile(join(rig.assetsDir, 'bootstrap-nodejs.cjs'), 'console.error("no way"); process.exit(9);');
    await assert.rejects(driver.create(specOf('nodejs', await rig.code({})), rig.hooks), (error) => {
      assert.ok(isLamError(error));
      assert.equal(error.code, 'LAM_DRIVER_START_FAILED');
      assert.match(error.message, /exit status 9.*no way/);
      return true;
    });
    assert.deepEqual(await containersOf(rig.home), []);
  });

  test('settles sandboxes when the engine stops, refuses new ones, and works when the engine is back', async () => {
    await using rig = await DockerRig.make();
    await using way = new Cuttable(join(rig.home, 'engine.sock'), socketPath);
    await way.open();
    const driver = await rig.driver(way.path);
    const code = await rig.code({ 'index.js': LOOK });
    const sandbox = await driver.create(specOf('nodejs', code), rig.hooks);
    await sandbox.session.init(INIT, 10_000);
    await way.cut();
    assert.equal((await sandbox.exited).signal, 'SIGKILL');
    assert.equal((await invoke(sandbox.session, 'look')).kind, 'exit');
    await sandbox.destroy();
    await assert.rejects(driver.create(specOf('nodejs', code), rig.hooks), (error) => {
      assert.ok(isLamError(error));
      assert.equal(error.code, 'LAM_DRIVER_DOCKER_UNREACHABLE');
      assert.equal(error.exitCode, 7);
      return true;
    });
    assert.equal((await containersOf(rig.home)).length, 1);
    await way.open();
    const again = await driver.create(specOf('nodejs', code), rig.hooks);
    assert.equal((await again.session.init(INIT, 10_000)).kind, 'ready');
    await driver.close();
    assert.deepEqual(await containersOf(rig.home), []);
  });

  test('removes a container whose creation was never confirmed', async () => {
    await using rig = await DockerRig.make();
    await using way = new Cuttable(join(rig.home, 'engine.sock'), socketPath);
    await way.open();
    const driver = await rig.driver(way.path);
    way.loseAnswerTo('POST /containers/create');
    await assert.rejects(driver.create(specOf('nodejs', await rig.code({ 'index.js': LOOK })), rig.hooks), {
      code: 'LAM_DRIVER_DOCKER_UNREACHABLE',
    });
    assert.match(way.lostAnswer, /^HTTP\/1\.1 201 /);
    const until = Date.now() + 10_000;
    while (Date.now() < until && (await containersOf(rig.home)).length > 0) await sleep(50);
    assert.deepEqual(await containersOf(rig.home), []);
  });
});

if (probe.ok) driverConformance({ name: 'docker', socketPath });

async function containersOf(home: string): Promise<readonly unknown[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`lam.home=${homeId(home)}`] }));
  const { body } = await askEngine(socketPath, `/containers/json?all=true&filters=${filters}`);
  assert.ok(Array.isArray(body));
  return body;
}
