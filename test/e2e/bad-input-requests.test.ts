import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LIMITS } from '../../src/contract/index.ts';
import { listing } from '../support/listing.ts';
import { NO_OTHER_USER, NOBODY } from './program-for-all.ts';
import { HAS_DOCKER, http, lamSession, type LamSession } from './session.ts';
import { untouched } from './untouched.ts';

describe('an invalid payload', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
    await s.deployNode('echo', 'export const handler = async (event) => event;');
    s.files('events', { 'bad.json': '{\n  "a": 1,\n  oops\n}', 'good.json': '{"a":1}' });
  });
  after(() => s.dispose());

  test('is refused by the CLI with line and column, before the function runs', async () => {
    const { message, details } = await untouched(s, () =>
      s.refused(['invoke', 'echo', '-d', '@events/bad.json'], 'LAM_CLI_PAYLOAD_NOT_JSON', 2),
    );
    assert.deepEqual([details?.['line'], details?.['column']], [3, 3], message);
    assert.match(message, /bad\.json/);
  });
  for (const text of ["{'a':1}", '{"a":', 'undefined', '']) {
    test(`'${text}' on the command line exits 2 and shows how JSON is given`, async () => {
      const { code, stdout, stderr } = await s.run(['invoke', 'echo', '-d', text]);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^Error: the payload from -d is not JSON: line 1.*\n {2}hint: give JSON/);
    });
  }
  test('on standard input is refused', async () => {
    const { code, stderr } = await s.run(['invoke', 'echo', '-d', '-'], { stdin: 'nope' });
    assert.equal(code, 2);
    assert.match(stderr, /from standard input is not JSON/);
  });
  test('in a missing file is reported with its name', async () => {
    const { message } = await s.refused(['invoke', 'echo', '-e', 'absent.json'], 'LAM_CLI_PAYLOAD_UNREADABLE', 2);
    assert.match(message, /absent\.json/);
  });
  test('that is not JSON is a 400 of the AWS API', async () => {
    const { status, headers, body } = await http(`${s.url}/2015-03-31/functions/echo/invocations`, { body: '{oops' });
    assert.equal(status, 400);
    assert.match(String(headers['x-amzn-errortype']), /^InvalidRequestContentException/);
    assert.match(body.toString(), /Could not parse request body into json/);
  });
  test('over the limit is a 413 over HTTP, with and without Content-Length', async () => {
    const body = Buffer.alloc(LIMITS.payloadBytes + 1, ' ');
    for (const path of ['/2015-03-31/functions/echo/invocations', '/echo']) {
      const told = await http(`${s.url}${path}`, { body });
      assert.equal(told.status, 413, path);
      assert.ok(told.body.toString().includes(String(LIMITS.payloadBytes)), told.body.toString());
    }
  });
  test('over the limit exits 2 and names the limit', async () => {
    const { message } = await s.refused(['invoke', 'echo', '-d', '-'], 'LAM_EDGE_PAYLOAD_TOO_LARGE', 2, {
      stdin: `"${'x'.repeat(LIMITS.payloadBytes)}"`,
    });
    assert.ok(message.includes(String(LIMITS.payloadBytes)), message);
  });
  test('does not affect the function', async () => {
    assert.equal((await s.ok(['invoke', 'echo', '-e', 'events/good.json'])).stdout, '{"a":1}');
  });
});

describe('a port in use', () => {
  let s: LamSession;
  let server: Server;
  before(async () => {
    s = await lamSession();
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    await new Promise((resolve) => server.close(resolve));
    await s.dispose();
  });
  const port = (): string => String((server.address() as AddressInfo).port);

  test('is reported by lam start with the pid that uses it and the flag to change it', async () => {
    const { message, hint, details } = await s.refused(['start', '--port', port()], 'LAM_DAEMON_PORT_TAKEN', 1);
    assert.ok(message.includes(`port ${port()} is taken by process ${process.pid}`), message);
    assert.match(hint ?? '', /--port/);
    assert.equal(details?.['pid'], process.pid);
  });
  test('is reported by a command that starts a daemon, by lam restart and by lam serve', async () => {
    for (const args of [['list'], ['restart'], ['serve']]) {
      const { message, hint } = await s.refused(args, 'LAM_DAEMON_PORT_TAKEN', 1, { env: { LAM_PORT: port() } });
      assert.ok(message.includes(`process ${process.pid}`), message);
      assert.match(hint ?? '', /--port/);
    }
  });
  test('leaves no process and no lock: the next start on another port works', async () => {
    assert.deepEqual(
      listing(join(s.home, 'run')).filter((name) => name.startsWith('daemon') || name.endsWith('.sock')),
      [],
    );
    await s.ok(['start']);
  });
});

describe('a Docker engine that cannot be used', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession({ driver: 'auto' });
  });
  after(() => s.dispose());
  const nowhere = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };

  test('fails lam start --driver docker with exit 7, the reason and an alternative', async () => {
    const { message, hint } = await s.refused(['start', '--driver', 'docker'], 'LAM_DAEMON_DRIVER_UNAVAILABLE', 7, {
      env: nowhere,
    });
    assert.match(message, /'docker'.*\/nonexistent\/docker\.sock/);
    assert.match(hint ?? '', /--driver process/);
    assert.equal((await s.run(['status'])).code, 3);
  });
  test('over TCP on another machine is refused as not local', async () => {
    const { message } = await s.refused(['start', '--driver', 'docker'], 'LAM_DAEMON_DRIVER_UNAVAILABLE', 7, {
      env: { DOCKER_HOST: 'tcp://127.0.0.1:1' },
    });
    assert.match(message, /DOCKER_HOST is 'tcp:\/\/127\.0\.0\.1:1'/);
  });
  test('makes lam choose the process driver, and print why', async () => {
    const { stdout } = await s.ok(['start'], { env: nowhere });
    assert.match(stdout, /driver: process \(no Docker engine can be used: .*\/nonexistent\/docker\.sock/);
    await s.ok(['stop']);
  });
  test('that denies access is reported with how to get it', { skip: NO_OTHER_USER }, async () => {
    const socket = join(s.root, 'engine.sock');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    chmodSync(socket, 0o000);
    chmodSync(s.root, 0o777);
    try {
      const env = { DOCKER_HOST: `unix://${socket}`, LAM_HOME: join(s.root, 'nobodys'), HOME: '/nonexistent' };
      const options = { env, uid: NOBODY, cwd: '/' };
      const { message } = await s.refused(['start', '--driver', 'docker'], 'LAM_DAEMON_DRIVER_UNAVAILABLE', 7, options);
      assert.match(message, /permission denied.*engine\.sock.*group/);
      const started = await s.run(['start', '--driver', 'auto', '--json'], options);
      assert.equal(started.code, 0, started.stderr);
      assert.match(
        (JSON.parse(started.stdout) as { data: { driverReason: string } }).data.driverReason,
        /permission denied/,
      );
      await s.ok(['stop'], options);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
  test('is not needed with the process driver', async () => {
    const { driver } = await s.json<{ driver: string }>(['start', '--driver', 'process'], { env: nowhere });
    assert.equal(driver, 'process');
  });
  test(
    'and is used by the automatic choice where it answers',
    { skip: HAS_DOCKER ? false : 'no Docker engine answers' },
    async () => {
      await s.ok(['stop']);
      const { driver, driverReason } = await s.json<{ driver: string; driverReason: string }>(['start']);
      assert.equal(driver, 'docker');
      assert.match(driverReason, /engine .* answers/);
    },
  );
});
