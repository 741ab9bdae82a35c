import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DialHome, type Expected, type InitRequest, type SessionHooks } from '../../../src/executor/index.ts';
import { encodeFrame, FRAME, FrameDecoder, MAX_FRAME_BYTES } from '../../../src/executor/frames.ts';
import { systemClock, type Clock } from '../../../src/kit/index.ts';
import { asRequestId, asTraceId, asSandboxId, asFunctionName, asVersion } from '../../support/ids.ts';
import { CLOSED, ifCode } from '../../support/if-code.ts';

/** Init request for tests that do not depend on it. */
export const INIT: InitRequest = {
  ...{
    functionName: asFunctionName('f'),
    version: asVersion(1),
    functionArn: 'arn',
    handler: 'index.handler',
    taskRoot: '/',
    memoryMiB: 128,
  },
  ...{ timeoutMs: 10_000, logGroup: 'g', logStream: 's', concurrency: 1, wantStartupCache: false, environment: {} },
};

type FrameSession = Awaited<Expected['connected']>;

/** Short context of an invocation. */
export const context = (id: string) => ({
  requestId: asRequestId(id),
  deadlineMs: 0,
  functionArn: 'arn',
  traceId: asTraceId('t'),
});

/** The first frame of a sandbox. */
export const hello = (token: string): Buffer =>
  encodeFrame(FRAME.hello, 0, JSON.stringify({ token, pid: 1, runtime: 'test 1' }));

/** A frame that the daemon sent. */
export interface Sent {
  readonly type: number;
  readonly request: number;
  readonly meta: string;
  readonly body: Buffer;
}

/** A session whose sandbox end is controlled by the test. */
export interface Pair {
  readonly session: FrameSession;
  readonly sandbox: Socket;
  /** `[stream, text, request id]` of each record. */
  readonly logs: (readonly [string, string, string])[];
  readonly refusals: string[];
  readonly caches: (readonly [interpreter: string, cache: Uint8Array])[];
  /** The frames that the daemon sends, in order. */
  readonly next: () => Promise<Sent>;
  /** The number of the next frame, which must be an invocation. */
  readonly number: () => Promise<number>;
}

/** A dial-home listener. Disposing closes its connections. */
export class SessionHouse implements AsyncDisposable {
  readonly home: DialHome;
  readonly #folder: string;
  #count = 0;

  private constructor(home: DialHome, folder: string) {
    this.home = home;
    this.#folder = folder;
  }

  static async open(clock: Clock = systemClock): Promise<SessionHouse> {
    const folder = await mkdtemp(join(tmpdir(), 'lam-session-'));
    return new SessionHouse(new DialHome(clock), folder);
  }

  /** A socket that one sandbox is expected at. */
  expect(hooks: SessionHooks): Promise<Expected> {
    return this.home.expect({ id: asSandboxId('id'), path: join(this.#folder, `s${(this.#count += 1)}`), hooks });
  }

  /** A session past its init. */
  async pair(over: Partial<InitRequest> = {}, startupCache?: Uint8Array): Promise<Pair> {
    const [logs, refusals, caches, received]: [Pair['logs'], string[], [string, Uint8Array][], Sent[]] = [
      [],
      [],
      [],
      [],
    ];
    const hooks: SessionHooks = {
      onLog: (stream, text, requestId) => logs.push([stream, text, requestId]),
      onStartupCache: (interpreter, cache) => void caches.push([interpreter, cache]),
      onProtocolError: (what) => refusals.push(what),
    };
    const expected = await this.expect(hooks);
    const sandbox = connect(expected.path);
    const waiting: (() => void)[] = [];
    const onFrame = (type: number, request: number, meta: Buffer, body: Buffer): void => {
      received.push({ type, request, meta: meta.toString(), body: Buffer.from(body) });
      waiting.shift()?.();
    };
    const decoder = new FrameDecoder({ onFrame, onGarbage: assert.fail }, MAX_FRAME_BYTES);
    sandbox.on('data', (chunk: Buffer) => decoder.push(chunk));
    sandbox.on('error', ifCode(CLOSED, undefined));
    sandbox.write(hello(expected.token));
    const session = await expected.connected;
    const next = async (): Promise<Sent> => {
      if (received.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      return received.shift() ?? assert.fail();
    };
    const number = async (): Promise<number> => {
      const { type, request } = await next();
      assert.equal(type, FRAME.invoke);
      return request;
    };
    const ready = session.init({ ...INIT, ...over }, 1000, startupCache);
    if (startupCache === undefined) {
      assert.equal((await next()).type, FRAME.init);
      sandbox.write(encodeFrame(FRAME.ready, 0, '{"durationMs":5}'));
      assert.deepEqual(await ready, { kind: 'ready', durationMs: 5 });
    }
    return { session, sandbox, logs, refusals, caches, next, number };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.home.close();
    await rm(this.#folder, { recursive: true });
  }
}
