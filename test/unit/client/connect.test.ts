import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { connect, daemonLog, processGone, startDaemon } from '../../../src/client/index.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lam-connect-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A program in place of the daemon: any process that writes the line reports a start. */
const program = (code: string): readonly string[] => [process.execPath, '-e', code];
const failing = (code: string) => (error: unknown) => (error as { code?: string }).code === code;

/** Listens like a daemon of version 1.0.0, and ends on a stop request. */
const LISTEN = `
const http = require('node:http'), fs = require('node:fs');
const socket = require('node:path').join(process.env.LAM_HOME, 'run', 'lam.sock');
const status = { pid: process.pid, version: '1.0.0' };
const server = http.createServer((q, r) => { r.end(JSON.stringify(q.url.endsWith('stop') ? {} : status)); if (q.url.endsWith('stop')) setImmediate(() => process.exit(0)); });
const say = (report) => { fs.writeSync(3, JSON.stringify(report) + '\\n'); fs.closeSync(3); };
try { fs.writeFileSync(process.env.LAM_HOME + '/lock', '', { flag: 'wx' }); }
catch { say({ ok: false, error: { code: 'LAM_STORE_LOCKED', message: 'locked' } }); process.exit(1); }
setTimeout(() => server.listen(socket, () => say({ ok: true, status })), 100);
`;

describe('starting a daemon', () => {
  test('fails with the error that the daemon reports', async () => {
    const command = program(
      `require('fs').writeSync(3, JSON.stringify({ ok: false, error: { code: 'LAM_DAEMON_PORT_TAKEN', message: 'port 8000 is taken' } }) + '\\n')`,
    );
    await assert.rejects(startDaemon({ home, command, env: process.env }), (error: Error) => {
      assert.match(error.message, /port 8000 is taken/);
      return true;
    });
  });

  test('reports a daemon that ends without a report, and keeps its output', async () => {
    const command = program(`console.error('last words'); process.exit(7)`);
    await assert.rejects(startDaemon({ home, command, env: process.env }), (error: Error) => {
      assert.equal((error as unknown as { code: string }).code, 'LAM_CLIENT_DAEMON_START_FAILED');
      assert.match(error.message, /it exited with code 7/);
      return true;
    });
    assert.equal(readFileSync(daemonLog(home), 'utf8'), 'last words\n');
  });

  test('reports a missing program', async () => {
    await assert.rejects(
      startDaemon({ home, command: ['/nonexistent/lam'], env: process.env }),
      failing('LAM_CLIENT_DAEMON_START_FAILED'),
    );
  });

  test('reports a home that cannot be created', async () => {
    await assert.rejects(
      startDaemon({ home: '/proc/lam', command: program(''), env: process.env }),
      failing('LAM_CLIENT_HOME_NOT_WRITABLE'),
    );
  });
});

describe('connecting', () => {
  const launch = (): { command: readonly string[]; env: Record<string, string | undefined> } => ({
    command: program(LISTEN),
    env: { ...process.env, LAM_HOME: home },
  });

  test('fails when none runs and none may be started', async () => {
    await assert.rejects(connect({ home, version: '1.0.0', launch: null }), failing('LAM_CLIENT_DAEMON_NOT_RUNNING'));
  });

  test('starts one daemon for any number of concurrent callers, and then finds it', async () => {
    const all = await Promise.all([1, 2, 3].map(() => connect({ home, version: '1.0.0', launch: launch() })));
    const [first] = all;
    assert.ok(first !== undefined);
    assert.equal(all.filter((c) => c.started).length, 1);
    assert.deepEqual(new Set(all.map((c) => c.status.pid)).size, 1);
    await assert.rejects(
      connect({ home, version: '2.0.0', launch: null }),
      failing('LAM_CLIENT_DAEMON_VERSION_MISMATCH'),
    );
    const again = await connect({ home, version: '2.0.0', launch: null, anyVersion: true });
    assert.equal(again.started, false);
    await again.client.daemon.stop();
    assert.equal(await processGone(first.status.pid, 5000), true);
  });
});
