import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, on, once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import type { InvocationContext } from '../../src/contract/index.ts';
import { checkEntrypoint, openRuntimeApi, type RuntimeApi } from '../../src/executor/runtime-api/index.ts';
import type { InitRequest, InvokeOutcome } from '../../src/executor/session.ts';
import { buildGoFixture, hasGo } from './build-go-fixture.ts';
import { invoked } from '../support/invoked.ts';
import { asRequestId, asTraceId, asSandboxId, asFunctionName, asVersion } from '../support/ids.ts';

const SHELL = join(import.meta.dirname, '../fixtures/functions/provided-shell');

const INIT: InitRequest = {
  functionName: asFunctionName('hello'),
  version: asVersion(1),
  functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:hello',
  handler: 'bootstrap',
  taskRoot: SHELL,
  memoryMiB: 128,
  timeoutMs: 10_000,
  concurrency: 1,
  wantStartupCache: false,
  logGroup: '/aws/lambda/hello',
  logStream: 's',
  environment: {},
};

/** A real runtime process against a Runtime API of its own. */
class Running implements AsyncDisposable {
  readonly api: RuntimeApi;
  readonly child: ChildProcess;
  readonly logs: { readonly text: string; readonly requestId: string }[];
  readonly #printed: EventEmitter;
  readonly #tmp: string;
  private constructor(
    parts: Pick<Running, 'api' | 'child' | 'logs'> & { readonly printed: EventEmitter; readonly tmp: string },
  ) {
    this.#printed = parts.printed;
    this.#tmp = parts.tmp;
    this.api = parts.api;
    this.child = parts.child;
    this.logs = parts.logs;
  }
  static async start(dir: string, environment: Readonly<Record<string, string>> = {}): Promise<Running> {
    const logs: { text: string; requestId: string }[] = [];
    const printed = new EventEmitter();
    const onLog = (_stream: string, text: string, requestId: string): void => {
      logs.push({ text, requestId });
      printed.emit('line', text);
    };
    const api = await openRuntimeApi(
      { id: asSandboxId('b'.repeat(32)), listen: { host: '127.0.0.1', port: 0 } },
      { onLog, onProtocolError: assert.fail },
    );
    assert.ok('port' in api.address);
    const tmp = await mkdtemp(join(tmpdir(), 'lam-running-'));
    const child = spawn(join(dir, 'bootstrap'), {
      cwd: dir,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        TMPDIR: tmp,
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${api.address.port}`,
        AWS_LAMBDA_FUNCTION_NAME: 'hello',
        AWS_LAMBDA_FUNCTION_VERSION: '1',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
        LAMBDA_TASK_ROOT: dir,
        _HANDLER: 'bootstrap',
        ...environment,
      },
    });
    child.stdout?.on('data', (chunk: Buffer) => api.session.output('stdout', chunk));
    child.stderr?.on('data', (chunk: Buffer) => api.session.output('stderr', chunk));
    child.on('close', (code, signal) => api.session.exited({ code, signal, outOfMemory: false }));
    return new Running({ api, child, logs, printed, tmp });
  }
  invoke(event: unknown, over: Partial<InvocationContext> = {}): Promise<InvokeOutcome> {
    const context = {
      requestId: asRequestId(crypto.randomUUID()),
      deadlineMs: Date.now() + 10_000,
      functionArn: INIT.functionArn,
      traceId: asTraceId('Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0'),
      ...over,
    };
    return invoked(this.api.session, context, Buffer.from(JSON.stringify(event)));
  }
  /** Resolves when it prints this line. */
  async logged(line: string): Promise<void> {
    for await (const [text] of on(this.#printed, 'line')) if (text === line) return;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    const { pid } = this.child;
    if (pid !== undefined && this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'close');
      // Its whole group: a shell's curl would otherwise wait in next forever.
      process.kill(-pid, 'SIGKILL');
      await gone;
    }
    this.api.close();
    await rm(this.#tmp, { recursive: true, force: true });
  }
}

const text = (payload: Uint8Array): string => Buffer.from(payload).toString();

describe('a bootstrap in shell, on curl', () => {
  test('answers, fails and answers too much on request, in one sandbox', async () => {
    await using shell = await Running.start(SHELL);
    const ready = await shell.api.session.init(INIT, 10_000);
    assert.ok(ready.kind === 'ready' && ready.durationMs > 0);
    const requestId = asRequestId(crypto.randomUUID());
    const echoed = await shell.invoke({ name: 'ü' }, { requestId });
    assert.ok(echoed.kind === 'result');
    assert.equal(text(echoed.payload), '{"name":"ü"}');
    const failed = await shell.invoke('error');
    assert.ok(failed.kind === 'error');
    assert.equal(text(failed.payload), '{ "errorMessage": "as asked", "errorType": "Asked" }');
    assert.equal(failed.errorType, 'Asked');
    assert.deepEqual(await shell.invoke('huge'), { kind: 'too-large', bytes: 7_000_000 });
    const after = await shell.invoke(1);
    assert.ok(after.kind === 'result' && text(after.payload) === '1');
    assert.deepEqual(shell.logs[0], { text: 'init of bootstrap', requestId: '' });
    assert.ok(shell.logs.some((l) => l.text === `request ${requestId}` && l.requestId === requestId));
  });

  test('settles with the exit status of a process that ends during an invocation', async () => {
    await using shell = await Running.start(SHELL);
    await shell.api.session.init(INIT, 10_000);
    assert.deepEqual(await shell.invoke('exit'), { kind: 'exit', exit: { code: 7, signal: null, outOfMemory: false } });
    await using killed = await Running.start(SHELL);
    await killed.api.session.init(INIT, 10_000);
    assert.deepEqual(await killed.invoke('killed'), {
      kind: 'exit',
      exit: { code: null, signal: 'SIGKILL', outOfMemory: false },
    });
  });

  test('is timed out', async () => {
    await using shell = await Running.start(SHELL);
    await shell.api.session.init({ ...INIT, timeoutMs: 200 }, 10_000);
    assert.deepEqual(await shell.invoke('sleep'), { kind: 'timeout' });
  });

  test('reports why it cannot start', async () => {
    await using shell = await Running.start(SHELL, { FAIL_INIT: 'yes' });
    const outcome = await shell.api.session.init(INIT, 10_000);
    assert.ok(outcome.kind === 'error');
    assert.equal(outcome.errorType, 'Runtime.NoSuchThing');
    assert.equal(text(outcome.payload), '{"errorMessage":"cannot start","errorType":"Runtime.NoSuchThing"}');
  });
});

describe('a Go program on the official aws-lambda-go, unmodified', async () => {
  const skip = (await hasGo()) ? false : 'no go on PATH; install Go to run this';

  test('answers and fails on request, and receives SIGTERM because it registered for it', { skip }, async () => {
    await using built = await buildGoFixture();
    await using go = await Running.start(built.dir);
    const ready = await go.api.session.init(INIT, 10_000);
    assert.equal(ready.kind, 'ready');
    const requestId = asRequestId(crypto.randomUUID());
    const outcome = await go.invoke({ Name: 'Ada' }, { requestId });
    assert.ok(outcome.kind === 'result');
    const { deadlineInMs, ...rest } = JSON.parse(text(outcome.payload));
    assert.deepEqual(rest, { name: 'Ada', requestId, arn: INIT.functionArn, function: 'hello', memoryMiB: 128 });
    assert.ok(deadlineInMs > 0 && deadlineInMs <= 10_000);
    const failed = await go.invoke({ Do: 'error' });
    assert.ok(failed.kind === 'error');
    assert.deepEqual(JSON.parse(text(failed.payload)), { errorMessage: 'as asked', errorType: 'errorString' });
    assert.equal(failed.errorType, 'errorString');
    const again = await go.invoke({ Name: 'Bob' });
    assert.equal(again.kind, 'result');
    assert.equal(go.api.extensions.count, 1);
    // It reports the signal and waits for the SIGKILL that follows on AWS.
    const told = go.logged('told to stop');
    go.child.kill('SIGTERM');
    await told;
    assert.ok(go.logs.some((l) => l.text === 'hello from Go, Ada' && l.requestId === requestId));
  });

  test('that panics reports it, and then exits', { skip }, async () => {
    await using built = await buildGoFixture();
    await using go = await Running.start(built.dir);
    await go.api.session.init(INIT, 10_000);
    const outcome = await go.invoke({ Do: 'panic' });
    assert.ok(outcome.kind === 'error');
    const document = JSON.parse(text(outcome.payload));
    assert.equal(document.errorMessage, 'as asked');
    assert.ok(Array.isArray(document.stackTrace));
  });
});

test('checkEntrypoint tells a bootstrap that is missing, is a folder, or is not executable from a good one', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lam-entry-'));
  try {
    assert.match((await checkEntrypoint(dir, 'bootstrap'))?.errorMessage ?? '', /no such file/);
    await mkdir(join(dir, 'bootstrap'));
    assert.match((await checkEntrypoint(dir, 'bootstrap'))?.errorMessage ?? '', /not a file/);
    await rm(join(dir, 'bootstrap'), { recursive: true });
    await writeFile(join(dir, 'bootstrap'), '#!/bin/sh\n', { mode: 0o644 });
    const refused = await checkEntrypoint(dir, 'bootstrap');
    assert.equal(refused?.errorType, 'Runtime.InvalidEntrypoint');
    assert.match(refused.errorMessage, /chmod \+x bootstrap/);
    await chmod(join(dir, 'bootstrap'), 0o755);
    assert.equal(await checkEntrypoint(dir, 'bootstrap'), null);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
