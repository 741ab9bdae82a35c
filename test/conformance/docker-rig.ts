import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { buildAssets } from '../../scripts/build-assets.ts';
import type { InvocationContext } from '../../src/contract/index.ts';
import { openDockerDriver } from '../../src/driver/docker/index.ts';
import type { SandboxDriver, SandboxSpec } from '../../src/driver/sandbox.ts';
import type { InitRequest, InvokeOutcome, Session, SessionHooks } from '../../src/executor/index.ts';
import { parseRuntime } from '../../src/runtimes/index.ts';
import { folderSource, artifactAt } from '../support/folder-source.ts';
import { invoked } from '../support/invoked.ts';
import { asRequestId, asTraceId, asSandboxId, asFunctionName, asVersion } from '../support/ids.ts';

export interface Logged {
  readonly stream: string;
  readonly text: string;
  readonly requestId: string;
}

/** A home with built assets and a folder for code, and drivers on it. */
export class DockerRig implements AsyncDisposable {
  readonly home: string;
  readonly assetsDir: string;
  readonly logs: Logged[] = [];
  readonly hooks: SessionHooks = {
    onLog: (stream, text, requestId) => void this.logs.push({ stream, text, requestId }),
    onProtocolError: (what) => void this.logs.push({ stream: 'protocol', text: what, requestId: '' }),
  };
  readonly #drivers: SandboxDriver[] = [];

  private constructor(home: string, assetsDir: string) {
    this.home = home;
    this.assetsDir = assetsDir;
  }

  static async make(): Promise<DockerRig> {
    const home = await mkdtemp(join(tmpdir(), 'lam-docker-'));
    return new DockerRig(home, await buildAssets(join(home, 'dist')));
  }

  async driver(socketPath: string, over: { pullLimitMs?: number } = {}): Promise<SandboxDriver> {
    const driver = await openDockerDriver({
      home: this.home,
      socketPath,
      nodeBinary: process.execPath,
      nodeArgs: [],
      assetsDir: this.assetsDir,
      artifacts: folderSource(this.home),
      ...over,
    });
    this.#drivers.push(driver);
    return driver;
  }

  /** A folder of code with these files. */
  async code(files: Readonly<Record<string, string>>): Promise<string> {
    const dir = await mkdtemp(join(this.home, 'code-'));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(dir, name, '..'), { recursive: true });
      await writeFile(join(dir, name), text, { mode: 0o755 });
    }
    // mkdtemp makes it 0700, but the sandbox's user must be able to read it.
    await chmod(dir, 0o755);
    return dir;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#drivers.map((d) => d.close()));
    await rm(this.home, { recursive: true, force: true });
  }
}

/** A spec for `runtime` running the code in `code`. */
export function specOf(runtime: string, code: string, over: Partial<SandboxSpec> = {}): SandboxSpec {
  const parsed = parseRuntime(runtime);
  if (parsed === undefined) throw new TypeError(`no such runtime: ${runtime}`);
  const environment = {
    _HANDLER: 'bootstrap',
    AWS_LAMBDA_FUNCTION_NAME: 'hello',
    AWS_LAMBDA_FUNCTION_VERSION: '1',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
  };
  return {
    id: asSandboxId(randomBytes(16).toString('hex')),
    runtime: parsed,
    artifact: artifactAt(code),
    layers: null,
    environment: parsed.descriptor.protocol === 'runtime-api' ? environment : {},
    limits: { memoryMiB: 128, cpus: 0.5, pids: 64, tmpMiB: 16 },
    network: 'none',
    image: null,
    functionName: asFunctionName('hello'),
    version: asVersion(7),
    ...over,
  };
}

export const INIT: InitRequest = {
  functionName: asFunctionName('hello'),
  version: asVersion(7),
  functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:hello',
  handler: 'index.handler',
  taskRoot: '/var/task',
  memoryMiB: 128,
  timeoutMs: 10_000,
  concurrency: 1,
  wantStartupCache: false,
  logGroup: '/aws/lambda/hello',
  logStream: 's',
  environment: {},
};

/** Invokes with `event` as JSON. */
export function invoke(
  session: Session,
  event: unknown,
  over: Partial<InvocationContext> = {},
): Promise<InvokeOutcome> {
  const context = {
    requestId: asRequestId(crypto.randomUUID()),
    deadlineMs: Date.now() + 10_000,
    functionArn: INIT.functionArn,
    traceId: asTraceId('Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0'),
    ...over,
  };
  return invoked(session, context, Buffer.from(JSON.stringify(event)));
}

/** The parsed result; fails with the outcome as its message when there is none. */
export function resultOf(outcome: InvokeOutcome): unknown {
  if (outcome.kind === 'result') return JSON.parse(Buffer.from(outcome.payload).toString());
  const said = 'payload' in outcome ? Buffer.from(outcome.payload).toString() : '';
  throw new TypeError(`no result but ${JSON.stringify(outcome)} ${said}`);
}

/** Sends a request to the engine, independently of the driver. */
export function askEngine(
  socketPath: string,
  path: string,
  method = 'GET',
): Promise<{ readonly status: number; readonly body: unknown }> {
  return new Promise((resolve, reject) => {
    const req = request({ socketPath, path, method, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (c: Buffer) => chunks.push(c));
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: res.statusCode ?? 0, body: text === '' ? null : (JSON.parse(text) as unknown) });
      });
    });
    req.on('error', reject);
    req.end();
  });
}

/** An image with the libraries this Node is linked to and nothing else, not even a shell; dispose it to remove it. */
export async function bareImage(socketPath: string): Promise<{ readonly tag: string } & AsyncDisposable> {
  const { stdout } = await promisify(execFile)('ldd', [process.execPath]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map((m) => m[1] ?? '');
  const tag = `lam-test-${randomBytes(6).toString('hex')}`;
  const archive = spawn('tar', ['-chP', ...libraries], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    const path = `/images/create?fromSrc=-&repo=${tag}&tag=1`;
    const req = request(
      { socketPath, path, method: 'POST', agent: false, headers: { 'Content-Type': 'application/x-tar' } },
      (res) => {
        res.resume();
        res.on('end', () =>
          res.statusCode === 200 ? resolve() : reject(new TypeError(`import answered ${res.statusCode}`)),
        );
      },
    );
    req.on('error', reject);
    archive.stdout.pipe(req);
  });
  return {
    tag: `${tag}:1`,
    [Symbol.asyncDispose]: async () => void (await askEngine(socketPath, `/images/${tag}:1`, 'DELETE')),
  };
}

/** A proxy to the engine that can be cut, so that the engine seems to have stopped. */
export class Cuttable implements AsyncDisposable {
  readonly path: string;
  readonly #target: string;
  readonly #sockets = new Set<Socket>();
  #server: ReturnType<typeof createServer> | undefined;
  #losesAnswerTo: string | undefined;
  /** The beginning of the answer that was lost. */
  lostAnswer = '';

  constructor(path: string, target: string) {
    this.path = path;
    this.#target = target;
  }

  open(): Promise<void> {
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      const engine = connect({ path: this.#target, allowHalfOpen: true });
      this.#watchFor(client, engine);
      for (const [from, to] of [
        [client, engine],
        [engine, client],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
    return new Promise((resolve) => this.#server?.listen(this.path, resolve));
  }

  /** Forwards the next request that contains these words, and closes the connection instead of answering. */
  loseAnswerTo(words: string): void {
    this.#losesAnswerTo = words;
  }

  #watchFor(client: Socket, engine: Socket): void {
    client.on('data', (chunk: Buffer) => {
      if (this.#losesAnswerTo === undefined || !chunk.includes(this.#losesAnswerTo)) return;
      this.#losesAnswerTo = undefined;
      engine.unpipe(client);
      engine.once('data', (answer: Buffer) => {
        this.lostAnswer = answer.toString('latin1', 0, 100);
        client.destroy();
      });
      engine.resume();
    });
  }

  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cut();
  }
}
