import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { DaemonOptions } from '../../../src/contract/index.ts';
import { listenOnPort } from '../../../src/daemon/listen.ts';
import { rehearseDaemon } from '../../../src/daemon/rehearse.ts';

const NOT_HERE = { pid: 0, port: 0 };

async function optionsIn(t: TestContext): Promise<DaemonOptions> {
  const home = await mkdtemp(join(tmpdir(), 'lam-rehearse-'));
  t.after(() => rm(home, { recursive: true }));
  await mkdir(join(home, 'run'));
  await writeFile(join(home, 'worker.cjs'), '');
  return {
    home,
    port: 0,
    host: '127.0.0.1',
    driver: 'process',
    foreground: false,
    portExplicit: true,
    assets: { folder: home, logWorker: join(home, 'worker.cjs'), queueWorker: home },
    version: '1.0.0',
    nodeCommand: [process.execPath],
    onReady: () => assert.fail('nothing is started'),
  };
}

describe('the rehearsal of a start', () => {
  test('passes where a daemon could start', async (t) => rehearseDaemon(await optionsIn(t), NOT_HERE));

  test('names a file of lam that is missing', async (t) => {
    const options = await optionsIn(t);
    await rm(options.assets.logWorker);
    await assert.rejects(rehearseDaemon(options, NOT_HERE), {
      code: 'LAM_DAEMON_FILE_MISSING',
      details: { file: options.assets.logWorker },
    });
  });

  test('takes the port of the daemon that is replaced for free, not that of another', async (t) => {
    const server = createServer();
    const port = await listenOnPort(server, '127.0.0.1', 0);
    t.after(() => server.close());
    const options = { ...(await optionsIn(t)), port };
    await rehearseDaemon(options, { pid: process.pid, port });
    for (const replaced of [
      { pid: process.pid, port: port + 1 },
      ...(process.platform === 'linux' ? [{ pid: 1, port }] : []),
    ])
      await assert.rejects(rehearseDaemon(options, replaced), {
        code: 'LAM_DAEMON_PORT_TAKEN',
        hint: `use another one: lam restart --port ${port + 1}`,
      });
    await assert.rejects(rehearseDaemon({ ...options, host: '192.0.2.1', token: 't' }, { pid: process.pid, port }), {
      code: 'LAM_DAEMON_LISTEN_FAILED',
    });
  });

  test('fails where the home cannot be written', async (t) => {
    const options = await optionsIn(t);
    await rm(join(options.home, 'run'), { recursive: true });
    await writeFile(join(options.home, 'run'), '');
    await assert.rejects(rehearseDaemon(options, NOT_HERE), { code: 'LAM_STORE_NOT_WRITABLE' });
  });
});
