import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildGoFixture, hasGo } from '../conformance/build-go-fixture.ts';
import { lamSession, type LamSession } from './session.ts';

const MIB = 1024 * 1024;

/** Streams what the query of its request names. */
const NODE = `
import { once } from 'node:events';
let calls = 0;
export const handler = awslambda.streamifyResponse(async (event, stream) => {
  const { pieces = 0, ms = 0, mib = 0, then } = event.queryStringParameters ?? event;
  calls++;
  const http = awslambda.HttpResponseStream.from(stream, { statusCode: 202, headers: { 'content-type': 'text/plain', 'x-calls': String(calls) } });
  for (let n = 0; n < pieces; n++) {
    if (n > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    console.log('piece ' + n);
    http.write(n + '\\n');
  }
  for (let n = 0; n < mib && !stream.destroyed; n++) if (!http.write(Buffer.alloc(${MIB}))) await once(stream, 'drain');
  if (then === 'fail') throw new RangeError('in the middle');
  if (then === 'hang') await new Promise(() => setInterval(() => undefined, 1000));
  if (then === 'exit') process.exit(3);
  http.end();
});
`;

const PYTHON = `
import time
calls = 0
def lambda_handler(event, context):
    global calls
    calls += 1
    query = event.get("queryStringParameters", event)
    yield {"statusCode": 202, "headers": {"content-type": "text/plain", "x-calls": calls}}
    for n in range(int(query.get("pieces", 0))):
        if n > 0:
            time.sleep(int(query.get("ms", 0)) / 1000)
        print("piece", n)
        yield "%d\\n" % n
    for n in range(int(query.get("mib", 0))):
        yield bytes(${MIB})
    if query.get("then") == "fail":
        raise LookupError("in the middle")
    if query.get("then") == "hang":
        time.sleep(60)
    if query.get("then") == "exit":
        raise SystemExit(3)
`;

/** What arrived of an answer, and when (ms since the request). */
interface Arrived {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly pieces: readonly { readonly ms: number; readonly text: string }[];
  readonly text: string;
  /** Whether the answer says that it is whole. */
  readonly isWhole: boolean;
}

function open(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = get(url, { agent: false }, resolve);
    outgoing.on('error', reject);
  });
}

async function arrived(url: string): Promise<Arrived> {
  const began = performance.now();
  const response = await open(url);
  const pieces: { ms: number; text: string }[] = [];
  response.on('data', (chunk: Buffer) => pieces.push({ ms: performance.now() - began, text: chunk.toString() }));
  response.on('error', () => undefined);
  await new Promise((resolve) => response.once('close', resolve));
  const { statusCode: status, headers, complete: isWhole } = response;
  return { status, headers, pieces, text: pieces.map(({ text }) => text).join(''), isWhole };
}

/** Memory of a process (MiB). */
function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib ?? assert.fail()) / 1024;
}

/** Streamed answers of real functions through a real daemon, to real clients. */
export function describeStreaming(driver: 'process' | 'docker'): void {
  describe(`streamed answers (${driver})`, { concurrency: false }, () => {
    let s: LamSession;
    before(async () => {
      s = await lamSession({ driver });
      await s.deployNode('node', NODE, { timeout: 20 });
      await s.deployPython('python', PYTHON, { timeout: 20 });
    });
    after(() => s.dispose());

    for (const name of ['node', 'python'] as const) {
      test(`${name}: the first piece arrives while the function goes on`, async () => {
        await arrived(`${s.url}/${name}?pieces=1`);
        const answer = await arrived(`${s.url}/${name}?pieces=5&ms=400`);
        assert.deepEqual([answer.status, answer.text, answer.isWhole], [202, '0\n1\n2\n3\n4\n', true]);
        assert.equal(answer.headers['content-type'], 'text/plain');
        const [first, last] = [answer.pieces[0]?.ms ?? NaN, answer.pieces.at(-1)?.ms ?? NaN];
        assert.ok(
          last - first > 1500,
          `pieces arrived at ${answer.pieces.map(({ ms }) => Math.round(ms)).join(', ')} ms`,
        );
      });

      test(`${name}: REPORT has the time until the end, and each piece its log`, async () => {
        await arrived(`${s.url}/${name}?pieces=3&ms=100`);
        const { stdout } = await s.ok(['logs', name]);
        const report = stdout.split('\n').findLast((line) => line.includes('REPORT')) ?? '';
        assert.ok(Number(/Duration: ([0-9.]+) ms/.exec(report)?.[1]) >= 195, report);
        assert.match(stdout, /piece 0[^]*piece 1[^]*piece 2[^]*REPORT/);
      });

      test(`${name}: a client that reads nothing holds the function back, and not the daemon's memory`, async () => {
        const { pid } = await s.status();
        await arrived(`${s.url}/${name}?mib=8`);
        const before = residentMiB(pid ?? assert.fail());
        const response = await open(`${s.url}/${name}?mib=150`);
        response.pause();
        // Unread, 150 MiB would be in memory within a second.
        await new Promise((resolve) => setTimeout(resolve, 1500));
        const held = residentMiB(pid) - before;
        assert.ok(held < 40, `the daemon grew by ${held} MiB`);
        let read = 0;
        response.on('data', (chunk: Buffer) => (read += chunk.length));
        response.resume();
        await once(response, 'end');
        assert.equal(read, 150 * MIB);
        const grown = residentMiB(pid) - before;
        assert.ok(grown < 100, `the daemon grew by ${grown} MiB`);
      });

      test(`${name}: a client that leaves ends the output, and the sandbox serves the next one`, async () => {
        const calls = Number((await arrived(`${s.url}/${name}`)).headers['x-calls']);
        const response = await open(`${s.url}/${name}?mib=100000`);
        await once(response, 'data');
        response.destroy();
        await s.untilBusy(0);
        const next = await arrived(`${s.url}/${name}?pieces=1`);
        assert.deepEqual([next.text, Number(next.headers['x-calls'])], ['0\n', calls + 2]);
      });

      for (const [then, type] of [
        ['fail', name === 'node' ? 'RangeError' : 'LookupError'],
        ['exit', 'Runtime.ExitError'],
      ] as const)
        test(`${name}: an answer that is cut off is visibly no whole one (${then})`, async () => {
          const answer = await arrived(`${s.url}/${name}?pieces=2&then=${then}`);
          assert.deepEqual([answer.status, answer.text, answer.isWhole], [202, '0\n1\n', false]);
          const { stdout } = await s.ok(['logs', name]);
          const report = stdout.split('\n').findLast((line) => line.includes('REPORT')) ?? '';
          assert.match(report, new RegExp(`Status: error\tError Type: ${type}`));
          assert.equal((await arrived(`${s.url}/${name}?pieces=1`)).text, '0\n');
        });

      test(`${name}: Invoke answers with the whole of it, up to the limit of a payload`, async () => {
        const { payload } = await s.json<{ payload: string }>(['invoke', name, '--data', '{"pieces":2}']);
        assert.match(payload, /^\{"statusCode": ?202.*\}\0{8}0\n1\n$/);
        const large = await s.run(['invoke', name, '--data', '{"mib":7}', '--json']);
        assert.equal(large.code, 5);
        assert.match(large.stdout, /Function\.ResponseSizeTooLarge/);
      });

      test(`${name}: lam invoke prints what arrives, of any size`, async () => {
        const { stdoutBytes } = await s.ok(['invoke', name, '--data', '{"pieces":2}']);
        assert.match(stdoutBytes.toString(), /^\{"statusCode": ?202.*\}\0{8}0\n1\n$/);
        const large = await s.ok(['invoke', name, '--data', '{"mib":7}']);
        const headBytes = large.stdoutBytes.indexOf(Buffer.alloc(8)) + 8;
        assert.deepEqual(large.stdoutBytes.subarray(headBytes), Buffer.alloc(7 * MIB));
      });
    }

    test('a time-out cuts the answer off, and the next call gets a new sandbox', async () => {
      await s.deployNode('brief', NODE, { timeout: 1 });
      const answer = await arrived(`${s.url}/brief?pieces=1&then=hang`);
      assert.deepEqual([answer.status, answer.text, answer.isWhole], [202, '0\n', false]);
      const { stdout } = await s.ok(['logs', 'brief']);
      assert.match(stdout, /Task timed out after 1\.00 seconds[^]*REPORT.*Status: timeout/);
      assert.equal((await arrived(`${s.url}/brief?pieces=1`)).headers['x-calls'], '1');
    });

    test("Go's official client streams", async (t) => {
      if (!(await hasGo())) {
        t.skip('no Go toolchain');
        return;
      }
      await using built = await buildGoFixture('provided-go-stream');
      const cwd = s.files('go', { 'lam.yaml': 'name: go\nruntime: provided\nhandler: bootstrap\n' });
      copyFileSync(join(built.dir, 'bootstrap'), join(cwd, 'bootstrap'));
      await s.ok(['deploy'], { cwd });
      await arrived(`${s.url}/go?pieces=1`);
      const answer = await arrived(`${s.url}/go?pieces=4&ms=300`);
      assert.deepEqual([answer.status, answer.text, answer.isWhole], [202, '0\n1\n2\n3\n', true]);
      assert.deepEqual(answer.headers['set-cookie'], ['seen=1']);
      assert.equal(answer.headers['content-type'], 'text/plain');
      const [first, last] = [answer.pieces[0]?.ms ?? NaN, answer.pieces.at(-1)?.ms ?? NaN];
      assert.ok(last - first > 800, `pieces arrived at ${answer.pieces.map(({ ms }) => Math.round(ms)).join(', ')} ms`);
    });
  });
}
