import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AccessLogFile, type AccessLogParts } from '../../src/daemon/access-log-file.ts';
import type { AccessLog } from '../../src/edge/index.ts';
import { systemClock } from '../../src/kit/index.ts';
import { edgeHouse, WAYS, type EdgeHouse } from '../support/edge-house.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** A log in memory. */
class Lines implements AccessLog {
  readonly clock = systemClock;
  readonly format: AccessLog['format'];
  readonly lines: string[] = [];

  constructor(format: AccessLog['format']) {
    this.format = format;
  }

  write(line: string): void {
    this.lines.push(line);
  }

  /** The next lines, once there are so many. */
  async take(count: number): Promise<readonly string[]> {
    while (this.lines.length < count) await new Promise(setImmediate);
    return this.lines.splice(0);
  }
}

for (const way of WAYS)
  describe(`an access log, through ${way}`, () => {
    const log = new Lines('json');
    let house: EdgeHouse;
    before(async () => {
      const stuck = Promise.withResolvers<never>();
      house = await edgeHouse(
        {
          text: () => Promise.resolve({ kind: 'result', payload: Buffer.from('"hello"') }),
          stuck: () => stuck.promise,
          streams: async (call) => {
            const stream = call.stream('text/event-stream');
            await stream.write('1234');
            await stream.write('56');
            return { kind: 'result', payload: Buffer.alloc(0) };
          },
        },
        { way, accessLog: log },
      );
      for (const name of ['text', 'stuck', 'streams']) await house.publish(name);
    });
    after(() => house[Symbol.asyncDispose]());

    test('has a line for each request to the port, without its query', async () => {
      const answer = await house.ask('/text/a?secret=1', { headers: { 'user-agent': 'a "test"', referer: 'x' } });
      const [line = '', ...others] = await log.take(1);
      const { time, ms, remote, ...entry } = JSON.parse(line) as Record<string, unknown>;
      assert.deepEqual(entry, {
        method: 'GET',
        host: 'localhost',
        path: '/text/a',
        protocol: 'HTTP/1.1',
        status: 200,
        bytes: 5,
        requestId: answer.headers['x-amzn-requestid'],
        referer: 'x',
        userAgent: 'a "test"',
      });
      assert.deepEqual([others, typeof ms, String(remote).endsWith('127.0.0.1')], [[], 'number', true]);
      assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 3_600_000);
    });

    test('has control characters escaped, which would command the terminal of whoever reads it', async () => {
      const commands = 'a\u0085\u009b2Jb';
      await house.ask('/text', { headers: { 'user-agent': commands, referer: commands } });
      const [line = ''] = await log.take(1);
      assert.match(line, /^[\x20-\x7e]+$/);
      const { referer, userAgent } = JSON.parse(line) as Record<string, unknown>;
      assert.deepEqual([referer, userAgent], [commands, commands]);
    });

    test('has refusals, streams, answers without body and clients that leave', async () => {
      const seen = async (): Promise<unknown> => {
        const [line = ''] = await log.take(1);
        const { path, status, bytes } = JSON.parse(line) as Record<string, unknown>;
        return [path, status, bytes];
      };
      await house.ask('/nowhere');
      assert.deepEqual(((await seen()) as unknown[]).slice(0, 2), ['/nowhere', 404]);
      await house.ask('/text', { headers: { host: 'evil.example' } });
      assert.deepEqual(((await seen()) as unknown[]).slice(0, 2), ['/text', 403]);
      await house.ask('/text', { method: 'HEAD' });
      assert.deepEqual(await seen(), ['/text', 200, 0]);
      await house.ask('/streams');
      assert.deepEqual(await seen(), ['/streams', 200, 6]);
      const arrivals = house.arrivals();
      const leaving = get({ host: '127.0.0.1', port: house.port, path: '/stuck', agent: false });
      leaving.on('error', () => undefined);
      await house.arrived(arrivals + 1);
      leaving.destroy();
      assert.deepEqual(await seen(), ['/stuck', 499, 0]);
      await house.control('/_lam/v1/status');
      await house.ask('/text');
      assert.deepEqual(await seen(), ['/text', 200, 5]);
    });
  });

test('the common format is one line, whatever the path holds', async () => {
  const log = new Lines('common');
  await using house = await edgeHouse({}, { accessLog: log });
  await house.publish('echo');
  const outgoing = get({ host: '127.0.0.1', port: house.port, path: '/none/%22"\\x', headers: { host: 'localhost' } });
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.resume();
  const [line = ''] = await log.take(1);
  assert.match(
    line,
    /^\S*127\.0\.0\.1 - - \[\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000\] "GET \/none\/%22\\"\\\\x HTTP\/1\.1" 404 \d+$/,
  );
});

describe('the file of the access log', () => {
  let folder = '';
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'lam-access-'))));
  after(() => rm(folder, { recursive: true }));
  const parts = (): AccessLogParts => ({ folder, format: 'json', clock: systemClock, onTrouble: assert.fail });

  test('is closed to others, appended to, and complete after close', async () => {
    for (const part of ['one', 'two']) {
      const log = new AccessLogFile(parts());
      for (let n = 0; n < 100; n++) log.write(`${part} ${n}`);
      await log.close();
    }
    const lines = (await readFile(join(folder, 'access.log'), 'utf8')).trimEnd().split('\n');
    assert.deepEqual([lines.length, lines[0], lines.at(-1)], [200, 'one 0', 'two 99']);
    assert.equal((await stat(join(folder, 'access.log'))).mode & 0o777, 0o600);
  });

  test('is rotated, and old files are removed', async () => {
    const log = new AccessLogFile({ ...parts(), rotation: { size: '10K', rotate: 2 } });
    for (let n = 0; n < 40; n++) {
      for (let k = 0; k < 30; k++) log.write('x'.repeat(99));
      await log.flush();
    }
    await log.close();
    const files = (await readdir(folder)).toSorted();
    assert.deepEqual(files, ['access.log', 'access.log.1', 'access.log.2']);
    for (const file of files) assert.ok((await stat(join(folder, file))).size <= 20 * 1024, file);
  });

  test('that cannot be written costs lines, is reported, and opened again after a pause', async () => {
    const troubles: string[] = [];
    const clock = new VirtualClock();
    const inside = join(folder, 'later');
    await writeFile(inside, 'not a folder');
    const log = new AccessLogFile({ ...parts(), folder: inside, clock, onTrouble: (what) => troubles.push(what) });
    for (let n = 0; n < 3; n++) {
      log.write('lost');
      await log.flush();
    }
    assert.equal(troubles.length, 1, troubles.join());
    assert.match(troubles[0] ?? '', /access log cannot be written/);
    await rm(inside);
    await clock.advance(10_000);
    log.write('kept');
    await log.flush();
    await log.close();
    assert.equal(await readFile(join(inside, 'access.log'), 'utf8'), 'kept\n');
    assert.deepEqual(troubles.slice(1), ['the access log lacks 3 lines that the disk did not take']);
  });
});
