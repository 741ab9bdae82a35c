import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { containersOf, eventually, lamSession, processesOf, type LamSession } from './session.ts';

interface Outcome {
  readonly code: number | null;
  readonly payload: unknown;
  readonly errorType: string | undefined;
  readonly stderr: string;
  readonly ms: number;
}

/** Action of the Node handler for each event. */
const NODE = `
import { Worker } from 'node:worker_threads';
let calls = 0;
export const handler = async (event) => {
  calls += 1;
  switch (event.do) {
    case 'throw': throw new RangeError('thrown on purpose');
    case 'reject': return Promise.reject(new TypeError('rejected on purpose'));
    case 'throw-text': throw 'only text';
    case 'throw-nothing': throw undefined;
    case 'bigint': return { n: 10n };
    case 'circular': { const o = {}; o.self = o; return o; }
    case 'exit': process.exit(event.code);
    case 'kill': process.kill(process.pid, 'SIGKILL'); return new Promise(() => {});
    case 'stray': setTimeout(() => { throw new Error('stray'); }, 10); return new Promise(() => {});
    case 'unhandled': Promise.reject(new Error('nobody looks')); return new Promise(() => {});
    case 'never': return new Promise(() => {});
    case 'loop': for (;;);
    case 'allocate': { const all = []; for (;;) all.push(new Array(1e6).fill(Math.random())); }
    case 'buffers': { const all = []; for (;;) all.push(Buffer.alloc(8 * 1024 * 1024, 1)); }
    case 'timers': setInterval(() => {}, 1000); setTimeout(() => {}, 60000); return 'left timers open';
    case 'text': return 'x'.repeat(event.length);
    default: return { calls };
  }
};`;

const PYTHON = `
import os, sys, signal, json
calls = 0
def lambda_handler(event, context):
    global calls
    calls += 1
    do = event.get('do')
    if do == 'throw': raise KeyError('thrown on purpose')
    if do == 'object': return object()
    if do == 'circular':
        o = []
        o.append(o)
        return o
    if do == 'sys-exit': sys.exit(event['code'])
    if do == 'os-exit': os._exit(event['code'])
    if do == 'kill': os.kill(os.getpid(), signal.SIGKILL)
    if do == 'interrupt': raise KeyboardInterrupt()
    if do == 'loop':
        while True: pass
    if do == 'allocate':
        everything = []
        while True: everything.append(bytearray(8 * 1024 * 1024))
    if do == 'text': return 'x' * event['length']
    return {'calls': calls}
`;

/** By runtime: event, errorType of the answer, and a part of its message. */
const CASES: Readonly<Record<'node' | 'python', readonly (readonly [Record<string, unknown>, string, RegExp])[]>> = {
  node: [
    [{ do: 'throw' }, 'RangeError', /^thrown on purpose$/],
    [{ do: 'reject' }, 'TypeError', /^rejected on purpose$/],
    [{ do: 'throw-text' }, 'string', /only text/],
    [{ do: 'bigint' }, 'Runtime.MarshalError', /BigInt/],
    [{ do: 'circular' }, 'Runtime.MarshalError', /circular/],
    [{ do: 'exit', code: 0 }, 'Runtime.ExitError', /Runtime exited without providing a reason/],
    [{ do: 'exit', code: 3 }, 'Runtime.ExitError', /exit status 3/],
    [{ do: 'kill' }, 'Runtime.ExitError', /signal: killed/],
    [{ do: 'stray' }, 'Error', /^stray$/],
    [{ do: 'unhandled' }, 'Runtime.UnhandledPromiseRejection', /nobody looks/],
    [{ do: 'allocate' }, 'Runtime.OutOfMemory', /killed/],
    [{ do: 'buffers' }, 'Runtime.OutOfMemory', /killed/],
    [{ do: 'loop' }, 'Sandbox.Timedout', /timed out after 3\.00 seconds/],
  ],
  python: [
    [{ do: 'throw' }, 'KeyError', /thrown on purpose/],
    [{ do: 'object' }, 'Runtime.MarshalError', /object is not JSON serializable/],
    [{ do: 'circular' }, 'Runtime.MarshalError', /Circular/],
    [{ do: 'sys-exit', code: 0 }, 'Runtime.ExitError', /Runtime exited without providing a reason/],
    [{ do: 'sys-exit', code: 3 }, 'Runtime.ExitError', /exit status 3/],
    [{ do: 'os-exit', code: 7 }, 'Runtime.ExitError', /exit status 7/],
    [{ do: 'kill' }, 'Runtime.ExitError', /signal: killed/],
    [{ do: 'allocate' }, 'Runtime.OutOfMemory', /killed/],
    [{ do: 'loop' }, 'Sandbox.Timedout', /timed out after 3\.00 seconds/],
  ],
};

/** Faults of functions and their effects, with one driver; `only`: those that depend on the driver. */
export function describeMisbehaving(driver: 'process' | 'docker', only?: readonly string[]): void {
  describe(`a misbehaving handler (${driver})`, { concurrency: false }, () => {
    let s: LamSession;
    let pid = 0;
    before(async () => {
      s = await lamSession({ driver });
      await s.deployNode('node', NODE, { timeout: 3, memory: 128 });
      await s.deployPython('python', PYTHON, { timeout: 3, memory: 128 });
      ({ pid } = await s.status());
    });
    after(() => s.dispose());

    async function invoke(name: string, event: Record<string, unknown>): Promise<Outcome> {
      const { code, stdout, stderr, ms } = await s.run(['invoke', name, '-d', JSON.stringify(event)]);
      const payload = JSON.parse(stdout) as unknown;
      const errorType =
        typeof payload === 'object' && payload !== null ? (payload as { errorType?: string }).errorType : undefined;
      return { code, payload, errorType, stderr, ms };
    }

    for (const name of ['node', 'python'] as const) {
      for (const [event, type, message] of CASES[name].filter(([e]) => only?.includes(String(e['do'])) ?? true)) {
        test(`${name}: ${JSON.stringify(event)} answers ${type}, and the next invoke works`, async () => {
          const outcome = await invoke(name, event);
          const said = JSON.stringify(outcome);
          assert.equal(outcome.errorType, type, said);
          assert.match((outcome.payload as { errorMessage: string }).errorMessage, message, said);
          assert.equal(outcome.code, type === 'Sandbox.Timedout' ? 6 : 5, said);
          assert.match(
            outcome.stderr,
            type === 'Sandbox.Timedout' ? /^the function timed out/m : /^the function failed: /m,
          );
          const next = await invoke(name, {});
          assert.equal(next.code, 0, JSON.stringify(next));
          assert.equal((await s.status()).pid, pid, 'the daemon is the same');
        });
      }
    }

    test('that loops for ever is killed at its time-out', async () => {
      const { errorType, ms } = await invoke('node', { do: 'loop' });
      assert.equal(errorType, 'Sandbox.Timedout');
      assert.ok(ms < 20_000, `${ms} ms`);
      // The next sandbox takes the place that was kept with its /tmp. Only those that the daemon counts remain.
      await invoke('node', {});
      const known = async (): Promise<number> => {
        const { idle, busy, starting, stems } = (await s.status()).sandboxes;
        return idle + busy + starting + stems;
      };
      const count = async (): Promise<number> =>
        driver === 'docker' ? (await containersOf(s)).length : processesOf(s).length - 1;
      assert.ok(
        await eventually(async () => (await count()) <= (await known())),
        `${await count()} are left and ${await known()} known`,
      );
    });

    test('that leaves timers open answers at once, and serves the next call', async () => {
      const first = await invoke('node', { do: 'timers' });
      assert.deepEqual([first.code, first.payload], [0, 'left timers open']);
      assert.ok(first.ms < 10_000, `${first.ms} ms`);
      const { calls } = (await invoke('node', {})).payload as { calls: number };
      assert.ok(calls > 1, 'the same sandbox serves on');
    });

    test('that never answers is ended at its time-out', async () => {
      // Nothing keeps Node busy here: as in AWS, the answer is then null.
      const outcome = await invoke('node', { do: 'never' });
      assert.ok(outcome.payload === null || outcome.errorType === 'Sandbox.Timedout', JSON.stringify(outcome));
    });

    for (const name of ['node', 'python'] as const) {
      test(`${name}: an answer of nearly 6 MiB arrives complete, a larger one is refused`, async () => {
        const length = 6 * 1024 * 1024 - 2;
        const { stdoutBytes, code } = await s.run(['invoke', name, '-d', JSON.stringify({ do: 'text', length })]);
        assert.deepEqual([code, stdoutBytes.length], [0, length + 2]);
        const large = await invoke(name, { do: 'text', length: length + 1000 });
        assert.deepEqual([large.code, large.errorType], [5, 'Function.ResponseSizeTooLarge']);
        assert.equal((await invoke(name, {})).code, 0);
      });
      test(`${name}: an event of nearly 6 MiB is accepted`, async () => {
        const event = JSON.stringify({ pad: 'y'.repeat(6 * 1024 * 1024 - 100) });
        assert.equal((await s.run(['invoke', name, '-d', '-'], { stdin: event })).code, 0);
      });
    }
  });
}
