import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildAssets } from '../../scripts/build-assets.ts';
import {
  DialHome,
  type Expected,
  type InitOutcome,
  type InitRequest,
  type InvokeOutcome,
  type SessionHooks,
} from '../../src/executor/index.ts';
import { DESCRIPTORS } from '../../src/runtimes/index.ts';
import { systemClock } from '../../src/kit/index.ts';
import { invoked } from '../support/invoked.ts';
import { asRequestId, asTraceId, asSandboxId, asFunctionName, asVersion } from '../support/ids.ts';

type FrameSession = Awaited<Expected['connected']>;

/** Runtimes whose client can be booted here. */
type Bootable = 'nodejs' | 'python3' | 'ruby' | 'deno' | 'bun' | 'php';

/** The arguments that the descriptor of `runtime` starts its client with, below `assets`; the last is the client. */
function argumentsOf(runtime: Bootable, assets: string): readonly string[] {
  const { entry } = DESCRIPTORS[runtime];
  assert.ok(entry.kind === 'interpreter');
  const client = join(assets, entry.client ?? '');
  return entry.arguments({ client, taskRoot: '', handler: '', memoryMiB: 128, archive: null });
}

/** The interpreter of `runtime`. */
function programOf(runtime: Bootable): string {
  const { entry } = DESCRIPTORS[runtime];
  const program = entry.kind === 'interpreter' ? entry.interpreter : undefined;
  return program?.kind === 'on-path' ? (program.programs(undefined)[0] ?? '') : process.execPath;
}

/** Settings of a sandbox that a test may set. */
export interface BootOptions extends Partial<InitRequest> {
  /** The files of the function, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly startupCache?: Uint8Array;
  /** Time that it stays a stem (ms). */
  readonly stemMs?: number;
  /** Interpreter and its arguments, without the bootstrap. */
  readonly command?: readonly string[];
}

/** A bootstrap process with its output. Disposing ends it. */
export class BootedProcess implements AsyncDisposable {
  readonly session: FrameSession;
  readonly init: InitOutcome;
  /** `[request id, text]` of each record, in their order. */
  readonly logs: (readonly [string, string])[];
  /** The start-up caches that it reported. */
  readonly caches: readonly Uint8Array[];
  /** Its own folder for temporary files. */
  readonly tmp: string;
  readonly process: ChildProcess;

  constructor(parts: Omit<BootedProcess, 'invoke' | 'json' | 'of' | typeof Symbol.asyncDispose>) {
    this.session = parts.session;
    this.init = parts.init;
    this.logs = parts.logs;
    this.caches = parts.caches;
    this.tmp = parts.tmp;
    this.process = parts.process;
  }

  /** Invokes with the JSON of `event`, under `requestId`. */
  invoke(event: unknown, requestId = 'r'): Promise<InvokeOutcome> {
    const context = {
      requestId: asRequestId(requestId),
      deadlineMs: Date.now() + 10_000,
      functionArn: 'arn',
      traceId: asTraceId(`trace of ${requestId}`),
    };
    return invoked(this.session, context, Buffer.from(JSON.stringify(event)));
  }

  /** The parsed result; fails with any other outcome. */
  async json(event: unknown, requestId = 'r'): Promise<unknown> {
    const outcome = await this.invoke(event, requestId);
    const said = 'payload' in outcome ? Buffer.from(outcome.payload).toString() : '';
    assert.equal(
      outcome.kind,
      'result',
      `${JSON.stringify({ ...outcome, payload: said })} ${JSON.stringify(this.logs)}`,
    );
    return JSON.parse(said) as unknown;
  }

  /** Output of one request id. */
  of(requestId: string): readonly string[] {
    return this.logs.filter(([id]) => id === requestId).map(([, text]) => text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGKILL');
      await once(this.process, 'exit');
    }
    this.session.close();
  }
}

/** A place to boot bootstraps without a driver. Disposing removes it. */
export class BootstrapHouse implements AsyncDisposable {
  readonly #folder: string;
  /** Folder of what sandboxes run. */
  readonly assets: string;
  readonly #home: DialHome;
  #count = 0;

  private constructor(folder: string, assets: string, home: DialHome) {
    this.#folder = folder;
    this.assets = assets;
    this.#home = home;
  }

  static async open(): Promise<BootstrapHouse> {
    const folder = await mkdtemp(join(tmpdir(), 'lam-boot-'));
    return new BootstrapHouse(folder, await buildAssets(folder), new DialHome(systemClock));
  }

  /** Writes files into a new folder and returns its path; the same `name` is the same folder. */
  async code(files: Readonly<Record<string, string>>, name = `code-${(this.#count += 1)}`): Promise<string> {
    const root = join(this.#folder, name);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return root;
  }

  /** Boots a bootstrap, gives it init and waits for its end. */
  async boot(runtime: Bootable, options: BootOptions): Promise<BootedProcess> {
    const { files, startupCache, stemMs, command, ...over } = options;
    const tmp = join(this.#folder, `tmp-${(this.#count += 1)}`);
    await mkdir(tmp);
    const logs: BootedProcess['logs'] = [];
    const caches: Uint8Array[] = [];
    const hooks: SessionHooks = {
      onLog: (_stream, text, requestId) => logs.push([requestId, text]),
      onStartupCache: (_interpreter, cache) => void caches.push(cache),
      onProtocolError: (what) => logs.push(['protocol', what]),
    };
    const expected = await this.#home.expect({ id: asSandboxId('id'), path: `${tmp}.sock`, hooks });
    const own = argumentsOf(runtime, this.assets);
    const [program = '', ...args] =
      command === undefined ? [programOf(runtime), ...own] : [...command, ...own.slice(-1)];
    const child = spawn(program, args, {
      cwd: tmp,
      env: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        TMPDIR: tmp,
        LAM_SOCKET: expected.path,
        LAM_TOKEN: expected.token,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const session = await expected.connected;
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (chunk: Buffer) => session.output(name, chunk));
    child.once('close', (code, signal) => session.exited({ code, signal, outOfMemory: false }));
    if (stemMs !== undefined) await new Promise((resolve) => setTimeout(resolve, stemMs));
    const request: InitRequest = {
      ...{
        functionName: asFunctionName('f'),
        version: asVersion(1),
        functionArn: 'arn',
        memoryMiB: 128,
        timeoutMs: 10_000,
        logGroup: 'g',
        logStream: 's',
      },
      ...{ handler: 'index.handler', concurrency: 1, wantStartupCache: false, environment: {} },
      taskRoot: over.taskRoot ?? (await this.code(files)),
      ...over,
    };
    return new BootedProcess({
      session,
      init: await session.init(request, 10_000, startupCache),
      logs,
      caches,
      tmp,
      process: child,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#home.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
