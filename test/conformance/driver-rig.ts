import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cp, chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildAssets } from '../../scripts/build-assets.ts';
import { homeId, type InvocationContext } from '../../src/contract/index.ts';
import {
  openDockerDriver,
  openProcessDriver,
  type Sandbox,
  type SandboxDriver,
  type SandboxSpec,
} from '../../src/driver/index.ts';
import type { InitOutcome, InitRequest, InvokeOutcome, SessionHooks } from '../../src/executor/index.ts';
import type { Clock } from '../../src/kit/index.ts';
import { parseRuntime } from '../../src/runtimes/index.ts';
import { FOLDER_SOURCE, artifactAt } from '../support/folder-source.ts';
import { invoked } from '../support/invoked.ts';
import { asRequestId, asTraceId, asSandboxId, asFunctionName, asVersion } from '../support/ids.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/functions');
const MIB = 1024 * 1024;

/** A driver under test. Plain data, so that it can be passed to another process. */
export type Subject =
  | { readonly name: 'process'; readonly cgroups?: boolean }
  | { readonly name: 'docker'; readonly socketPath: string };

/** The runtimes of the suite, and the handler of each fixture. */
export const HANDLERS = {
  nodejs: 'index.handler',
  python3: 'lambda_function.lambda_handler',
  provided: 'bootstrap',
} as const;
export type Tested = keyof typeof HANDLERS;
const FOLDERS: Readonly<Record<Tested, string>> = {
  nodejs: 'nodejs-any',
  python3: 'python3-any',
  provided: 'provided-shell',
};

/** Opens the driver of `subject` on `home`, with the assets that `buildAssets` made in `assets`. */
// oxlint-disable-next-line max-params -- the process that abandons its sandboxes has the first three apart
export function openDriver(subject: Subject, home: string, assets: string, clock?: Clock): Promise<SandboxDriver> {
  const timed = clock === undefined ? {} : { clock };
  if (subject.name === 'docker') {
    return openDockerDriver({
      home,
      socketPath: subject.socketPath,
      nodeBinary: process.execPath,
      nodeArgs: [],
      assetsDir: assets,
      artifacts: FOLDER_SOURCE,
      ...timed,
    });
  }
  return openProcessDriver({
    home,
    nodeCommand: [process.execPath],
    assetsDir: assets,
    artifacts: FOLDER_SOURCE,
    ...(subject.cgroups === false ? { cgroups: false } : {}),
    ...timed,
  });
}

export interface Logged {
  readonly stream: string;
  readonly text: string;
  readonly requestId: string;
}

/** Settings of a sandbox that a test may set. */
export interface BootOptions {
  readonly handler?: string;
  readonly timeoutMs?: number;
  readonly initMs?: number;
  readonly memoryMiB?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes the records instead of `logs`. */
  readonly onLog?: (text: string) => void;
}

/** One sandbox with its output. Disposing destroys it. */
export class Booted implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly init: InitOutcome;
  readonly logs: readonly Logged[];

  constructor(sandbox: Sandbox, init: InitOutcome, logs: readonly Logged[]) {
    this.sandbox = sandbox;
    this.init = init;
    this.logs = logs;
  }

  /** Invokes with the JSON of `event`. */
  invoke(event: unknown, over: Partial<InvocationContext> = {}): Promise<InvokeOutcome> {
    const context = {
      requestId: asRequestId(crypto.randomUUID()),
      deadlineMs: Date.now() + 10_000,
      functionArn: ARN,
      traceId: asTraceId('Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0'),
      ...over,
    };
    return invoked(this.sandbox.session, context, Buffer.from(JSON.stringify(event)));
  }

  /** The result as text; fails with any other outcome. */
  async text(event: unknown, over: Partial<InvocationContext> = {}): Promise<string> {
    const outcome = await this.invoke(event, over);
    if (outcome.kind === 'result') return Buffer.from(outcome.payload).toString();
    const said = 'payload' in outcome ? Buffer.from(outcome.payload).toString() : '';
    throw new TypeError(
      `no result but ${JSON.stringify({ ...outcome, payload: undefined })} ${said} ${JSON.stringify(this.logs)}`,
    );
  }

  async json(event: unknown, over: Partial<InvocationContext> = {}): Promise<unknown> {
    return JSON.parse(await this.text(event, over)) as unknown;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.sandbox.destroy();
  }
}

/** Starts a sandbox of the rig of the suite. */
export type Boot = (runtime: Tested, options?: BootOptions) => Promise<Booted>;

export const NATIVE = ['nodejs', 'python3'] as const;

export const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:any';

/** A home with a driver on it. Disposing closes the driver and removes the home. */
export class DriverRig implements AsyncDisposable {
  readonly home: string;
  readonly assets: string;
  readonly subject: Subject;
  readonly driver: SandboxDriver;

  private constructor(parts: { home: string; assets: string; subject: Subject; driver: SandboxDriver }) {
    this.home = parts.home;
    this.assets = parts.assets;
    this.subject = parts.subject;
    this.driver = parts.driver;
  }

  static async make(subject: Subject): Promise<DriverRig> {
    const home = await mkdtemp(join(tmpdir(), 'lam-driver-'));
    const assets = await buildAssets(join(home, 'dist'));
    await Promise.all(
      Object.values(FOLDERS).map((name) => cp(join(FIXTURES, name), join(home, name), { recursive: true })),
    );
    await Promise.all(Object.values(FOLDERS).map((name) => chmod(join(home, name), 0o755)));
    return new DriverRig({ home, assets, subject, driver: await openDriver(subject, home, assets) });
  }

  /** The fixture of `runtime` in this home. */
  codeOf(runtime: Tested): string {
    return join(this.home, FOLDERS[runtime]);
  }

  boot(runtime: Tested, options: BootOptions = {}): Promise<Booted> {
    return boot(this.driver, this.home, runtime, options);
  }

  /** Resources that the driver has on this machine for this home, one entry each; empty if it left nothing. */
  remains(): Promise<readonly string[]> {
    return remainsOf(this.subject, this.home);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver.close();
    await rm(this.home, { recursive: true, force: true });
  }
}

/** Spec of a sandbox of `runtime` for the code at `code`; of a stem for null. */
export function specOf(runtime: Tested, code: string | null, options: BootOptions = {}): SandboxSpec {
  const parsed = parseRuntime(runtime);
  if (parsed === undefined) throw new TypeError(`no such runtime: ${runtime}`);
  const provided = { _HANDLER: options.handler ?? HANDLERS[runtime], ...options.environment };
  return {
    id: asSandboxId(randomBytes(16).toString('hex')),
    runtime: parsed,
    artifact: code === null ? null : artifactAt(code),
    environment: parsed.descriptor.protocol === 'runtime-api' ? provided : {},
    limits: { memoryMiB: options.memoryMiB ?? 128, cpus: 1, pids: 64, tmpMiB: 16 },
    network: 'none',
    image: null,
    functionName: code === null ? '' : asFunctionName('any'),
    version: code === null ? null : asVersion(7),
  };
}

/** Hooks that collect records in `logs`, unless another receiver is set. */
export function hooksOf(logs: Logged[], options: BootOptions = {}): SessionHooks {
  return {
    onLog: (stream, text, requestId) => {
      if (options.onLog === undefined) logs.push({ stream, text, requestId });
      else options.onLog(text);
    },
    onProtocolError: (what) => void logs.push({ stream: 'protocol', text: what, requestId: '' }),
  };
}

/** Init request of a sandbox of `runtime`. */
export function initOf(runtime: Tested, taskRoot: string, options: BootOptions = {}): InitRequest {
  return {
    functionName: asFunctionName('any'),
    version: asVersion(7),
    functionArn: ARN,
    handler: options.handler ?? HANDLERS[runtime],
    taskRoot,
    memoryMiB: options.memoryMiB ?? 128,
    timeoutMs: options.timeoutMs ?? 10_000,
    concurrency: 1,
    wantStartupCache: false,
    logGroup: '/aws/lambda/any',
    logStream: 'stream',
    environment: options.environment ?? {},
  };
}

/** Creates a sandbox of the fixture of `runtime` in `home`, and sends init. */
// oxlint-disable-next-line max-params -- the rig and the process that abandons its sandboxes have these four apart
export async function boot(
  driver: SandboxDriver,
  home: string,
  runtime: Tested,
  options: BootOptions = {},
): Promise<Booted> {
  const logs: Logged[] = [];
  const sandbox = await driver.create(specOf(runtime, join(home, FOLDERS[runtime]), options), hooksOf(logs, options));
  const request = initOf(runtime, sandbox.taskRoot, options);
  return new Booted(sandbox, await sandbox.session.init(request, options.initMs ?? 10_000), logs);
}

/** See {@link DriverRig.remains}. */
export async function remainsOf(subject: Subject, home: string): Promise<readonly string[]> {
  const folders = ['run/sb', 'run/docker/sb', 'run/docker/stems'];
  const entries = await Promise.all(folders.map((folder) => readdir(join(home, folder)).catch(() => [])));
  const groups = await readdir('/sys/fs/cgroup', { recursive: false }).catch(() => []);
  const name = `lam-${homeId(home)}`;
  const foldersIn = async (path: string): Promise<readonly string[]> => {
    const found = await readdir(join('/sys/fs/cgroup', path), { withFileTypes: true }).catch(() => []);
    return found.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  };
  const within = await Promise.all(['', ...groups].map((group) => foldersIn(join(group, name))));
  const beside = await Promise.all(['', ...groups].map(foldersIn));
  const cgroups = [...within.flat(), ...beside.flat().filter((entry) => entry.startsWith(`${name}.`))];
  return [
    ...entries.flat().map((name) => `folder ${name}`),
    ...cgroups.map((group) => `cgroup ${group}`),
    ...(subject.name === 'docker' ? await containersOf(subject.socketPath, home) : await processesOf(home)),
  ];
}

/** Processes that run in the folders of this home, found by their `HOME`, which children inherit. */
async function processesOf(home: string): Promise<readonly string[]> {
  const mark = `\0HOME=${join(home, 'run', 'sb')}/`;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      if (!`\0${environment}`.includes(mark)) return [];
      const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
      return [`process ${pid} ${command.replaceAll('\0', ' ').trim()}`];
    }),
  );
  return found.flat();
}

function containersOf(socketPath: string, home: string): Promise<readonly string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`lam.home=${homeId(home)}`] }));
  return new Promise((resolve, reject) => {
    const req = request({ socketPath, path: `/containers/json?all=true&filters=${filters}`, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => {
        const found = JSON.parse(Buffer.concat(chunks).toString()) as readonly { readonly Names: readonly string[] }[];
        resolve(found.map((container) => `container ${container.Names[0]}`));
      });
    });
    req.on('error', reject);
    req.end();
  });
}

/** Polls until the condition holds or `limitMs` have passed; returns whether it holds. */
export async function eventually(ask: () => boolean | Promise<boolean>, limitMs = 5000): Promise<boolean> {
  for (const end = Date.now() + limitMs; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 10))) {
    if (await ask()) return true;
  }
  return ask();
}

/** Memory this process has in RAM, MiB. */
export function residentMiB(): number {
  return process.memoryUsage.rss() / MIB;
}

/** The parsed error document of an outcome that must be an error. */
export function errorOf(outcome: { readonly kind: InvokeOutcome['kind'] | 'ready' }): Record<string, unknown> {
  assert.equal(outcome.kind, 'error', JSON.stringify(outcome));
  assert.ok('payload' in outcome && outcome.payload instanceof Uint8Array);
  return JSON.parse(Buffer.from(outcome.payload).toString()) as Record<string, unknown>;
}
