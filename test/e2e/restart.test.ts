import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort, lamSession, type LamSession } from './session.ts';

describe('lam restart that cannot start another daemon', () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession();
    await s.deployNode('hello', 'export const handler = async () => "hi";');
    await s.ok(['invoke', 'hello']);
  });
  after(() => s.dispose());

  /** Runs a restart that must fail, and checks that the daemon goes on with its warm sandbox. */
  const refused = async (
    args: readonly string[],
    code: string,
    env: Readonly<Record<string, string | undefined>> = {},
  ): Promise<void> => {
    const { pid, startedAt } = await s.status();
    const { code: exit, stdout } = await s.run(['restart', ...args, '--json'], { env });
    assert.notEqual(exit, 0);
    assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, code);
    const told = await s.run(['restart', ...args], { env });
    assert.equal(told.stdout, '');
    assert.match(told.stderr, /(?:^the daemon was not stopped \(process \d+\), because .*:\n)?Error: /);
    const now = await s.status();
    assert.deepEqual([now.pid, now.startedAt], [pid, startedAt]);
    assert.equal((await s.ok(['invoke', 'hello'])).stdout, '"hi"');
  };

  test('leaves it as it is when the engine of the driver does not answer', () =>
    refused(['--driver', 'docker'], 'LAM_DAEMON_DRIVER_UNAVAILABLE', {
      DOCKER_HOST: `unix://${join(s.root, 'nothing.sock')}`,
    }));

  test('leaves it as it is when another process has the port', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      await refused(['--port', String((other.address() as AddressInfo).port)], 'LAM_DAEMON_PORT_TAKEN');
    } finally {
      other.close();
    }
  });

  test('leaves it as it is for an address that is not of this machine, or that needs a token', async () => {
    await refused(['--host', '192.0.2.1'], 'LAM_DAEMON_LISTEN_FAILED', { LAM_TOKEN: 'secret' });
    await refused(['--host', '0.0.0.0'], 'LAM_DAEMON_TOKEN_NEEDED', { LAM_TOKEN: undefined });
  });

  test('leaves it as it is for a bad flag or variable', async () => {
    await refused(['--memory', '1'], 'LAM_CLI_BAD_MEMORY');
    await refused([], 'LAM_CLI_BAD_PORT', { LAM_PORT: 'http' });
    await refused(['--driver', 'none'], 'LAM_CLI_USAGE');
  });

  test('leaves it as it is when the catalogue cannot be read', async () => {
    const file = join(s.home, 'state', 'catalogue.json');
    const text = readFileSync(file);
    writeFileSync(file, '{"schema": 999}');
    try {
      await refused([], 'LAM_STORE_NEWER');
    } finally {
      writeFileSync(file, text);
    }
  });

  test('keeps the driver and the limit of memory that it was told', async () => {
    await s.ok(['restart', '--driver', 'process', '--memory', '3000'], { env: { LAM_DRIVER: undefined } });
    await s.ok(['restart'], { env: { LAM_DRIVER: undefined } });
    const { driver, memory, asked } = await s.status();
    assert.deepEqual([driver, memory.budgetMiB, asked], ['process', 3000, { driver: 'process', memoryMiB: 3000 }]);
    await s.ok(['restart', '--driver', 'auto'], { env: { LAM_DRIVER: undefined } });
    assert.deepEqual((await s.status()).asked, { memoryMiB: 3000 });
  });

  test('restarts on the same port, and moves to another one', async () => {
    const { pid, port } = await s.status();
    await s.ok(['restart']);
    const same = await s.status();
    assert.notEqual(same.pid, pid);
    assert.equal(same.port, port);
    const free = await freePort();
    await s.ok(['restart', '--port', String(free)]);
    assert.equal((await s.status()).port, free);
    assert.equal((await s.ok(['invoke', 'hello'])).stdout, '"hi"');
  });
});
